"""Which operation on whole numbers begins in a state, found by running the machine from there.

Two numbers are put on the tapes ``first`` and ``second``. After the first one there may be an
operator; the other tapes are blank. The answers to some pairs of numbers show what is computed, and
with which sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from training.longhand.machine import BLANK, TAPES
from training.longhand.naming.cases import Behaviour

#: Pairs of numbers that tell the operations apart; 0 is a blank tape.
PAIRS = ((7, 3), (3, 8), (12, 5), (6, 45), (96, 96), (130, 11), (2, 1), (0, 4))
LONGEST_RUN = 1_000

#: What each operation makes of the numbers. ``kept`` is a carry or borrow.
_VALUES: dict[str, Callable[[int, int, int], int]] = {
    "add": lambda x, y, kept: x + y + kept,
    "subtract": lambda x, y, kept: x - y - kept,
    "multiply": lambda x, y, _: x * y,
    "divide": lambda x, y, _: x // y,
    "add_zero": lambda x, y, _: x,
    "multiply_zero": lambda x, y, _: 0,
}


@dataclass
class _Tape:
    cells: dict[int, str]
    head: int = 0

    def symbol(self) -> str:
        return self.cells.get(self.head, BLANK)


def operations(states: Sequence[Behaviour]) -> list[tuple[str, str]]:
    """Return the operation of each state and its sign, both empty if there is none.

    ``result`` is the operation of a state in which the machine can halt with a value. Its sign is
    that of the value, or ``0``.
    """
    return [_result(state, states) or _operation(state, states) for state in states]


def _result(state: Behaviour, states: Sequence[Behaviour]) -> tuple[str, str] | None:
    """Return result and sign if the machine can halt on seeing nothing but blanks."""
    for case in state.cases:
        sign = case.write.get("answer", "+")
        if set(case.seen.values()) == {BLANK} and not states[case.then].cases and sign in "+-0":
            return "result", sign
    return None


def _operation(state: Behaviour, states: Sequence[Behaviour]) -> tuple[str, str]:
    """Find the operation that the answers of runs from a state show."""
    for behind, after in product((BLANK, "+", "-", "*", "/"), (0, 1)):
        answers = {pair: _run(state, states, pair, behind, after) for pair in PAIRS}
        shown = {pair: answer for pair, answer in answers.items() if answer is not None}
        # A zero may be impossible in this state.
        if shown.keys() >= {pair for pair in PAIRS if all(pair)}:
            found = _formula(shown)
            if found:
                return found
    return "", ""


def _run(
    state: Behaviour, states: Sequence[Behaviour], numbers: tuple[int, int], behind: str, after: int
) -> str | None:
    """Return the answer of a run; None if it needs an unknown case, or takes too long.

    Args:
        state: The state in which it begins.
        states: All states.
        numbers: The numbers on ``first`` and ``second``. The heads are on their last digits.
        behind: The symbol after the number on ``first``.
        after: Put the head on ``second`` this many cells further right.
    """
    tapes = {name: _Tape({}) for name in TAPES}
    for name, number in zip(("first", "second"), numbers, strict=True):
        digits = str(number or "")
        tapes[name].cells = dict(enumerate(digits, 1 - len(digits)))
    tapes["first"].cells[1] = behind
    tapes["second"].head += after
    for _ in range(LONGEST_RUN):
        if not state.looks:
            cells = tapes["answer"].cells
            return "".join(cells[place] for place in sorted(cells)).strip()
        case = state.by_sight.get(tuple((tape, tapes[tape].symbol()) for tape in state.looks))
        if case is None:
            return None
        for name, symbol in case.write.items():
            tapes[name].cells[tapes[name].head] = symbol
        for name, step in case.move.items():
            tapes[name].head += step
        state = states[case.then]
    return None


def _formula(answers: Mapping[tuple[int, int], str]) -> tuple[str, str] | None:
    """Find the operation and the sign that make these answers from these pairs of numbers."""
    for (name, value), sign, kept in product(_VALUES.items(), (1, -1), (0, 1)):
        values = {pair: sign * value(*pair, kept) for pair in answers}
        if all(answer == str(values[pair]) for pair, answer in answers.items()):
            return name, ("+" if sign > 0 else "-") if any(values.values()) else ""
    return None
