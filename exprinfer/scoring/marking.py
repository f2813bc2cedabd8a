"""The results of lines or of a table's rows, marked where they give an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exprinfer.errors import OutsideDomainError
from exprinfer.results import FIELDS, BatchResult, Prediction
from exprinfer.scoring.reference import exact_value

#: No value is longer, and Python refuses to read integers of more than 4,300 digits.
_INTEGER = re.compile(r"([-+]?[0-9]{1,4000})(\.0*)?")
#: In place of the operator, where an expression has none.
NUMBER = "number"
MARKS = ("given_right", "right")
SCORED_FIELDS = (*FIELDS, "given", *MARKS)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scored:
    """The result of one line; lines of the form ``expression = answer`` are marked too."""

    prediction: Prediction
    given: str | None = None
    """The answer that the line gives."""
    given_right: bool | None = None
    """Whether that is the exact value; None where nothing is given or there is no value."""
    right: bool | None = None
    """Whether the model's answer is the exact value; None where nothing is given or answered."""
    operator: str | None = None
    """The operator worked out last, or ``NUMBER``, where the line is marked."""

    def as_dict(self) -> Row:
        """The prediction's schema and the marks, with ``SCORED_FIELDS`` as its keys."""
        marks = {"given": self.given, "given_right": self.given_right, "right": self.right}
        return {**self.prediction.as_dict(), **marks}


@dataclass(frozen=True, eq=False)
class ScoredBatch:
    """The results of some lines or rows; iterating over it makes one ``Scored`` for each."""

    column: BatchResult
    givens: list[str | None] | None
    """The answers that the lines give; None where no line gives any."""
    table: Any = None
    """The rows whose results these are, an Arrow record batch; None where lines were read."""

    def __iter__(self) -> Iterator[Scored]:
        return iter(self.marked) if self.givens is not None else map(Scored, self.column)

    @cached_property
    def marked(self) -> list[Scored]:
        """The results marked; none where no line gives an answer."""
        return list(map(_mark, self.column, self.givens or ()))

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what ``rows`` gives: of a table its columns, then the results'."""
        if self.table is None:
            return SCORED_FIELDS
        marks = MARKS if self.givens is not None else ()
        return (*self.table.schema.names, *FIELDS[1:], *marks)

    def rows(self) -> Iterator[Row]:
        """One dictionary a line or row."""
        if self.table is None:
            yield from (scored.as_dict() for scored in self)
            return
        results = self.fields[self.table.num_columns :]
        for row, scored in zip(self.table.to_pylist(), self, strict=True):
            result = scored.as_dict()
            row.update((name, result[name]) for name in results)
            yield row


def _mark(prediction: Prediction, given: str | None) -> Scored:
    exact = exact_value(prediction.expression) if given and _has_value(prediction) else None
    if given is None or exact is None:
        return Scored(prediction, given)
    operator, value = exact
    right = None if prediction.answer is None else prediction.answer == str(value)
    return Scored(prediction, given, _equals(given, value), right, operator or NUMBER)


def _has_value(prediction: Prediction) -> bool:
    """Whether the expression is one, and short enough for Python to work out in no time."""
    return prediction.error is None or prediction.error.code == OutsideDomainError.code


def _equals(given: str, value: int) -> bool:
    """Compare as integers, so that ``+7``, ``007`` and ``7.0`` are 7."""
    number = _INTEGER.fullmatch(given)
    return number is not None and int(number[1]) == value
