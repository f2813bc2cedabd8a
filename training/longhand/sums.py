"""How the teacher adds and subtracts, from the last digits to the left, and ends.

The smaller number may stand first in a subtraction. What is then left over, as if one had been
borrowed from nowhere, is the complement of the answer, which gets the other sign.
"""

from __future__ import annotations

from training.longhand.program import BLANK, HALT, Action, ImpossibleError, Program, value

sums = Program()


@sums.phase("first", "second")
def add(carry: int, x: str, y: str) -> Action:
    """Add a digit of each and what is carried; the answer is 0 as long as nothing is written."""
    if x == y == BLANK:
        if carry:
            return Action(finish(), {"answer": "1"}, {"answer": -1})
        return Action(finish())
    carry, digit = divmod(value(x) + value(y) + carry, 10)
    return Action(add(carry), {"answer": str(digit)}, {"first": -1, "second": -1, "answer": -1})


@sums.phase("first", "second")
def subtract(borrowed: int, x: str, y: str) -> Action:
    """Take the second's digit and what was borrowed from the first's."""
    if x == y == BLANK:
        return Action(turn_sign() if borrowed else strip(), move={"answer": 1})
    digit = value(x) - value(y) - borrowed
    return Action(
        subtract(int(digit < 0)),
        {"answer": str(digit % 10)},
        {"first": -1, "second": -1, "answer": -1},
    )


@sums.phase("input")
def turn_sign(sign: str) -> Action:
    """The second number was the greater one."""
    if sign not in "+-":
        raise ImpossibleError
    return Action(to_the_right(), {"input": "-" if sign == "+" else "+"})


@sums.phase("answer")
def to_the_right(z: str) -> Action:
    """Go back to the answer's last digit."""
    if z == BLANK:
        return Action(complement(1), move={"answer": -1})
    value(z)
    return Action(to_the_right(), move={"answer": 1})


@sums.phase("answer")
def complement(carry: int, z: str) -> Action:
    """Take each digit from 9 and add 1 to the whole."""
    if z == BLANK:
        if carry:
            raise ImpossibleError  # there was a difference
        return Action(strip(), move={"answer": 1})
    carry, digit = divmod(9 - value(z) + carry, 10)
    return Action(complement(carry), {"answer": str(digit)}, {"answer": -1})


@sums.phase("answer")
def strip(z: str) -> Action:
    """Rub out leading zeros, all but the last one of a zero."""
    if z == "0":
        return Action(strip(), {"answer": BLANK}, {"answer": 1})
    if z == BLANK:
        return Action(HALT, {"answer": "0"})
    value(z)
    return Action(finish(), move={"answer": -1})


@sums.phase("answer", "input")
def finish(z: str, sign: str) -> Action:
    """Write a minus before the answer; a 0 under the head is the whole answer."""
    if sign not in "+-" or z not in (BLANK, "0"):
        raise ImpossibleError
    return Action(HALT, {"answer": "-"} if sign == "-" and z == BLANK else {})
