"""Values of expressions by Python's integers. It shares no code with exprinfer.

It takes any nesting of brackets and signs, and knows that products come before sums.
"""

from __future__ import annotations

#: Precedence of the operators; ``~`` is the minus before a value.
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "~": 3}


def value(text: str) -> int | None:
    """Return the value of an expression, with quotients truncated toward zero, or None.

    Raises:
        ZeroDivisionError: If it divides by zero.
    """
    values: list[int] = []
    pending: list[str] = []  # operators and open brackets
    start, operand_next = 0, True
    while start < len(text):
        symbol = text[start]
        end = start + 1
        if operand_next:
            if symbol in "0123456789":
                while end < len(text) and text[end] in "0123456789":
                    end += 1
                values.append(int(text[start:end]))
                operand_next = False
            elif symbol == "-":
                pending.append("~")
            elif symbol == "(":
                pending.append("(")
            else:
                return None
        elif symbol in _PRECEDENCE and symbol != "~":
            while (
                pending and pending[-1] != "(" and _PRECEDENCE[pending[-1]] >= _PRECEDENCE[symbol]
            ):
                _apply(values, pending.pop())
            pending.append(symbol)
            operand_next = True
        elif symbol == ")":
            while pending and pending[-1] != "(":
                _apply(values, pending.pop())
            if not pending:
                return None
            pending.pop()
        else:
            return None
        start = end
    if operand_next or "(" in pending:
        return None
    while pending:
        _apply(values, pending.pop())
    return values[0]


def _apply(values: list[int], operator: str) -> None:
    b = values.pop()
    if operator == "~":
        values.append(-b)
        return
    a = values.pop()
    if operator == "+":
        values.append(a + b)
    elif operator == "-":
        values.append(a - b)
    elif operator == "*":
        values.append(a * b)
    else:
        quotient = abs(a) // abs(b)
        values.append(-quotient if (a < 0) != (b < 0) else quotient)
