"""Exact values by Python's integers: they mark a file's answers, and never give one."""

from __future__ import annotations

import re

_EXPRESSION = re.compile(
    r"(?P<minus>-(?=\())?(?P<open>\()?(?P<a>-?[0-9]+)(?P<operator>[-+*/])(?P<b>-?[0-9]+)(?(open)\))"
)


def exact_value(expression: str) -> tuple[str, int] | None:
    """The operator and the value of an expression of either domain; None of anything else.

    >>> exact_value("-(-7/2)")
    ('/', 3)
    """
    match = _EXPRESSION.fullmatch(expression)
    if not match:
        return None
    a, b, operator = int(match["a"]), int(match["b"]), match["operator"]
    if operator == "/":
        if b == 0:
            return None
        value = abs(a) // abs(b) * (-1 if (a < 0) != (b < 0) else 1)  # toward zero
    else:
        value = {"+": a + b, "-": a - b, "*": a * b}[operator]
    return operator, -value if match["minus"] else value
