"""Rows of a table, some of which could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from exprinfer.errors import EXPRESSION_ERRORS, ExpressionError, MalformedRowError
from exprinfer.results import BatchResult

#: Characters that are kept of a row that cannot be read.
KEPT_CHARACTERS = 200

_MALFORMED_ROW = EXPRESSION_ERRORS.index(MalformedRowError)


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A row that cannot be read."""

    text: str
    """The beginning of the row, as it is in the file."""
    message: str
    """What is wrong with it, with its number."""


def malformed_row(number: int, text: str, reason: str) -> MalformedRow:
    """Return the row with this number (from 1), and why it cannot be read."""
    kept = text if len(text) <= KEPT_CHARACTERS else f"{text[:KEPT_CHARACTERS]}..."
    return MalformedRow(kept, f"row {number:,}: {reason}")


@dataclass(frozen=True)
class Rows:
    """Rows that are scored together."""

    batch: Any
    """The rows as an Arrow record batch. Cells that could not be read are null."""
    malformed: Mapping[int, MalformedRow] = field(default_factory=dict)
    """The rows that could not be read, by index in the batch."""
    extra: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    """Values that have no column, by index in the batch."""


@dataclass(frozen=True, eq=False, repr=False)
class RowsResult(BatchResult):
    """The results of rows, some of which could not be read."""

    malformed: Mapping[int, MalformedRow] = field(default_factory=dict)

    def error(self, row: int) -> ExpressionError:
        """Return the exception that explains why a row has no answer.

        Raises:
            ValueError: If the row has an answer.
        """
        if row in self.malformed:
            return MalformedRowError(self.malformed[row].message)
        return super().error(row)


def with_malformed(result: BatchResult, malformed: Mapping[int, MalformedRow]) -> BatchResult:
    """Return a result in which some rows have the error ``malformed_row``.

    Args:
        result: The result, with an empty expression in place of those rows.
        malformed: The rows that could not be read, by index.
    """
    if not malformed:
        return result
    expressions, errors, positions = list(result.expressions), result.errors, result.positions
    rows = np.array(list(malformed), np.int64)
    errors[rows], positions[rows] = _MALFORMED_ROW, -1
    for row, bad in malformed.items():
        expressions[row] = bad.text
    values = {item.name: getattr(result, item.name) for item in fields(BatchResult)}
    return RowsResult(**{**values, "expressions": expressions}, malformed=malformed)
