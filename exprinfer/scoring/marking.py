"""Results of lines or table rows, marked against the exact values if answers are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exprinfer.errors import OutsideDomainError
from exprinfer.results import FIELDS, BatchResult, Prediction
from exprinfer.scoring.reference import exact_value

#: An integer, perhaps with a decimal point. Exact values have fewer than 4,000 digits, and Python
#: refuses to read more than 4,300.
_INTEGER = re.compile(r"([-+]?[0-9]{1,4000})(\.0*)?")
#: Stands for the operator of an expression that has none.
NUMBER = "number"
MARKS = ("given_right", "right")
SCORED_FIELDS = (*FIELDS, "given", *MARKS)

Row = dict[str, Any]


def result_fields(marked: bool) -> tuple[str, ...]:
    """Return the names of the columns that scoring adds to a table."""
    return (*FIELDS[1:], *(MARKS if marked else ()))


@dataclass(frozen=True, slots=True)
class MarkedPrediction:
    """The result of one line or row, with marks if an answer is given."""

    prediction: Prediction
    given: str | None = None
    """The given answer."""
    given_right: bool | None = None
    """Whether the given answer is the exact value; None if either of the two is missing."""
    right: bool | None = None
    """The same for the model's answer; None also if the model has none."""
    operator: str | None = None
    """The operator applied last, or ``NUMBER``; None if there are no marks."""

    def as_dict(self) -> Row:
        """Return the prediction and the marks, with ``SCORED_FIELDS`` as keys."""
        marks = {"given": self.given, "given_right": self.given_right, "right": self.right}
        return {**self.prediction.as_dict(), **marks}


@dataclass(frozen=True, eq=False)
class ScoredBatch:
    """The results of some lines or rows; iteration yields a ``MarkedPrediction`` for each."""

    result: BatchResult
    given: list[str | None] | None
    """The given answers; None if there are none."""
    table: Any = None
    """The rows, as an Arrow record batch; None for lines."""

    def __iter__(self) -> Iterator[MarkedPrediction]:
        return iter(self.marked) if self.given is not None else map(MarkedPrediction, self.result)

    @cached_property
    def marked(self) -> list[MarkedPrediction]:
        """The marked results; empty if no answers are given."""
        return list(map(_mark, self.result, self.given or ()))

    @property
    def fields(self) -> tuple[str, ...]:
        """The keys of the dictionaries that ``rows`` yields: first a table's own columns."""
        if self.table is None:
            return SCORED_FIELDS
        return (*self.table.schema.names, *result_fields(self.given is not None))

    def rows(self) -> Iterator[Row]:
        """Yield one dictionary for each line or row."""
        if self.table is None:
            yield from (marked.as_dict() for marked in self)
            return
        added = self.fields[self.table.num_columns :]
        for row, marked in zip(self.table.to_pylist(), self, strict=True):
            result = marked.as_dict()
            row.update((name, result[name]) for name in added)
            yield row


def _mark(prediction: Prediction, given: str | None) -> MarkedPrediction:
    exact = exact_value(prediction.expression) if given and _may_have_value(prediction) else None
    if given is None or exact is None:
        return MarkedPrediction(prediction, given)
    operator, value = exact
    right = None if prediction.answer is None else prediction.answer == str(value)
    given_right = _equals(given, value)
    return MarkedPrediction(prediction, given, given_right, right, operator or NUMBER)


def _may_have_value(prediction: Prediction) -> bool:
    """Return whether the text is an expression, and short enough to evaluate quickly."""
    return prediction.error is None or prediction.error.code == OutsideDomainError.code


def _equals(given: str, value: int) -> bool:
    """Compare as integers, so that ``+7``, ``007`` and ``7.0`` equal 7."""
    number = _INTEGER.fullmatch(given)
    return number is not None and int(number[1]) == value
