"""Arithmetic that a state does on the digits that it sees, found by trying formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from training.longhand.machine import BLANK, TAPES
from training.longhand.naming.cases import Behaviour, Case

#: A formula must hold for at least so many digits, or pairs of digits.
FEWEST = 9
#: What a formula takes as a digit.
DIGITS = {BLANK, *"0123456789"}
#: Formulas for one digit or two and a number kept, in the order in which they are tried. Results
#: are taken modulo 10.
_ONE: dict[str, tuple[Callable[[int, int], int], range]] = {
    "add to": (lambda x, kept: x + kept, range(10)),
    "complement": (lambda x, kept: 9 - x + kept, range(2)),
}
_TWO: dict[str, tuple[Callable[[int, int, int], int], range]] = {
    "add": (lambda x, y, kept: x + y + kept, range(10)),
    "subtract": (lambda x, y, kept: x - y - kept, range(2)),
    "multiply": (lambda x, y, kept: x * y + kept, range(10)),
}


@dataclass(frozen=True)
class Formula:
    """What a state makes of the digits that it sees.

    Attributes:
        kind: ``add``, ``subtract`` or ``multiply`` two digits, ``add to`` a digit, or
            ``complement`` a digit, which is 9 minus the digit.
        kept: The number that the state stands for. It is added, or subtracted by ``subtract``.
        target: The tape with the result; empty if the next state writes it.
        in_place: Whether the result replaces one of two digits that were seen.
    """

    kind: str
    kept: int
    target: str = ""
    in_place: bool = False

    def __str__(self) -> str:
        if self.kind == "add to":
            return f"add {self.kept} to {self.target}"
        where = " in place" if self.in_place else ""
        return f"{self.kind}{where}, {'borrow' if self.kind == 'subtract' else 'carry'} {self.kept}"


def fit(states: Sequence[Behaviour]) -> dict[int, Formula]:
    """Return the formula of each state that has one, by the state's number."""
    found = {state.number: _one_digit(state) or _two_digits(state) for state in states}
    first = {number: formula for number, formula in found.items() if formula}
    found = {state.number: first.get(state.number) or _delayed(state, first) for state in states}
    second = {number: formula for number, formula in found.items() if formula}
    return {number: _with_tens(states[number], one, second) for number, one in second.items()}


def _one_digit(state: Behaviour) -> Formula | None:
    """Find a formula for a state that replaces the digit that it sees; a blank is a 0."""
    if len(state.looks) != 1 or state.looks != state.number_tapes:
        return None
    (tape,) = state.looks
    cases = [case for case in state.cases if case.after(tape).isdigit()]
    if len(cases) < FEWEST or not any(tape in case.write for case in cases):
        return None
    if any(case.seen[tape] not in DIGITS for case in cases):
        return None
    rows = [(int(case.seen[tape].strip() or 0), case.after(tape)) for case in cases]
    for kind, (formula, numbers) in _ONE.items():
        for kept in numbers:
            if all(str(formula(x, kept) % 10) == written for x, written in rows):
                return Formula(kind, kept, tape)
    return None


def _two_digits(state: Behaviour) -> Formula | None:
    """Find a formula for a state that sees two digits and writes the result."""
    cases = state.digit_cases
    for target in TAPES:
        if any(target in case.write for case in cases):
            found = _try_two(state, cases, [case.after(target) for case in cases])
            if found:
                return replace(found, target=target, in_place=target in state.looks)
    return None


def _delayed(state: Behaviour, first: dict[int, Formula]) -> Formula | None:
    """Find a formula for a state that sees two digits and keeps the result in the next state."""
    cases, kept = state.digit_cases, []
    for case in cases:
        then = first.get(case.then)
        if case.write or then is None or then.kind != "add to":
            return None
        kept.append(str(then.kept))
    return _try_two(state, cases, kept)


def _try_two(state: Behaviour, cases: Sequence[Case], results: Sequence[str]) -> Formula | None:
    if len(state.number_tapes) != 2 or len(cases) < FEWEST:
        return None
    one, other = state.number_tapes
    rows = [
        (int(case.seen[one]), int(case.seen[other]), result)
        for case, result in zip(cases, results, strict=True)
    ]
    for kind, (formula, numbers) in _TWO.items():
        for kept in numbers:
            if all(str(formula(x, y, kept) % 10) == result for x, y, result in rows):
                return Formula(kind, kept)
    return None


def _with_tens(state: Behaviour, formula: Formula, found: dict[int, Formula]) -> Formula:
    """Complete a number that is added: what is over 9 is the carry of the next state."""
    if formula.kind != "add to":
        return formula
    sums = set()
    for case in state.digit_cases:
        then = found.get(case.then)
        if then is None or not case.after(formula.target).isdigit():
            return formula
        total = 10 * then.kept + int(case.after(formula.target))
        sums.add(total - int(case.seen[formula.target]))
    return replace(formula, kept=sums.pop()) if len(sums) == 1 else formula
