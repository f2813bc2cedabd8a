"""What the teacher does with a value: work with it, let it wait, or end.

Whenever a value is whole, the head on ``first`` stands on the last symbol of what waits and the one
on ``input`` on the symbol behind the value. The value itself stands on ``answer``, the head to the
left of it; a zero is an empty place. Then ``second`` is clean, or holds a divisor still to be wiped
out, to the left of which or on which the head stands.
"""

from __future__ import annotations

from training.longhand.program import (
    BLANK,
    HALT,
    LEFT,
    RIGHT,
    Action,
    ImpossibleError,
    Program,
    State,
    before,
    flipped,
    opens,
    value,
)

waiting = Program()


def waits_for_more(top: str, symbol: str) -> bool:
    """Whether a value between these two has to wait for a product or a sum that it begins."""
    if top not in "+-*/":
        return symbol not in (")", BLANK)
    return top in "+-" and symbol in ("*", "/")


def begin(top: str, sign: str) -> Action:
    """Work with the numbers on ``first`` and ``second``, the heads to the right of both."""
    if top in "*/":
        phase = State({"*": "times", "/": "over"}[top], (sign,))
        return Action(phase, move={"input": LEFT, "first": LEFT})
    phase = State("add" if top == sign else "subtract", (top, 0))
    return Action(phase, move={"first": LEFT, "second": LEFT})


@waiting.phase("input", "first")
def result(sign: str, second: str, symbol: str, top: str) -> Action:
    """A value is whole; ``sign`` is 0 for a zero, ``second`` says whether that tape is clean."""
    if symbol.isdigit() or symbol == "(" or top.isdigit():
        raise ImpossibleError
    if (symbol == BLANK and top in ("(", ")")) or (symbol == ")" and top == BLANK):
        raise ImpossibleError
    if symbol == top == BLANK:
        return Action(HALT, {"-": {"answer": "-"}, "0": {"answer": "0"}}.get(sign, {}))
    if symbol == ")" and top in "()":
        of_all = sign if top == "(" or sign == "0" else flipped(sign)
        return Action(result(of_all, second), move={"input": RIGHT, "first": LEFT})
    if second == "used":
        return Action(to_the_right_end(sign), move={"second": RIGHT})
    if waits_for_more(top, symbol):
        return Action(push(sign), move={"first": RIGHT, "answer": RIGHT})
    if sign != "0":
        return Action(bring(sign), move={"answer": RIGHT})
    if top == "/":
        return Action(HALT, {"answer": "/"})
    return Action(drop() if top == "*" else fetch(top), move={"first": LEFT})


@waiting.phase("answer", "input")
def push(sign: str, z: str, symbol: str) -> Action:
    """Move the value to ``first``, and write down the operator for which it waits there."""
    if symbol not in "+-*/":
        raise ImpossibleError
    if z != BLANK:
        if sign == "0":
            raise ImpossibleError
        return _move("answer", "first", z, RIGHT, push(sign))
    sign = "+" if sign == "0" else sign
    waits, follows = (sign, symbol) if symbol in "+-" else (symbol, sign)
    then = State("second", (follows,))
    return Action(then, {"first": waits}, {"input": RIGHT, "answer": LEFT})


@waiting.phase("answer", "first")
def bring(sign: str, z: str, top: str) -> Action:
    """Move the value to ``second``, and work with what waits for it."""
    if top not in "+-*/":
        raise ImpossibleError
    if z != BLANK:
        return _move("answer", "second", z, RIGHT, bring(sign))
    work = begin(top, sign)
    return Action(work.then, work.write, {**work.move, "answer": LEFT})


@waiting.phase("first")
def fetch(sign: str, x: str) -> Action:
    """Nothing is to be added to the number on ``first``; it may be zero itself."""
    if opens(x):
        if sign == "-":
            raise ImpossibleError  # no zero is written down with a minus
        return Action(result("0", "clean"))
    return _move("first", "answer", x, LEFT, lift_first(sign))


@waiting.phase("first")
def lift_first(sign: str, x: str) -> Action:
    """Move the number that ends here to ``answer``, where a whole value stands."""
    if opens(x):
        return Action(result(sign, "clean"))
    return _move("first", "answer", x, LEFT, lift_first(sign))


@waiting.phase("second")
def lift_second(sign: str, y: str) -> Action:
    """Move the number that ends here to ``answer``: what is to be done with it comes later."""
    if y == BLANK:
        return Action(result(sign, "clean"), move={"second": RIGHT})
    return _move("second", "answer", y, LEFT, lift_second(sign))


@waiting.phase("first")
def drop(x: str) -> Action:
    """The number on ``first`` is multiplied by zero."""
    if before(x):
        return Action(result("0", "clean"))
    value(x)
    return Action(drop(), move={"first": LEFT})


@waiting.phase("second")
def to_the_right_end(sign: str, y: str) -> Action:
    """Go to the end of the divisor, to wipe it out from there."""
    if y == BLANK:
        return Action(wipe(sign), move={"second": LEFT})
    value(y)
    return Action(to_the_right_end(sign), move={"second": RIGHT})


@waiting.phase("second")
def wipe(sign: str, y: str) -> Action:
    """Wipe out the number on ``second``."""
    if y == BLANK:
        return Action(result(sign, "clean"), move={"second": RIGHT})
    value(y)
    return Action(wipe(sign), {"second": BLANK}, {"second": LEFT})


def _move(source: str, target: str, symbol: str, way: int, then: State) -> Action:
    value(symbol)
    return Action(then, {source: BLANK, target: symbol}, {source: way, target: way})
