"""Values of expressions by Python's integers, parsed by itself: it shares no code with exprinfer.

It knows more than exprinfer may take: any nesting of brackets and signs, products before sums.
"""

from __future__ import annotations

#: How firmly an operator binds; ``~`` is the sign.
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "~": 3}


def value(text: str) -> int | None:
    """The value of an expression, quotients toward zero; None of what is none.

    Raises ZeroDivisionError.
    """
    values: list[int] = []
    waiting: list[str] = []  # operators and brackets still open
    place, operand_next = 0, True
    while place < len(text):
        symbol = text[place]
        end = place + 1
        if operand_next:
            if symbol in "0123456789":
                while end < len(text) and text[end] in "0123456789":
                    end += 1
                values.append(int(text[place:end]))
                operand_next = False
            elif symbol == "-":
                waiting.append("~")
            elif symbol == "(":
                waiting.append("(")
            else:
                return None
        elif symbol in _BINDS and symbol != "~":
            while waiting and waiting[-1] != "(" and _BINDS[waiting[-1]] >= _BINDS[symbol]:
                _apply(values, waiting.pop())
            waiting.append(symbol)
            operand_next = True
        elif symbol == ")":
            while waiting and waiting[-1] != "(":
                _apply(values, waiting.pop())
            if not waiting:
                return None
            waiting.pop()
        else:
            return None
        place = end
    if operand_next or "(" in waiting:
        return None
    while waiting:
        _apply(values, waiting.pop())
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
