"""How the inputs are read: the columns, the dialect, and what happens to bad rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

#: Default names of the columns of expressions and of expected values.
EXPRESSION, EXPECTED = "expression", "expected"


@dataclass(frozen=True)
class ReadOptions:
    """How the inputs are read; None: to be detected."""

    column: str | None = None
    """The column of expressions."""
    expected: str | None = None
    """The column of expected values."""
    delimiter: str | None = None
    """The character between the cells of CSV."""
    encoding: str | None = None
    """The encoding of text, CSV, TSV and JSON Lines."""
    on_error: Literal["result", "stop"] = "result"
    """Whether a bad row is a result with an error, or ends the run."""
    source: bool = False
    """Whether results name their input."""
    tell: Callable[[str], None] = lambda message: None
    """Takes messages for people about how an input was read."""


def same_name(name: str, wanted: str) -> bool:
    """Compare two column names without regard to case and to blanks around them.

    Example:
        >>> same_name(" Expected ", "expected")
        True
    """
    return name.strip().casefold() == wanted.strip().casefold()
