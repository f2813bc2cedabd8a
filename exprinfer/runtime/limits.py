"""What one expression may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Limits:
    """The budget of each expression; None means no limit.

    Attributes:
        max_symbols: Largest number of symbols.
        max_steps: Largest number of steps of a model that works on tapes.
        timeout: Longest time of its computation, in seconds.

    Raises:
        ValueError: If a number is not positive.
    """

    max_symbols: int | None = None
    max_steps: int | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        for name, count in (("max_symbols", self.max_symbols), ("max_steps", self.max_steps)):
            if count is not None and not (isinstance(count, int) and count > 0):
                raise ValueError(f"{name} must be a positive integer, got {count!r}")
        if self.timeout is not None and not (
            isinstance(self.timeout, int | float) and self.timeout > 0
        ):
            raise ValueError(f"timeout must be a positive number, got {self.timeout!r}")

    def or_else(self, other: Limits) -> Limits:
        """Return these limits, and those of ``other`` in place of None."""
        if self == _NO_LIMITS:
            return other
        return Limits(
            other.max_symbols if self.max_symbols is None else self.max_symbols,
            other.max_steps if self.max_steps is None else self.max_steps,
            other.timeout if self.timeout is None else self.timeout,
        )

    def stricter(self, other: Limits) -> Limits:
        """Return the smaller limit of both, for each resource."""
        return Limits(
            _smaller(self.max_symbols, other.max_symbols),
            _smaller(self.max_steps, other.max_steps),
            _smaller(self.timeout, other.timeout),
        )


_NO_LIMITS = Limits()


def _smaller(first: Number | None, second: Number | None) -> Number | None:
    return min((n for n in (first, second) if n is not None), default=None)
