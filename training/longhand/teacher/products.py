"""How the teacher multiplies: row by row into the answer, each row one place further left."""

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

products = Program()


@products.phase("first")
def times(sign: str, x: str) -> Action:
    """Write the answer's sign into a cell of the input that was read; zero times is zero."""
    if before(x):
        return Action(State("wipe", ("0",)), move={"input": RIGHT, "second": LEFT})
    value(x)
    return Action(multiply(0), {"input": sign}, {"second": LEFT})


@products.phase("first", "second")
def multiply(carry: int, x: str, y: str) -> Action:
    """Multiply two digits and add the carry; at the end of the row, write the carry."""
    if y == BLANK or carry > value(y):
        raise ImpossibleError  # the second number is not zero; 9y + 9 + carry < 10 (y + 1)
    if before(x):
        write = {"second": BLANK, **({"answer": str(carry)} if carry else {})}
        return Action(row_done(int(carry > 0)), write, {"first": RIGHT, "second": LEFT})
    return Action(product(value(x) * value(y) + carry))


@products.phase("answer")
def product(number: int, z: str) -> Action:
    """Add the product of two digits to the digit in its place."""
    carry, digit = divmod(number + value(z), 10)
    return Action(multiply(carry), {"answer": str(digit)}, {"first": LEFT, "answer": LEFT})


@products.phase("second", "input")
def row_done(wrote: int, y: str, sign: str) -> Action:
    """Go on to the next digit to multiply by, or finish."""
    if sign not in "+-":
        raise ImpossibleError
    if y == BLANK:
        back = {"first": LEFT, "second": RIGHT, "input": RIGHT}
        then = State("result", (sign, "clean"))
        return Action(then, move={**back, "answer": LEFT} if wrote else back)
    value(y)
    return Action(next_row(), move={"first": RIGHT, "answer": RIGHT})


@products.phase("first")
def next_row(x: str) -> Action:
    """Go back to the last digit of the first number, and in the answer to the next row's place."""
    if x == "*":
        return Action(multiply(0), move={"first": LEFT, "answer": LEFT})
    if before(x):
        raise ImpossibleError
    return Action(next_row(), move={"first": RIGHT, "answer": RIGHT})
