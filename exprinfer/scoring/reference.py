"""Exact values by Python's integers: they mark a file's answers, and never give one."""

from __future__ import annotations

import re

_SYMBOL = re.compile(r"[0-9]+|[-+*/()]")
#: How tightly operators bind; ``~`` is the minus before a value.
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "~": 3}


def exact_value(expression: str) -> tuple[str, int] | None:
    """The operator worked out last, empty where there is none, and the value of an expression.

    None of what is no expression, or divides by zero.

    >>> exact_value("-(-7/2)+4*5")
    ('+', 23)
    """
    symbols = _SYMBOL.findall(expression)
    if "".join(symbols) != expression:
        return None
    values: list[tuple[str, int]] = []
    waiting: list[str] = []
    expected = True  # is a value to follow?
    for symbol in [*symbols, ""]:
        if expected:
            if symbol == "-":
                waiting.append("~")
            elif symbol == "(":
                waiting.append(symbol)
            elif symbol.isdigit():
                values.append(("", int(symbol)))
                expected = False
            else:
                return None
            continue
        if symbol == "(" or symbol.isdigit():
            return None
        while waiting and _BINDS.get(waiting[-1], 0) >= _BINDS.get(symbol, 1):
            if not _work_out(waiting.pop(), values):
                return None
        if symbol in _BINDS:
            waiting.append(symbol)
            expected = True
        elif symbol == ")" and not (waiting and waiting.pop() == "("):
            return None
    return None if waiting or expected else values[0]


def _work_out(operator: str, values: list[tuple[str, int]]) -> bool:
    """Put the last value or two together; False where that divides by zero."""
    last, b = values.pop()
    if operator == "~":
        values.append((last, -b))
        return True
    _, a = values.pop()
    if operator == "/":
        if b == 0:
            return False
        quotient = abs(a) // abs(b)  # toward zero
        values.append((operator, quotient if (a < 0) == (b < 0) else -quotient))
    else:
        values.append((operator, {"+": a + b, "-": a - b, "*": a * b}[operator]))
    return True
