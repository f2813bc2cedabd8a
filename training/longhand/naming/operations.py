"""Which operation on whole numbers begins in a state, found by running the machine from there.

Two numbers are put on the tapes ``first`` and ``second``. After the first one there may be an
operator; the other tapes are blank. The answers to some pairs of numbers show what is computed, and
with which sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from training.longhand.machine import BLANK, TAPES
from training.longhand.naming.cases import Behaviour, Case

#: Pairs of numbers that tell the operations apart; 0 is a blank tape.
PAIRS = ((7, 3), (3, 8), (12, 5), (6, 45), (96, 96), (130, 11), (2, 1), (0, 4))
MOST_STEPS = 1_000

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
    cells: dict[int, str] = field(default_factory=dict)
    head: int = 0


class Prober:
    """Runs the machine from any state."""

    def __init__(self, states: Sequence[Behaviour]) -> None:
        self._states = states
        self._found: list[Mapping[tuple[str, ...], Case]] = [
            {tuple(case.seen.values()): case for case in state.cases} for state in states
        ]

    def run(self, state: int, numbers: tuple[int, int], behind: str, after: int) -> str | None:
        """Return the answer of a run; None if it needs an unknown case, or takes too long.

        Args:
            state: Number of the state in which it begins.
            numbers: The numbers on ``first`` and ``second``; 0 is written as a blank tape. The
                heads are on their last digits.
            behind: The symbol after the number on ``first``.
            after: Put the head on ``second`` this many cells further right.
        """
        tapes = {name: _Tape() for name in TAPES}
        for name, number in zip(("first", "second"), numbers, strict=True):
            digits = str(number or "")
            tapes[name].cells = dict(enumerate(digits, 1 - len(digits)))
        tapes["first"].cells[1] = behind
        tapes["second"].head += after
        for _ in range(MOST_STEPS):
            looks = self._states[state].looks
            if not looks:
                cells = tapes["answer"].cells
                return "".join(cells[place] for place in sorted(cells)).strip()
            seen = tuple(tapes[t].cells.get(tapes[t].head, BLANK) for t in looks)
            case = self._found[state].get(seen)
            if case is None:
                return None
            for name, symbol in case.write.items():
                tapes[name].cells[tapes[name].head] = symbol
            for name, step in case.move.items():
                tapes[name].head += step
            state = case.then
        return None


def operations(states: Sequence[Behaviour]) -> list[tuple[str, str]]:
    """Return the operation of each state and its sign, both empty if there is none.

    ``result`` is the operation of a state in which the machine can halt with a value. Its sign is
    that of the value, or ``0``.
    """
    prober = Prober(states)
    return [_result(state, states) or _operation(prober, state.number) for state in states]


def _result(state: Behaviour, states: Sequence[Behaviour]) -> tuple[str, str] | None:
    """Return result and sign if the machine can halt on seeing nothing but blanks."""
    for case in state.cases:
        if set(case.seen.values()) == {BLANK} and not states[case.then].cases:
            return "result", case.write.get("answer", "+")
    return None


def _operation(prober: Prober, state: int) -> tuple[str, str]:
    for behind, after in product((BLANK, "+", "-", "*", "/"), (0, 1)):
        answers = {pair: prober.run(state, pair, behind, after) for pair in PAIRS}
        shown = {pair: answer for pair, answer in answers.items() if answer is not None}
        # A zero may be impossible in this state.
        if shown.keys() >= {pair for pair in PAIRS if all(pair)}:
            found = _formula(shown)
            if found:
                return found
    return "", ""


def _formula(answers: Mapping[tuple[int, int], str]) -> tuple[str, str] | None:
    """Find the operation and the sign that make these answers from these pairs of numbers."""
    for (name, value), sign, kept in product(_VALUES.items(), (1, -1), (0, 1)):
        values = {pair: sign * value(*pair, kept) for pair in answers}
        if all(answer == str(values[pair]) for pair, answer in answers.items()):
            return name, ("+" if sign > 0 else "-") if any(values.values()) else ""
    return None
