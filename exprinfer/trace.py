"""The working of one expression, as a person would follow it: its operations, or step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from exprinfer.runtime.model import Model
from exprinfer.runtime.tapes import TraceStep, steps

_INPUT, _FIRST, _SECOND, _ANSWER = range(4)


@dataclass(frozen=True)
class Operation:
    """One operation worked out, as the tapes have it."""

    step: int
    """The number of the step before which it was done."""
    text: str
    """The operation, such as ``4-567``. The sign of a product or quotient stands with its second
    number, for the machine counts the first one's sign to that."""
    result: str
    left: str
    """The expression that is left, its value the same: what waits, the result, what is unread."""


@dataclass(frozen=True)
class Trace:
    """All from the expression to the answer."""

    names: tuple[str, ...]
    """Of the tapes."""
    steps: tuple[TraceStep, ...]
    operations: tuple[Operation, ...]

    def __str__(self) -> str:
        """The operations where there are several, one a line, and else the table of the steps."""
        return self.summary() if len(self.operations) > 1 else self.table()

    def summary(self) -> str:
        """One line an operation."""
        rows = [("step", "worked out", "what is left")]
        rows += [
            (str(done.step), f"{done.text} = {done.result}", done.left) for done in self.operations
        ]
        number, worked = (max(len(row[column]) for row in rows) for column in range(2))
        return "\n".join(f"{step:>{number}}  {text:{worked}}  {left}" for step, text, left in rows)

    def table(self) -> str:
        """One line a step; a symbol in brackets is looked at."""
        first = self.steps[0]
        widths = [
            max(len(name), 2 * len(tape) + 1)
            for name, tape in zip(self.names, first.tapes, strict=True)
        ]
        memory = max(len("memory"), *(len(step.memory) for step in self.steps))
        number = max(len("step"), len(str(len(self.steps))))
        head = ["step".rjust(number), "memory".ljust(memory), *map(str.ljust, self.names, widths)]
        lines = ["  ".join(head).rstrip()]
        for index, step in enumerate(self.steps):
            tapes = [
                _mark(tape, at, looks).ljust(width)
                for tape, at, looks, width in zip(
                    step.tapes, step.heads, step.looks, widths, strict=True
                )
            ]
            line = [str(index).rjust(number), step.memory.ljust(memory), *tapes]
            lines.append("  ".join(line).rstrip())
        return "\n".join(lines)


def show(model: Model, expression: str) -> Trace:
    """Work out one expression that the model takes; raises what ``steps`` raises."""
    followed = tuple(steps(model, expression))
    return Trace(model.description.tapes, followed, tuple(_operations(followed)))


def _mark(tape: str, head: int, looks: bool) -> str:
    spaced = list(f" {' '.join(tape)} ")
    if looks:
        spaced[2 * head], spaced[2 * head + 2] = "[", "]"
    return "".join(spaced)


def _operations(followed: tuple[TraceStep, ...]) -> Iterator[Operation]:
    """Find where a kind of work begins, and the result that it comes to.

    Memories are named for the kind of work and then for what is held, a sign first.
    """
    text, result, before = "", "", ""
    for number, (step, following) in enumerate(pairwise(followed)):
        kind, *held = step.memory.split()
        if kind == "result" and text:
            result = result if before == kind else _value(step)
            if not following.memory.startswith(kind):  # all brackets around it are closed
                yield Operation(number, text, result, _left(step, _value(step)))
                text = ""
        elif kind != before and kind in _WRITTEN:
            sign = held[0] if held else "+"
            text = _WRITTEN[kind](_number(step, _FIRST), _number(step, _SECOND), sign)
        before = kind


#: How the work that begins is written, by its kind: of both numbers and the sign held.
_WRITTEN: dict[str, Callable[[str, str, str], str]] = {
    "add": lambda a, b, sign: f"{_signed(a, sign)}{sign}{b}",
    "subtract": lambda a, b, sign: f"{_signed(a, sign)}{'-' if sign == '+' else '+'}{b}",
    "times": lambda a, b, sign: f"{a}*{_signed(b, sign)}",
    "over": lambda a, b, sign: f"{a}/{_signed(b, sign)}",
    "fetch": lambda a, _, sign: f"{_signed(a, sign)}+0",
    "drop": lambda a, _, sign: f"{a}*0",
}


def _signed(digits: str, sign: str) -> str:
    return f"-{digits}" if sign == "-" and digits != "0" else digits


def _value(step: TraceStep) -> str:
    """The value that is whole before this step; a 0 in place of its sign tells of a zero."""
    sign = step.memory.split()[1]
    return "0" if sign == "0" else _signed(step.tapes[_ANSWER].strip(), sign)


def _number(step: TraceStep, tape: int) -> str:
    """The number that ends under the head or to the left of it; zero is an empty place."""
    found = re.search(r"[0-9]*$", _up_to(step, tape).rstrip())
    return (found and found[0]) or "0"


def _up_to(step: TraceStep, tape: int) -> str:
    return step.tapes[tape][: max(0, step.heads[tape] + 1)]


def _left(step: TraceStep, result: str) -> str:
    """What waits, each number with its operator behind it, the result, and the rest of the input;
    an open bracket whose value is to change its sign is noted as a closed one."""
    waits = re.sub(r"([0-9]*)([-+*/])|[()]", _waiting, _up_to(step, _FIRST).strip())
    return f"{waits}{result}{step.tapes[_INPUT][max(0, step.heads[_INPUT]) :].strip()}"


def _waiting(found: re.Match[str]) -> str:
    if found[0] in "()":
        return "(" if found[0] == "(" else "-("
    number, operator = found[1] or "0", found[2]
    return f"-{number}+" if operator == "-" else f"{number}{operator}"
