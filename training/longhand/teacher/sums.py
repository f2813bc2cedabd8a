"""How the teacher adds and subtracts: from the last digits to the left, wiping them out.

In a subtraction the first number may be the smaller one. Then a borrow is left over at the end, and
the answer is the complement of what was written, with the other sign.
"""

from __future__ import annotations

from training.longhand.machine import BLANK, LEFT, RIGHT
from training.longhand.teacher.program import (
    Action,
    ImpossibleError,
    Program,
    State,
    flipped,
    opens,
    value,
)

sums = Program()


@sums.phase("first", "second")
def add(sign: str, carry: int, x: str, y: str) -> Action:
    """Add a digit of each number and the carry."""
    if opens(x) and y == BLANK:
        whole = State("result", (sign, "clean"))
        if carry:
            return Action(whole, {"answer": "1"}, {"answer": LEFT, "second": RIGHT})
        return Action(whole, move={"second": RIGHT})
    carry, digit = divmod(_digit(x) + value(y) + carry, 10)
    return _write_digit(add(sign, carry), x, y, digit)


@sums.phase("first", "second")
def subtract(sign: str, borrowed: int, x: str, y: str) -> Action:
    """Subtract the second number's digit and the borrow from the first number's digit."""
    if opens(x) and y == BLANK:
        then = to_the_right(flipped(sign)) if borrowed else strip(sign, "clean")
        return Action(then, move={"answer": RIGHT, "second": RIGHT})
    digit = _digit(x) - value(y) - borrowed
    return _write_digit(subtract(sign, int(digit < 0)), x, y, digit % 10)


@sums.phase("answer")
def to_the_right(sign: str, z: str) -> Action:
    """Go back to the answer's last digit: the second number was the larger one."""
    if z == BLANK:
        return Action(complement(sign, 1), move={"answer": LEFT})
    value(z)
    return Action(to_the_right(sign), move={"answer": RIGHT})


@sums.phase("answer")
def complement(sign: str, carry: int, z: str) -> Action:
    """Subtract each digit from 9, and add 1 to the whole number."""
    if z == BLANK:
        if carry:
            raise ImpossibleError  # the difference is not zero
        return Action(strip(sign, "clean"), move={"answer": RIGHT})
    carry, digit = divmod(9 - value(z) + carry, 10)
    return Action(complement(sign, carry), {"answer": str(digit)}, {"answer": LEFT})


@sums.phase("answer")
def strip(sign: str, second: str, z: str) -> Action:
    """Wipe out leading zeros."""
    if z == "0":
        return Action(strip(sign, second), {"answer": BLANK}, {"answer": RIGHT})
    value(z)
    return Action(
        State("result", ("0" if z == BLANK else sign, second)),
        move={"answer": LEFT},
    )


def _digit(x: str) -> int:
    return 0 if opens(x) else value(x)


def _write_digit(then: State, x: str, y: str, digit: int) -> Action:
    """Write a digit of the answer, and go left on the tapes whose number is not finished."""
    write, move = {"answer": str(digit)}, {"answer": LEFT}
    for tape, finished in (("first", opens(x)), ("second", y == BLANK)):
        if not finished:
            write[tape], move[tape] = BLANK, LEFT
    return Action(then, write, move)
