"""The operand ranges of the seed domain, and how their integers are written.

The seed domain is ``a op b``, ``(a op b)`` and ``-(a op b)``. Which integers a and b may be depends
on the model; the ranges of the 2017 gist are the default.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

#: The largest absolute value of an operand. Products of two then fit into 64 bits.
MAX_OPERAND = 999_999_999

#: What may follow a part of a number: by the number of digits that follow, the least and the
#: greatest number that they may form, or None if there is none. Empty if nothing is possible.
Rest = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class Operands:
    """The operand ranges of a model of the seed domain.

    Attributes:
        a: Lowest and highest first operand.
        b: Lowest and highest second operand. 0 is never a second operand.

    Raises:
        ValueError: If a range is not two integers in order, is too wide, or has no number.

    Example:
        >>> import exprinfer
        >>> exprinfer.list_models()[0].operands
        Operands(a=(-100, 99), b=(-99, 99))
    """

    a: tuple[int, int] = (-100, 99)
    b: tuple[int, int] = (-99, 99)

    def __post_init__(self) -> None:
        for name in ("a", "b"):
            given = getattr(self, name)
            if not _is_range(given):
                raise ValueError(
                    f"{name} must be the lowest and the highest operand, two integers in order "
                    f"from {-MAX_OPERAND} to {MAX_OPERAND}, got {_shown(given)}"
                )
        if self.b == (0, 0):
            raise ValueError("b must hold a number other than 0, got [0, 0]")

    def describe(self) -> str:
        """Return the seed domain with these ranges, in words."""
        without = " without 0" if self.b[0] <= 0 <= self.b[1] else ""
        a, b = (f"{low}..{high}" for low, high in (self.a, self.b))
        return f"a op b with a in {a} and b in {b}{without}, without leading zeros"

    @property
    def longest_input(self) -> int:
        """Length of the longest expression, in symbols."""
        widths = [max(len(str(value)) for value in ends) for ends in (self.a, self.b)]
        return len("-(+)") + sum(widths)

    @property
    def longest_output(self) -> int:
        """Length of the longest answer, in symbols."""
        # Without division: a quotient is at most as large as the product of its operands.
        values = [v for a, b in product(self.a, self.b) for v in (a + b, a - b, a * b)]
        return max(len(str(sign * value)) for value in values for sign in (1, -1))


def first_digits(operands: Operands, name: Literal["a", "b"], negative: bool) -> Rest:
    """Return the digits that an operand may have, after a minus or without one."""
    low, high = operands.a if name == "a" else operands.b
    if negative:
        low, high = -high, -low
    least = 1 if negative or name == "b" else 0  # there is no -0
    return _plain(max(low, least), high)


def read_digit(rest: Rest, digit: int) -> Rest:
    """Read one more digit of a number."""
    following = []
    for count, bounds in enumerate(rest[1:]):
        first = digit * 10**count
        last = first + 10**count - 1
        inside = _within(*bounds, first, last) if bounds else None
        following.append(inside and (inside[0] - first, inside[1] - first))
    return _trimmed(following)


def is_number(rest: Rest) -> bool:
    """Return whether the number may end here."""
    return bool(rest) and rest[0] is not None


def _plain(low: int, high: int) -> Rest:
    """Return the digits of the integers in a range from 0 on, without leading zeros."""
    bounds: list[tuple[int, int] | None] = [None]
    for count in range(1, len(str(high)) + 1):
        least = 10 ** (count - 1) if count > 1 else 0
        bounds.append(_within(low, high, least, 10**count - 1))
    return _trimmed(bounds)


def _within(low: int, high: int, first: int, last: int) -> tuple[int, int] | None:
    """Return the part of a range that is in another one, or None."""
    low, high = max(low, first), min(high, last)
    return (low, high) if low <= high else None


def _trimmed(bounds: list[tuple[int, int] | None]) -> Rest:
    while bounds and bounds[-1] is None:
        bounds.pop()
    return tuple(bounds)


def _is_range(given: object) -> bool:
    """Return whether a value is a tuple of two integers in order, neither too large."""
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and all(type(value) is int for value in given)
        and -MAX_OPERAND <= given[0] <= given[1] <= MAX_OPERAND
    )


def _shown(given: object) -> str:
    return repr(list(given) if isinstance(given, tuple) else given)


#: The ranges of the 2017 gist and of the shipped models.
DEFAULT_OPERANDS = Operands()
