"""How the teacher reads an expression: digits to their tapes, signs and operator to memory.

Leading zeros are not copied, so that zero is an empty tape. When all is read, the heads of
``first`` and ``second`` stand on the last digits, and the input's last cell holds the sign of the
first operand or of the product or quotient.
"""

from __future__ import annotations

from training.longhand.program import BLANK, HALT, Action, ImpossibleError, Program, State

reading = Program()


@reading.phase("input")
def start(symbol: str) -> Action:
    """The expression begins."""
    if symbol == "(":
        return _go(inside("+"))
    if symbol == "-":
        return _go(minus())
    return _first(symbol, "+", "+")


@reading.phase("input")
def minus(symbol: str) -> Action:
    """A minus stood first: that of the whole, or that of the first operand."""
    if symbol == "(":
        return _go(inside("-"))
    return _first(symbol, "+", "-")


@reading.phase("input")
def inside(outer: str, symbol: str) -> Action:
    """A bracket was opened, with the sign ``outer`` before it."""
    if symbol == "-":
        return _go(first_zeros(outer, "-"))
    return _first(symbol, outer, "+")


@reading.phase("input")
def first_zeros(outer: str, sign: str, symbol: str) -> Action:
    """Of the first operand nothing was read but zeros."""
    if symbol in "*/":
        return Action(HALT, {"answer": "0"})
    return _operator(symbol, outer, sign) or _first(symbol, outer, sign)


@reading.phase("input")
def first_digits(outer: str, sign: str, symbol: str) -> Action:
    """The first operand goes on."""
    return _operator(symbol, outer, sign) or _copy("first", symbol, first_digits(outer, sign))


@reading.phase("input")
def second(operator: str, a: str, b: str, symbol: str) -> Action:
    """The operator was read; ``a`` and ``b`` are the operands' signs, those before them counted."""
    if symbol != "-":
        return _second(symbol, operator, a, b)
    if operator == "+":
        return _go(second_zeros("+", a, _times(b, "-")))
    return _go(second_zeros(operator, _times(a, "-"), b))


@reading.phase("input")
def second_zeros(operator: str, a: str, b: str, symbol: str) -> Action:
    """Of the second operand nothing was read but zeros."""
    if symbol in (")", BLANK):
        if operator == "/":
            raise ImpossibleError  # division by zero is no expression
        return Action(HALT, {"answer": "0"}) if operator == "*" else _work(operator, a, b)
    return _second(symbol, operator, a, b)


@reading.phase("input")
def second_digits(operator: str, a: str, b: str, symbol: str) -> Action:
    """The second operand goes on."""
    if symbol in (")", BLANK):
        return _work(operator, a, b)
    return _copy("second", symbol, second_digits(operator, a, b))


def _first(symbol: str, outer: str, sign: str) -> Action:
    if symbol == "0":
        return _go(first_zeros(outer, sign))
    return _copy("first", symbol, first_digits(outer, sign))


def _second(symbol: str, operator: str, a: str, b: str) -> Action:
    if symbol == "0":
        return _go(second_zeros(operator, a, b))
    return _copy("second", symbol, second_digits(operator, a, b))


def _operator(symbol: str, outer: str, sign: str) -> Action | None:
    """Go on to the second operand of a sum of signed numbers, of a product, or of a quotient."""
    if symbol in "+-":
        then = second("+", _times(outer, sign), _times(outer, symbol))
    elif symbol in "*/":
        then = second(symbol, _times(outer, sign), "+")
    else:
        return None
    return Action(then, move={"input": 1, "first": -1})


def _work(operator: str, a: str, b: str) -> Action:
    """All is read: note the sign, and begin to work from the last digits on."""
    if operator == "+" and a == b:
        return Action(State("add", (0,)), {"input": a, "answer": "0"}, {"second": -1})
    phase = {"+": State("subtract", (0,)), "*": State("multiply", (0,)), "/": State("align")}
    return Action(phase[operator], {"input": a}, {"second": -1})


def _copy(tape: str, symbol: str, then: State) -> Action:
    if not symbol.isdigit():
        raise ImpossibleError
    return Action(then, {tape: symbol}, {"input": 1, tape: 1})


def _times(a: str, b: str) -> str:
    return "+" if a == b else "-"


def _go(then: State) -> Action:
    return Action(then, move={"input": 1})
