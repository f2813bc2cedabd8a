"""Workings on paper, which a network may write before its answer."""

from __future__ import annotations

from training.expressions import OPERATORS, Expressions

#: The symbol between a working and its answer.
MARK = ")"


def workings(expressions: Expressions) -> list[str]:
    """Return what is written before each answer, in groups of three digits, the lowest first.

    First come the two numbers without signs. Then:

    - Sums and differences: the numbers once more, the larger one first.
    - Products: the first number times the last digit of the second, then times its tens.
    - Quotients: the tens of the quotient (two digits) and what remains of the tens; then the
      divisor times 5, and times each digit that halves what the last digit can still be.

    Example:
        >>> import numpy as np
        >>> some = Expressions(*np.array([[7, 66, 99], [1, 2, 3], [-83, -19, 12], [0, 0, 0]]))
        >>> workings(some)
        ['700380380700', '660910495660', '990210009060480690801']
    """
    make = dict(zip(OPERATORS, (_sum, _sum, _product, _quotient), strict=True))
    a, b = abs(expressions.a).tolist(), abs(expressions.b).tolist()
    rows = zip(a, expressions.operator.tolist(), b, strict=True)
    return [
        _reversed(x) + _reversed(y) + make[OPERATORS[operator]](x, y) for x, operator, y in rows
    ]


def _sum(a: int, b: int) -> str:
    return _reversed(max(a, b)) + _reversed(min(a, b))


def _product(a: int, b: int) -> str:
    tens, last = divmod(b, 10)
    return _reversed(a * last) + _reversed(a * tens)


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
