"""How the teacher multiplies: row by row into the answer, each row one place further left."""

from __future__ import annotations

from training.longhand.program import BLANK, Action, ImpossibleError, Program, State, value

products = Program()


@products.phase("first", "second")
def multiply(carry: int, x: str, y: str) -> Action:
    """Multiply two digits and add the carry; where the row ends, write the carry down."""
    if y == BLANK or carry > value(y):
        raise ImpossibleError  # the second number is not zero; 9y + 9 + carry < 10 (y + 1)
    if x == BLANK:
        write = {"answer": str(carry)} if carry else {}
        return Action(row_done(int(carry > 0)), write, {"first": 1, "second": -1})
    return Action(product(value(x) * value(y) + carry))


@products.phase("answer")
def product(number: int, z: str) -> Action:
    """Add the product of two digits to what stands in its place."""
    carry, digit = divmod(number + value(z), 10)
    return Action(multiply(carry), {"answer": str(digit)}, {"first": -1, "answer": -1})


@products.phase("second")
def row_done(wrote: int, y: str) -> Action:
    """Is there another digit to multiply by?"""
    if y == BLANK:
        return Action(State("finish"), move={"answer": -1} if wrote else {})
    value(y)
    return Action(next_row(), move={"first": 1, "answer": 1})


@products.phase("first")
def next_row(x: str) -> Action:
    """Go back to the first number's last digit, and in the answer one place less far."""
    if x == BLANK:
        return Action(multiply(0), move={"first": -1, "answer": -1})
    value(x)
    return Action(next_row(), move={"first": 1, "answer": 1})
