"""What the teacher does with a complete value: use it, keep it pending, or halt.

When a value is complete:

- The head on ``input`` is on the symbol after the value.
- The head on ``first`` is on the last pending symbol.
- The value is on ``answer``, and the head there is to the left of it. Zero is stored as an empty
  tape.
- ``second`` is clean, or it holds a used divisor that must still be wiped out. In that case the
  head there is on the divisor or to the left of it.
"""

from __future__ import annotations

from training.longhand.machine import BLANK, LEFT, RIGHT
from training.longhand.teacher.program import (
    HALT,
    Action,
    ImpossibleError,
    Program,
    State,
    before,
    flipped,
    opens,
    value,
)

pending = Program()


def must_wait(top: str, symbol: str) -> bool:
    """Return whether the value must stay pending.

    ``top`` is the last pending symbol, ``symbol`` the next input symbol.
    """
    if top not in "+-*/":
        return symbol not in (")", BLANK)
    return top in "+-" and symbol in ("*", "/")


def begin(top: str, sign: str) -> Action:
    """Begin an operation on the numbers on ``first`` and ``second``; the heads are after both."""
    if top in "*/":
        phase = State({"*": "times", "/": "over"}[top], (sign,))
        return Action(phase, move={"input": LEFT, "first": LEFT})
    phase = State("add" if top == sign else "subtract", (top, 0))
    return Action(phase, move={"first": LEFT, "second": LEFT})


@pending.phase("input", "first")
def result(sign: str, second: str, symbol: str, top: str) -> Action:
    """Use a complete value; ``sign`` is 0 for zero, ``second`` says if that tape is clean."""
    if symbol.isdigit() or symbol == "(" or top.isdigit():
        raise ImpossibleError
    if (symbol == BLANK and top in ("(", ")")) or (symbol == ")" and top == BLANK):
        raise ImpossibleError
    if symbol == top == BLANK:
        return Action(HALT, {"-": {"answer": "-"}, "0": {"answer": "0"}}.get(sign, {}))
    if symbol == ")" and top in "()":
        of_bracket = sign if top == "(" or sign == "0" else flipped(sign)
        return Action(result(of_bracket, second), move={"input": RIGHT, "first": LEFT})
    if second == "used":
        return Action(to_the_right_end(sign), move={"second": RIGHT})
    if must_wait(top, symbol):
        return Action(push(sign), move={"first": RIGHT, "answer": RIGHT})
    if sign != "0":
        return Action(bring(sign), move={"answer": RIGHT})
    if top == "/":
        return Action(HALT, {"answer": "/"})
    return Action(drop() if top == "*" else fetch(top), move={"first": LEFT})


@pending.phase("answer", "input")
def push(sign: str, z: str, symbol: str) -> Action:
    """Move the value to ``first``, and write the operator that follows it after it."""
    if symbol not in "+-*/":
        raise ImpossibleError
    if z != BLANK:
        if sign == "0":
            raise ImpossibleError
        return _move("answer", "first", z, RIGHT, push(sign))
    sign = "+" if sign == "0" else sign
    written, follows = (sign, symbol) if symbol in "+-" else (symbol, sign)
    then = State("second", (follows,))
    return Action(then, {"first": written}, {"input": RIGHT, "answer": LEFT})


@pending.phase("answer", "first")
def bring(sign: str, z: str, top: str) -> Action:
    """Move the value to ``second``, and begin the operation that is pending for it."""
    if top not in "+-*/":
        raise ImpossibleError
    if z != BLANK:
        return _move("answer", "second", z, RIGHT, bring(sign))
    operation = begin(top, sign)
    return Action(operation.then, operation.write, {**operation.move, "answer": LEFT})


@pending.phase("first")
def fetch(sign: str, x: str) -> Action:
    """Add zero to the number on ``first``, which may be zero itself."""
    if opens(x):
        if sign == "-":
            raise ImpossibleError  # a zero is never written with a minus
        return Action(result("0", "clean"))
    return _move("first", "answer", x, LEFT, lift_first(sign))


@pending.phase("first")
def lift_first(sign: str, x: str) -> Action:
    """Move the number that ends here on ``first`` to ``answer``, the place of finished values."""
    if opens(x):
        return Action(result(sign, "clean"))
    return _move("first", "answer", x, LEFT, lift_first(sign))


@pending.phase("second")
def lift_second(sign: str, y: str) -> Action:
    """Move the number that ends here on ``second`` to ``answer``; its operation comes later."""
    if y == BLANK:
        return Action(result(sign, "clean"), move={"second": RIGHT})
    return _move("second", "answer", y, LEFT, lift_second(sign))


@pending.phase("first")
def drop(x: str) -> Action:
    """Multiply the number on ``first`` by zero."""
    if before(x):
        return Action(result("0", "clean"))
    value(x)
    return Action(drop(), move={"first": LEFT})


@pending.phase("second")
def to_the_right_end(sign: str, y: str) -> Action:
    """Go to the end of the used divisor, to wipe it out from there."""
    if y == BLANK:
        return Action(wipe(sign), move={"second": LEFT})
    value(y)
    return Action(to_the_right_end(sign), move={"second": RIGHT})


@pending.phase("second")
def wipe(sign: str, y: str) -> Action:
    """Wipe out the number on ``second``."""
    if y == BLANK:
        return Action(result(sign, "clean"), move={"second": RIGHT})
    value(y)
    return Action(wipe(sign), {"second": BLANK}, {"second": LEFT})


def _move(source: str, target: str, symbol: str, direction: int, then: State) -> Action:
    value(symbol)
    return Action(then, {source: BLANK, target: symbol}, {source: direction, target: direction})
