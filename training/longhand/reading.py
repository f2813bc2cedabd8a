"""How the teacher reads an expression, symbol by symbol, from left to right, once.

A number after an operator goes to ``second``; any other goes to ``first``, behind what waits there.
What waits there, each with its operator behind it: ``12+`` or ``12-`` a number to add to, with its
own sign; ``12*`` or ``12/``, whose sign is counted to what follows; ``(`` a bracket that is open,
``)`` one whose value is to change its sign. Leading zeros are not copied, so that zero is an empty
place. A head parked on the last symbol of what waits tells what may be worked out at once.
"""

from __future__ import annotations

from training.longhand.program import (
    BLANK,
    LEFT,
    RIGHT,
    Action,
    ImpossibleError,
    Program,
    State,
    flipped,
)
from training.longhand.waiting import begin, waits_for_more

reading = Program()


@reading.phase("input")
def start(sign: str, symbol: str) -> Action:
    """An expression or what is in a bracket begins, ``sign`` being that of its first value."""
    if symbol == "-":
        return _go(start(flipped(sign)))
    if symbol == "(":
        return Action(
            start("+"), {"first": "(" if sign == "+" else ")"}, {"input": RIGHT, "first": RIGHT}
        )
    return _first(symbol, sign)


@reading.phase("input")
def first_zeros(sign: str, symbol: str) -> Action:
    """Of a first number nothing was read but zeros."""
    if symbol in (")", BLANK):
        return Action(State("result", ("0", "clean")), move={"first": LEFT})
    return _operator(symbol, "+") or _first(symbol, sign)


@reading.phase("input")
def first_digits(sign: str, symbol: str) -> Action:
    """A first number goes on; it is the whole value where no operator follows."""
    if symbol in (")", BLANK):
        return Action(State("lift_first", (sign,)), move={"first": LEFT})
    return _operator(symbol, sign) or _copy("first", symbol, first_digits(sign))


@reading.phase("input")
def second(sign: str, symbol: str) -> Action:
    """An operator was read; ``sign`` is that of what follows, with what was counted to it."""
    if symbol == "-":
        return _go(second(flipped(sign)))
    if symbol == "(":
        return Action(start(sign), move={"first": RIGHT})
    return _second(symbol, sign)


@reading.phase("input")
def second_zeros(sign: str, symbol: str) -> Action:
    """Of a second number nothing was read but zeros."""
    if symbol.isdigit():
        return _second(symbol, sign)
    if symbol == "(":
        raise ImpossibleError
    return Action(State("result", ("0", "clean")))


@reading.phase("input", "first")
def second_digits(sign: str, symbol: str, top: str) -> Action:
    """A second number goes on, or is worked with, or waits for the product that it begins."""
    if top not in "+-*/":
        raise ImpossibleError
    if symbol.isdigit() or symbol == "(":
        return _copy("second", symbol, second_digits(sign))
    if waits_for_more(top, symbol):
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
    """Write down the operator for which the number before it waits."""
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
