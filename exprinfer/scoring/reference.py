"""Exact values by Python's integers. They mark the answers in a file, and never produce one."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[0-9]+|[-+*/()]")
#: Precedence of the operators; ``~`` is the minus before a value.
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "~": 3}


def exact_value(expression: str) -> tuple[str, int] | None:
    """Return the operator that is applied last and the value of an expression.

    Args:
        expression: The text; it may have any length.

    Returns:
        The operator, empty if there is none, and the value; or None if the text is not a valid
        expression or divides by zero.

    Example:
        >>> exact_value("-(-7/2)+4*5")
        ('+', 23)
    """
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != expression:
        return None
    values: list[tuple[str, int]] = []
    pending: list[str] = []  # operators and open brackets
    operand_next = True
    for token in [*tokens, ""]:
        if operand_next:
            if token == "-":
                pending.append("~")
            elif token == "(":
                pending.append(token)
            elif token.isdigit():
                values.append(("", int(token)))
                operand_next = False
            else:
                return None
            continue
        if token == "(" or token.isdigit():
            return None
        while pending and _PRECEDENCE.get(pending[-1], 0) >= _PRECEDENCE.get(token, 1):
            if not _apply(pending.pop(), values):
                return None
        if token in _PRECEDENCE:
            pending.append(token)
            operand_next = True
        elif token == ")" and not (pending and pending.pop() == "("):
            return None
    return None if pending or operand_next else values[0]


def _apply(operator: str, values: list[tuple[str, int]]) -> bool:
    """Replace the last one or two values by the result; return False for a division by zero."""
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
