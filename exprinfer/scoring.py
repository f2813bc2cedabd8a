"""Scores files of expressions: lines in, one result a line out, and a summary."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from exprinfer.errors import OutsideDomainError
from exprinfer.evaluator import Evaluator
from exprinfer.lines import read_lines
from exprinfer.prediction import FIELDS, Prediction
from exprinfer.reference import exact_value

OPERATORS = "+-*/"
_BLANKS = " \t\r"
#: No value is longer, and Python refuses to read integers of more than 4,300 digits.
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
SCORED_FIELDS = (*FIELDS, "given", "given_right", "right")


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
    """The expression's operator, where the line is marked."""

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """The prediction's schema and the marks, with ``SCORED_FIELDS`` as its keys."""
        marks = {"given": self.given, "given_right": self.given_right, "right": self.right}
        return {**self.prediction.as_dict(), **marks}


@dataclass
class Summary:
    """Counts over all lines."""

    lines: int = 0
    answered: int = 0
    certified: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """Lines without an answer, by error code."""
    marked: Counter[str] = field(default_factory=Counter)
    """Lines that give an answer and have an exact value, by operator."""
    given_right: Counter[str] = field(default_factory=Counter)
    """Those whose given answer is right."""
    right: Counter[str] = field(default_factory=Counter)
    """Those that the model answers right."""
    seconds: float = 0.0

    def add(self, scored: Scored) -> None:
        """Count one line in."""
        self.lines += 1
        self.answered += scored.prediction.error is None
        self.certified += scored.prediction.certified
        if scored.prediction.error:
            self.errors[scored.prediction.error.code] += 1
        if scored.operator:
            self.marked[scored.operator] += 1
            self.given_right[scored.operator] += bool(scored.given_right)
            self.right[scored.operator] += bool(scored.right)

    def text(self, model: str, device: str) -> str:
        """The summary for people."""
        rate = self.lines / self.seconds if self.seconds else 0
        parts = [
            f"{self.lines:,} lines: {self.answered:,} answered, {self.certified:,} of them "
            f"certified, {self.errors.total():,} with an error; {model} on {device}, "
            f"{self.seconds:.1f} s, {rate:,.0f} lines/s"
        ]
        if self.errors:
            kinds = ", ".join(f"{code} {count:,}" for code, count in self.errors.most_common())
            parts.append(f"errors: {kinds}")
        if self.marked:
            parts.append(f"given answers right: {self._shares(self.given_right)}")
            parts.append(f"{model}'s answers right: {self._shares(self.right)}")
        return "\n".join(parts)

    def _shares(self, right: Counter[str]) -> str:
        by_operator = ", ".join(
            f"{operator} {right[operator]:,} of {self.marked[operator]:,}"
            for operator in OPERATORS
            if self.marked[operator]
        )
        return f"{right.total():,} of {self.marked.total():,} ({by_operator})"


def score(
    evaluator: Evaluator,
    streams: Iterable[BinaryIO],
    write: Callable[[list[Scored]], None],
    progress: Callable[[int, int], None] = lambda lines, size: None,
) -> Summary:
    """Score every line of the streams, in order, and hand the results to ``write`` as they come.

    ``progress`` is told the lines and bytes done since it was last called. Every line gives one
    result, an empty one or one that is no text among them. Raises what reading and writing raise.
    """
    summary = Summary()
    began = time.monotonic()
    for stream in streams:
        for lines, size in read_lines(stream):
            results = list(score_lines(evaluator, lines))
            for result in results:
                summary.add(result)
            write(results)
            progress(len(lines), size)
    summary.seconds = time.monotonic() - began
    return summary


def score_lines(evaluator: Evaluator, lines: list[bytes]) -> Iterator[Scored]:
    """Score lines that are in memory; blanks around an expression do not count."""
    parts = [_split(line) for line in lines]
    column = evaluator.evaluate_column([expression for expression, _ in parts])  # type: ignore[misc]
    for prediction, (_, given) in zip(column, parts, strict=True):
        exact = exact_value(prediction.expression) if given and _has_value(prediction) else None
        if given is None or exact is None:
            yield Scored(prediction, given)
        else:
            operator, value = exact
            answer = prediction.answer
            right = None if answer is None else answer == str(value)
            yield Scored(prediction, given, _equals(given, value), right, operator)


def _split(line: bytes) -> tuple[str | bytes, str | None]:
    """A line's expression, as it is where it is no text, and the answer it gives, if any."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return line, None
    expression, _, given = text.partition("=")
    return expression.strip(_BLANKS), given.removeprefix("?").strip(_BLANKS) or None


def _has_value(prediction: Prediction) -> bool:
    """Whether the expression is one, and short enough for Python to work out in no time."""
    return prediction.error is None or prediction.error.code == OutsideDomainError.code


def _equals(given: str, value: int) -> bool:
    """Compare as numbers, so that ``+7`` and ``007`` are 7."""
    return _INTEGER.fullmatch(given) is not None and int(given) == value
