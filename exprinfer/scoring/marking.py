"""Results of lines or table rows, marked against the exact values if answers are given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from exprinfer.errors import OutsideDomainError
from exprinfer.language.normalization import normalize
from exprinfer.results import FIELDS, BatchResult, Prediction
from exprinfer.scoring.reference import exact_value

#: A decimal number, perhaps with a fraction.
_NUMBER = re.compile(r"([-+]?)(?=\.?[0-9])0*([0-9]*)(?:\.([0-9]*))?")
#: Stands for the operator of an expression that has none.
NUMBER = "number"
MARKS = ("given_right", "right", "given_unreadable")
SCORED_FIELDS = (*FIELDS, "given", *MARKS)
#: The column with the name of the input, which comes first.
SOURCE = "source"

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
    """Whether the given answer is the exact value; None if one of the two is missing, or the given
    answer is unreadable."""
    right: bool | None = None
    """The same for the model's answer; None also if the model has none."""
    given_unreadable: bool | None = None
    """Whether the given answer is no number; None if there is none."""
    operator: str | None = None
    """The operator applied last, or ``NUMBER``; None if there is no exact value to compare with."""

    def as_dict(self) -> Row:
        """Return the prediction and the marks, with ``SCORED_FIELDS`` as keys."""
        marks = {name: getattr(self, name) for name in MARKS}
        return {**self.prediction.as_dict(), "given": self.given, **marks}


@dataclass(frozen=True, eq=False)
class ScoredBatch:
    """The results of some lines or rows; iteration yields a ``MarkedPrediction`` for each."""

    result: BatchResult
    given: list[str | None] | None
    """The given answers; None if there are none."""
    table: Any = None
    """The rows, as an Arrow record batch; None for lines."""
    extra: Mapping[int, Row] = field(default_factory=dict)
    """By row, values that are not in the record batch."""
    source: str | None = None
    """The name of the input, if results show it."""
    normalize: bool = False
    """Whether given answers in other notations are read too."""

    def __iter__(self) -> Iterator[MarkedPrediction]:
        return iter(self.marked) if self.given is not None else map(MarkedPrediction, self.result)

    @cached_property
    def marked(self) -> list[MarkedPrediction]:
        """The marked results; empty if no answers are given."""
        if self.given is None:  # map would begin with the first result, which converts all arrays
            return []
        mark = partial(_mark, normalized=self.normalize)
        return list(map(mark, self.result, self.given))

    @property
    def fields(self) -> tuple[str, ...]:
        """The keys of the dictionaries that ``rows`` yields: first a table's own columns."""
        source = (SOURCE,) if self.source is not None else ()
        if self.table is None:
            return (*source, *SCORED_FIELDS)
        return (*source, *self.table.schema.names, *result_fields(self.given is not None))

    def rows(self) -> Iterator[Row]:
        """Yield one dictionary for each line or row, and after its keys any extra ones."""
        first = {SOURCE: self.source} if self.source is not None else {}
        if self.table is None:
            yield from ({**first, **marked.as_dict()} for marked in self)
            return
        added = result_fields(self.given is not None)
        for index, (row, marked) in enumerate(zip(_to_rows(self.table), self, strict=True)):
            result = marked.as_dict()
            extra = self.extra.get(index, {})
            yield {**first, **row, **extra, **{name: result[name] for name in added}}


def _to_rows(table: Any) -> list[Row]:
    """Return the rows of a record batch; values that Python does not have become text."""
    try:
        return table.to_pylist()  # type: ignore[no-any-return]
    except (ValueError, OverflowError):  # such as dates after the year 9999, or nanoseconds
        columns = [map(_to_value, column) for column in table.columns]
        return [
            dict(zip(table.schema.names, row, strict=True)) for row in zip(*columns, strict=True)
        ]


def _to_value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        pass
    try:
        return scalar.cast("string").as_py()
    except (ValueError, NotImplementedError):  # Arrow's errors are of these classes
        return str(getattr(scalar, "value", scalar.type))


def _mark(prediction: Prediction, given: str | None, normalized: bool) -> MarkedPrediction:
    if given is None:
        return MarkedPrediction(prediction)
    number = _read_number(given, normalized)
    exact = exact_value(_text_read(prediction)) if _may_have_value(prediction) else None
    if exact is None:
        return MarkedPrediction(prediction, given, given_unreadable=number is None)
    operator, value = exact[0] or NUMBER, str(exact[1])
    right = None if prediction.answer is None else prediction.answer == value
    given_right = None if number is None else number == value
    return MarkedPrediction(prediction, given, given_right, right, number is None, operator)


def _text_read(prediction: Prediction) -> str:
    return prediction.expression if prediction.read_as is None else prediction.read_as


def _may_have_value(prediction: Prediction) -> bool:
    """Return whether the text is an expression, and short enough to evaluate quickly."""
    return prediction.error is None or prediction.error.code == OutsideDomainError.code


def _read_number(given: str, normalized: bool) -> str | None:
    """Return a number without needless symbols: ``7`` for ``+7``, ``007`` and ``7.0``.

    Returns:
        The number, or None if it cannot be read.
    """
    number = _NUMBER.fullmatch(given)
    if number is None and normalized:
        rewritten = normalize(given)
        number = _NUMBER.fullmatch(rewritten.text) if rewritten else None
    if number is None:
        return None
    sign, digits, fraction = number[1], number[2] or "0", (number[3] or "").rstrip("0")
    sign = "-" if sign == "-" and (digits != "0" or fraction) else ""
    return f"{sign}{digits}.{fraction}" if fraction else f"{sign}{digits}"


@dataclass(frozen=True)
class UnreadableInput:
    """An input that cannot be read, or not to its end."""

    name: str
    reason: str
