"""Workings on paper, which a network may write before its answer."""

from __future__ import annotations

from training.expressions import OPERATORS, Expressions

#: The symbol between a working and its answer.
MARK = ")"


def workings(expressions: Expressions) -> list[str]:
    """Return what is written before each answer, in groups of three symbols.

    Numbers are written without signs and the lowest digit first. Each begins with both operands.
    Then:

    - Sums and differences: how the tens and the last digits compare (``+`` if the first operand has
      more, ``-`` if it has fewer, ``0``), and whether the digits are added or subtracted. Then the
      larger operand, the smaller one, and the last digit of the result with its carry or borrow.
    - Products: the products of their digits, in the order last times last, tens times last, last
      times tens, tens times tens, and the hundreds of the first operand. Then the last two digits
      of the result with their carry, and the third with its carry.
    - Quotients: the tens of the quotient (two digits) and the remainder of the tens. Then the
      divisor times 5, and times each digit that halves what the last digit can still be.

    Example:
        >>> import numpy as np
        >>> some = Expressions(*np.array([[-7, 66, 99], [1, 2, 3], [83, -19, 12], [0, 0, 0]]))
        >>> for working in workings(some):
        ...     print(working)
        700380-++380700010
        660910454560600451210
        990210009060480690801
    """
    a, b = expressions.a, expressions.b
    minus = expressions.operator == OPERATORS.index("-")
    added = ((a < 0) == ((b < 0) != minus)).tolist()
    columns = abs(a).tolist(), expressions.operator.tolist(), abs(b).tolist(), added
    return [
        _reversed(x) + _reversed(y) + _working(x, OPERATORS[operator], y, sign)
        for x, operator, y, sign in zip(*columns, strict=True)
    ]


def _working(a: int, operator: str, b: int, added: bool) -> str:
    if operator == "*":
        return _product(a, b)
    return _quotient(a, b) if operator == "/" else _sum(a, b, added)


def _sum(a: int, b: int, added: bool) -> str:
    large, small = max(a, b), min(a, b)
    sign = 1 if added else -1
    carry, last = divmod(large % 10 + sign * (small % 10), 10)
    compared = _compare(a // 10, b // 10) + _compare(a % 10, b % 10) + "-+"[added]
    return f"{compared}{_reversed(large)}{_reversed(small)}{last}{abs(carry)}0"


def _compare(x: int, y: int) -> str:
    return "+" if x > y else "-" if x < y else "0"


def _product(a: int, b: int) -> str:
    hundreds, tens, last = a // 100, a // 10 % 10, a % 10
    high, low = divmod(b, 10)
    parts = [last * low, tens * low, last * high, tens * high]
    written = "".join(_reversed(part, 2) for part in parts) + str(hundreds)
    carry, second = divmod(parts[0] // 10 + parts[1] % 10 + parts[2] % 10, 10)
    third = parts[1] // 10 + parts[2] // 10 + parts[3] % 10 + hundreds * low + carry
    return f"{written}{parts[0] % 10}{second}{carry}{_reversed(third, 2)}0"


def _quotient(a: int, b: int) -> str:
    tens, remainder = divmod(a // 10, b)
    rest = a - 10 * tens * b
    written = _reversed(tens, 2) + str(remainder % 10)
    low, high = 0, 10
    while high - low > 1:
        middle = (low + high) // 2
        written += _reversed(middle * b)
        low, high = (middle, high) if middle * b <= rest else (low, middle)
    return written


def _reversed(number: int, width: int = 3) -> str:
    return f"{number:0{width}}"[::-1]
