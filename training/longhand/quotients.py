"""How the teacher divides: the divisor under the dividend, and subtract as often as it fits.

The remainder stands where the dividend stood. The answer begins as a zero for each place of the
quotient, and each is counted up. Under way, the second number stands below as many digits of the
first, and the digit before those is looked at apart.
"""

from __future__ import annotations

from training.longhand.program import BLANK, HALT, Action, ImpossibleError, Program, State, value

quotients = Program()
LEFT = {"first": -1, "second": -1}
RIGHT = {"first": 1, "second": 1}


@quotients.phase("first", "second")
def align(x: str, y: str) -> Action:
    """Go left over both numbers; a longer second one does not go into the first."""
    value(x), value(y)
    if y == BLANK:
        if x == BLANK:
            return Action(place(), {"answer": "0"})
        return Action(places(), {"answer": "0"}, {"first": -1, "answer": -1})
    if x == BLANK:
        return Action(HALT, {"answer": "0"})
    return Action(align(), move=LEFT)


@quotients.phase("first")
def places(x: str) -> Action:
    """Write a zero for each further digit of the first number."""
    value(x)
    if x == BLANK:
        return Action(place(), {"answer": "0"})
    return Action(places(), {"answer": "0"}, {"first": -1, "answer": -1})


@quotients.phase("first", "answer")
def place(x: str, z: str) -> Action:
    """Does it surely go in here, because a digit stands before? Or are all places done?"""
    value(x)
    if z == BLANK and x != BLANK:
        return Action(to_the_left(), move={"answer": -1})
    if z != "0":
        raise ImpossibleError
    return Action(fits() if value(x) else compare(), move=RIGHT)


@quotients.phase("first", "second")
def compare(x: str, y: str) -> Action:
    """Compare from the left."""
    value(x), value(y)
    if y == BLANK:
        return Action(fits())
    if x == BLANK:
        raise ImpossibleError
    if value(x) < value(y):
        return Action(does_not_fit(), move=LEFT)
    return Action(fits() if value(x) > value(y) else compare(), move=RIGHT)


@quotients.phase("second", "answer")
def fits(y: str, z: str) -> Action:
    """Go to the right end, and count up the quotient's digit."""
    value(y)
    if z == BLANK or value(z) == 9:
        raise ImpossibleError  # what is looked at is less than ten times the second number
    if y == BLANK:
        return Action(take_away(0), {"answer": str(value(z) + 1)}, LEFT)
    return Action(fits(), move=RIGHT)


@quotients.phase("first", "second")
def take_away(borrowed: int, x: str, y: str) -> Action:
    """Subtract in place; then see at once, by the digit before, whether it surely fits again."""
    digit = value(x) - value(y) - borrowed
    if y != BLANK:
        if x == BLANK:
            raise ImpossibleError
        return Action(take_away(int(digit < 0)), {"first": str(digit % 10)}, LEFT)
    if not 0 <= digit < 9:
        raise ImpossibleError  # what is left is less than nine times the second number
    return Action(fits() if digit else compare(), {"first": str(digit)}, RIGHT)


@quotients.phase("second")
def does_not_fit(y: str) -> Action:
    """Go back to the left end, and on to the next place."""
    value(y)
    if y == BLANK:
        return Action(place(), move={"first": 1, "answer": 1})
    return Action(does_not_fit(), move=LEFT)


@quotients.phase("answer")
def to_the_left(z: str) -> Action:
    """Go to the quotient's first digit."""
    if z == BLANK:
        return Action(State("strip"), move={"answer": 1})
    value(z)
    return Action(to_the_left(), move={"answer": -1})
