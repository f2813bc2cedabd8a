"""The trace of one expression for people: its operations, and the tapes step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from exprinfer.errors import ModelFileError
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.model import Model
from exprinfer.runtime.state_info import TAPES, StateInfo
from exprinfer.runtime.tapes import TapeStates, record

_INPUT, _FIRST, _SECOND, _ANSWER = range(len(TAPES))


@dataclass(frozen=True)
class TraceStep:
    """The machine before one of its steps, or at its end.

    Attributes:
        state: Name of the controller's state.
        tapes: Content of each tape, between the outermost cells ever used.
        heads: Position of each head in that content; it may lie outside.
        looks: Whether the next step looks at the symbol under each head.
    """

    state: str
    tapes: tuple[str, ...]
    heads: tuple[int, ...]
    looks: tuple[bool, ...]


@dataclass(frozen=True)
class Operation:
    """One arithmetic operation, as the tapes show it.

    Attributes:
        step: Number of the step before which the result was complete.
        text: The operation, such as ``4-567``. In a product or quotient the sign of the first
            number is written with the second one, because the machine counts it there.
        result: The result.
        remaining: The expression that remains: what is pending, the result, and the unread input.
            Its value is that of the whole expression.
    """

    step: int
    text: str
    result: str
    remaining: str


@dataclass(frozen=True, repr=False)
class Trace:
    """All steps from the expression to the answer. ``print`` shows it as a table.

    Attributes:
        tapes: Names of the tapes.
        steps: The machine before each step and at its end.
        operations: The operations, in order.

    Example:
        >>> import exprinfer
        >>> print(exprinfer.load().trace("2*(3+4)"))
        step  operation  remaining
          11  3+4 = 7    2*7
          19  2*7 = 14   14
    """

    tapes: tuple[str, ...]
    steps: tuple[TraceStep, ...]
    operations: tuple[Operation, ...]

    def __repr__(self) -> str:
        return f"Trace({len(self.steps)} steps, {len(self.operations)} operations)"

    def _repr_html_(self) -> str:
        """Return the tapes with a slider, as notebooks show it."""
        from exprinfer.html.trace import trace_html

        return trace_html(self.tapes, self.steps, self.operations)

    def __str__(self) -> str:
        """Show the operations if there are several, else every step."""
        return self.summary() if len(self.operations) > 1 else self.table()

    def summary(self) -> str:
        """Return one line for each operation."""
        rows = [("step", "operation", "remaining")]
        rows += [(str(op.step), f"{op.text} = {op.result}", op.remaining) for op in self.operations]
        step_width, text_width = (max(len(row[column]) for row in rows) for column in range(2))
        return "\n".join(
            f"{step:>{step_width}}  {text:{text_width}}  {remaining}"
            for step, text, remaining in rows
        )

    def table(self) -> str:
        """Return one line for each step. Symbols in brackets are those that the step looks at."""
        widths = [
            max(len(name), 2 * len(tape) + 1)
            for name, tape in zip(self.tapes, self.steps[0].tapes, strict=True)
        ]
        state_width = max(len("state"), *(len(step.state) for step in self.steps))
        step_width = max(len("step"), len(str(len(self.steps))))
        names = map(str.ljust, self.tapes, widths)
        header = ["step".rjust(step_width), "state".ljust(state_width), *names]
        lines = ["  ".join(header).rstrip()]
        for number, step in enumerate(self.steps):
            columns = zip(step.tapes, step.heads, step.looks, widths, strict=True)
            tapes = [_spaced(tape, head, looks).ljust(w) for tape, head, looks, w in columns]
            line = [str(number).rjust(step_width), step.state.ljust(state_width), *tapes]
            lines.append("  ".join(line).rstrip())
        return "\n".join(lines)


def trace(model: Model, expression: str) -> Trace:
    """Return the trace of an expression that the model answers.

    Raises:
        ModelFileError: If the model does not work on tapes, or is in a state that its file does
            not describe.
        TooLongError: If there are more than ``MAX_TRACE_STEPS`` steps.
        NotHaltedError: If the machine stops before it is done.
    """
    recorded = record(model.session, expression)
    infos = model.info.states
    if recorded.state.min() < 0 or recorded.state.max() >= len(infos):
        raise ModelFileError(
            f"{model.path} is in state {recorded.state.max()}, but describes {len(infos)} states"
        )
    states = [infos[number] for number in recorded.state.tolist()]
    steps = _readable(recorded, states)
    return Trace(model.info.tapes, steps, tuple(_operations(steps, states)))


def _readable(recorded: TapeStates, states: list[StateInfo]) -> tuple[TraceStep, ...]:
    """Turn arrays into text, cut to the cells that are ever used."""
    symbols = np.array(list(SYMBOLS))
    texts, starts = [], []
    for tape in range(recorded.tapes.shape[1]):
        cells = recorded.tapes[:, tape]
        used = np.flatnonzero((cells != 0).any(axis=0))
        looked_at = recorded.heads[recorded.looks[:, tape], tape]
        start = min([*used[:1], *looked_at.tolist()], default=0)
        end = max([*used[-1:], *looked_at.tolist()], default=0) + 1
        texts.append(["".join(row) for row in symbols[cells[:, start:end]].tolist()])
        starts.append(start)
    return tuple(
        TraceStep(
            state.name,
            tuple(text[row] for text in texts),
            tuple((recorded.heads[row] - np.array(starts)).tolist()),
            tuple(recorded.looks[row].tolist()),
        )
        for row, state in enumerate(states)
    )


def _spaced(tape: str, head: int, looks: bool) -> str:
    spaced = list(f" {' '.join(tape)} ")
    if looks:
        spaced[2 * head], spaced[2 * head + 2] = "[", "]"
    return "".join(spaced)


def _operations(steps: tuple[TraceStep, ...], states: list[StateInfo]) -> Iterator[Operation]:
    """Find where each operation begins, and its result."""
    text, result, before = "", "", ""
    moments = zip(steps, pairwise(states), strict=False)
    for number, (step, (state, following)) in enumerate(moments):
        operation = state.operation
        if operation == "result" and text:
            result = result if before == operation else _value(step, state)
            if following.operation != "result":  # all brackets around it are closed
                yield Operation(number, text, result, _remaining(step, _value(step, state)))
                text = ""
        elif operation != before and operation in _WRITTEN:
            text = _WRITTEN[operation](_number(step, _FIRST), _number(step, _SECOND), state.sign)
        before = operation


#: How an operation is written, from both numbers and the sign of its state.
_WRITTEN: dict[str, Callable[[str, str, str], str]] = {
    "add": lambda a, b, sign: f"{_signed(a, sign)}{sign}{b}",
    "subtract": lambda a, b, sign: f"{_signed(a, sign)}{'-' if sign == '+' else '+'}{b}",
    "multiply": lambda a, b, sign: f"{a}*{_signed(b, sign)}",
    "divide": lambda a, b, sign: f"{a}/{_signed(b, sign)}",
    "add_zero": lambda a, _, sign: f"{_signed(a, sign)}+0",
    "multiply_zero": lambda a, _, sign: f"{a}*0",
}


def _signed(digits: str, sign: str) -> str:
    return f"-{digits}" if sign == "-" and digits != "0" else digits


def _value(step: TraceStep, state: StateInfo) -> str:
    """Return the result that is complete before this step; the sign 0 stands for zero."""
    return "0" if state.sign == "0" else _signed(step.tapes[_ANSWER].strip(), state.sign)


def _number(step: TraceStep, tape: int) -> str:
    """Return the number that ends under the head or left of it; no digits stand for zero."""
    match = re.search(r"[0-9]*$", _up_to_head(step, tape).rstrip())
    return (match and match[0]) or "0"


def _up_to_head(step: TraceStep, tape: int) -> str:
    return step.tapes[tape][: max(0, step.heads[tape] + 1)]


def _remaining(step: TraceStep, result: str) -> str:
    """Return what is pending, the result, and the rest of the input.

    On the tape, each pending number has its operator behind it, and an open bracket whose value is
    to change its sign is noted as a closed one.
    """
    pending = re.sub(r"([0-9]*)([-+*/])|[()]", _pending, _up_to_head(step, _FIRST).strip())
    return f"{pending}{result}{step.tapes[_INPUT][max(0, step.heads[_INPUT]) :].strip()}"


def _pending(match: re.Match[str]) -> str:
    if match[0] in "()":
        return "(" if match[0] == "(" else "-("
    number, operator = match[1] or "0", match[2]
    return f"-{number}+" if operator == "-" else f"{number}{operator}"
