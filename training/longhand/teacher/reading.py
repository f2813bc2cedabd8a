"""How the teacher reads an expression: once, symbol by symbol, from left to right.

A number after an operator goes to ``second``. Any other number goes to ``first``, after what is
pending there. These can be pending, each with its operator after it:

    12+ or 12-   a number to add to, with its own sign
    12* or 12/   a number to multiply or divide; its sign is combined with the next operand's
    (            an open bracket
    )            an open bracket whose value will change its sign

Leading zeros are not copied, so a zero is an empty place. The head on ``first`` is on the last
pending symbol; that symbol decides which operation can be done at once.
"""

from __future__ import annotations

from training.longhand.machine import BLANK, LEFT, RIGHT
from training.longhand.teacher.pending import begin, must_wait
from training.longhand.teacher.program import Action, ImpossibleError, Program, State, flipped

reading = Program()


@reading.phase("input")
def start(sign: str, symbol: str) -> Action:
    """Begin an expression or the content of a bracket; ``sign`` is that of its first value."""
    if symbol == "-":
        return _go(start(flipped(sign)))
    if symbol == "(":
        return Action(
            start("+"), {"first": "(" if sign == "+" else ")"}, {"input": RIGHT, "first": RIGHT}
        )
    return _first(symbol, sign)


@reading.phase("input")
def first_zeros(sign: str, symbol: str) -> Action:
    """Continue a first number of which only zeros have been read."""
    if symbol in (")", BLANK):
        return Action(State("result", ("0", "clean")), move={"first": LEFT})
    return _operator(symbol, "+") or _first(symbol, sign)


@reading.phase("input")
def first_digits(sign: str, symbol: str) -> Action:
    """Continue a first number; it is the whole value if no operator follows."""
    if symbol in (")", BLANK):
        return Action(State("lift_first", (sign,)), move={"first": LEFT})
    return _operator(symbol, sign) or _copy("first", symbol, first_digits(sign))


@reading.phase("input")
def second(sign: str, symbol: str) -> Action:
    """Continue after an operator.

    ``sign`` is the sign of the next operand, combined with that of the pending factor.
    """
    if symbol == "-":
        return _go(second(flipped(sign)))
    if symbol == "(":
        return Action(start(sign), move={"first": RIGHT})
    return _second(symbol, sign)


@reading.phase("input")
def second_zeros(sign: str, symbol: str) -> Action:
    """Continue a second number of which only zeros have been read."""
    if symbol.isdigit():
        return _second(symbol, sign)
    if symbol == "(":
        raise ImpossibleError
    return Action(State("result", ("0", "clean")))


@reading.phase("input", "first")
def second_digits(sign: str, symbol: str, top: str) -> Action:
    """Continue a second number; at its end use it, or keep it pending for a product."""
    if top not in "+-*/":
        raise ImpossibleError
    if symbol.isdigit() or symbol == "(":
        return _copy("second", symbol, second_digits(sign))
    if must_wait(top, symbol):
        return Action(State("lift_second", (sign,)), move={"second": LEFT})
    return begin(top, sign)


def _first(symbol: str, sign: str) -> Action:
    if symbol == "0":
        return _go(first_zeros(sign))
    return _copy("first", symbol, first_digits(sign))


def _second(symbol: str, sign: str) -> Action:
    if symbol == "0":
        return _go(second_zeros(sign))
    return _copy("second", symbol, second_digits(sign))


def _operator(symbol: str, sign: str) -> Action | None:
    """Write an operator after the pending number before it; None if there is no operator."""
    if symbol in "+-":
        return Action(second(symbol), {"first": sign}, {"input": RIGHT})
    if symbol in "*/":
        return Action(second(sign), {"first": symbol}, {"input": RIGHT})
    return None


def _copy(tape: str, symbol: str, then: State) -> Action:
    if not symbol.isdigit():
        raise ImpossibleError
    return Action(then, {tape: symbol}, {"input": RIGHT, tape: RIGHT})


def _go(then: State) -> Action:
    return Action(then, move={"input": RIGHT})
