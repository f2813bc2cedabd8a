"""How the teacher divides: put the divisor under the dividend, and subtract as often as it fits.

The remainder replaces the dividend. The answer begins with a zero for each place of the quotient,
and each of these digits is counted up. While dividing, the second number is below as many digits of
the first, and the digit before those is looked at separately.
"""

from __future__ import annotations

from training.longhand.machine import BLANK, LEFT, RIGHT
from training.longhand.teacher.program import (
    Action,
    ImpossibleError,
    Program,
    State,
    before,
    value,
)

quotients = Program()
BOTH_LEFT = {"first": LEFT, "second": LEFT}
BOTH_RIGHT = {"first": RIGHT, "second": RIGHT}


@quotients.phase("first")
def over(sign: str, x: str) -> Action:
    """Write the answer's sign into a cell of the input that was read; zero divided is zero."""
    if before(x):
        return Action(State("wipe", ("0",)), move={"input": RIGHT, "second": LEFT})
    value(x)
    return Action(align(), {"input": sign}, {"second": LEFT})


@quotients.phase("first", "second")
def align(x: str, y: str) -> Action:
    """Go left over both numbers; if the second is longer, the quotient is zero."""
    value(y)
    if before(x):
        if y == BLANK:
            return Action(place(), {"answer": "0"})
        return Action(State("result", ("0", "used")), move={"input": RIGHT})
    if y == BLANK:
        return Action(places(), {"answer": "0"}, {"first": LEFT, "answer": LEFT})
    return Action(align(), move=BOTH_LEFT)


@quotients.phase("first")
def places(x: str) -> Action:
    """Write a zero for each remaining digit of the first number."""
    if before(x):
        return Action(place(), {"answer": "0"})
    return Action(places(), {"answer": "0"}, {"first": LEFT, "answer": LEFT})


@quotients.phase("first", "answer")
def place(x: str, z: str) -> Action:
    """Decide if the divisor fits here for sure, because a digit is before it; or end."""
    if z == BLANK and not before(x):
        return Action(to_the_left(), move={"answer": LEFT})
    if z != "0":
        raise ImpossibleError
    surely = not before(x) and value(x) > 0
    return Action(fits() if surely else compare(), move=BOTH_RIGHT)


@quotients.phase("first", "second")
def compare(x: str, y: str) -> Action:
    """Compare the two numbers from the left."""
    value(y)
    if y == BLANK:
        if x.isdigit() or x == "/":
            return Action(fits())
        raise ImpossibleError
    if before(x):
        raise ImpossibleError
    if value(x) < value(y):
        return Action(does_not_fit(), move=BOTH_LEFT)
    return Action(fits() if value(x) > value(y) else compare(), move=BOTH_RIGHT)


@quotients.phase("second", "answer")
def fits(y: str, z: str) -> Action:
    """Go to the right end, and add 1 to the digit of the quotient."""
    value(y)
    if z == BLANK or value(z) == 9:
        raise ImpossibleError  # the first number is less than ten times the second here
    if y == BLANK:
        return Action(take_away(0), {"answer": str(value(z) + 1)}, BOTH_LEFT)
    return Action(fits(), move=BOTH_RIGHT)


@quotients.phase("first", "second")
def take_away(borrowed: int, x: str, y: str) -> Action:
    """Subtract in place; the digit before then shows if the divisor fits again for sure."""
    if before(x):
        if y != BLANK or borrowed:
            raise ImpossibleError
        return Action(compare(), move=BOTH_RIGHT)
    digit = value(x) - value(y) - borrowed
    if y != BLANK:
        return Action(take_away(int(digit < 0)), {"first": str(digit % 10)}, BOTH_LEFT)
    if not 0 <= digit < 9:
        raise ImpossibleError  # the rest is less than nine times the second number
    return Action(fits() if digit else compare(), {"first": str(digit)}, BOTH_RIGHT)


@quotients.phase("second")
def does_not_fit(y: str) -> Action:
    """Go back to the left end, and on to the next place."""
    value(y)
    if y == BLANK:
        return Action(place(), move={"first": RIGHT, "answer": RIGHT})
    return Action(does_not_fit(), move=BOTH_LEFT)


@quotients.phase("answer", "input")
def to_the_left(z: str, sign: str) -> Action:
    """Go to the first digit of the quotient."""
    if sign not in "+-":
        raise ImpossibleError
    if z == BLANK:
        then = State("strip", (sign, "used"))
        return Action(then, move={"answer": RIGHT, "input": RIGHT})
    value(z)
    return Action(to_the_left(), move={"answer": LEFT, "first": LEFT})
