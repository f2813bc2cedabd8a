"""Scores files of expressions: lines in, one result a line out, and a summary."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from exprinfer.errors import EXPRESSION_ERRORS, OutsideDomainError
from exprinfer.evaluator import Evaluator
from exprinfer.lines import BLOCK, read_lines
from exprinfer.prediction import FIELDS, Column, Prediction
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


@dataclass(frozen=True, eq=False)
class ScoredBatch:
    """The results of some lines; iterating over it makes one ``Scored`` a line."""

    column: Column
    givens: list[str | None] | None
    """The answers that the lines give; None where no line gives any."""

    def __iter__(self) -> Iterator[Scored]:
        if self.givens is None:
            yield from map(Scored, self.column)
            return
        for prediction, given in zip(self.column, self.givens, strict=True):
            yield _mark(prediction, given)


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

    def add(self, batch: ScoredBatch) -> None:
        """Count a batch of lines in."""
        column = batch.column
        self.lines += len(column)
        self.answered += int((column.errors == 0).sum())
        self.certified += int(column.certified.sum())
        for number, count in zip(*np.unique(column.errors, return_counts=True), strict=True):
            if number:
                self.errors[EXPRESSION_ERRORS[number].code] += int(count)
        for scored in batch if batch.givens else ():
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
    write: Callable[[ScoredBatch], None],
    progress: Callable[[int, int], None] = lambda lines, size: None,
) -> Summary:
    """Score every line of the streams, in order, and hand the results to ``write`` as they come.

    Lines are answered while the results before them are written. ``progress`` is told the lines and
    bytes done since it was last called. Every line gives one result, an empty one or one that is
    no text among them. Raises what reading and writing raise.
    """
    summary = Summary()
    began = time.monotonic()

    def finish(batch: ScoredBatch, size: int) -> None:
        summary.add(batch)
        write(batch)
        progress(len(batch.column), size)

    with ThreadPoolExecutor(1) as worker:
        waiting: deque[tuple[Future[ScoredBatch], int]] = deque()
        for stream in streams:
            for lines, size in read_lines(stream):
                waiting.append((worker.submit(score_lines, evaluator, lines), size))
                # What a slow pipe brings is answered at once, what a file holds block by block.
                while len(waiting) > (1 if size >= BLOCK else 0):
                    done, size = waiting.popleft()
                    finish(done.result(), size)
        for done, size in waiting:
            finish(done.result(), size)
    summary.seconds = time.monotonic() - began
    return summary


def score_lines(evaluator: Evaluator, lines: list[bytes]) -> ScoredBatch:
    """Score lines that are in memory; blanks around an expression do not count."""
    plain = _plain_texts(lines)
    if plain is not None:
        return ScoredBatch(evaluator.evaluate_column(plain), None)
    parts = [_split(line) for line in lines]
    column = evaluator.evaluate_column([expression for expression, _ in parts])  # type: ignore[misc]
    return ScoredBatch(column, [given for _, given in parts])


def _plain_texts(lines: list[bytes]) -> list[str] | None:
    """The lines as texts where none has blanks or an answer, or is no text; else None."""
    whole = b"\n".join(lines)
    if not whole.isascii() or any(mark in whole for mark in (b"=", b" ", b"\t", b"\r")):
        return None
    return whole.decode().split("\n") if lines else []


def _split(line: bytes) -> tuple[str | bytes, str | None]:
    """A line's expression, as it is where it is no text, and the answer it gives, if any."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return line, None
    expression, _, given = text.partition("=")
    return expression.strip(_BLANKS), given.removeprefix("?").strip(_BLANKS) or None


def _mark(prediction: Prediction, given: str | None) -> Scored:
    exact = exact_value(prediction.expression) if given and _has_value(prediction) else None
    if given is None or exact is None:
        return Scored(prediction, given)
    operator, value = exact
    right = None if prediction.answer is None else prediction.answer == str(value)
    return Scored(prediction, given, _equals(given, value), right, operator)


def _has_value(prediction: Prediction) -> bool:
    """Whether the expression is one, and short enough for Python to work out in no time."""
    return prediction.error is None or prediction.error.code == OutsideDomainError.code


def _equals(given: str, value: int) -> bool:
    """Compare as numbers, so that ``+7`` and ``007`` are 7."""
    return _INTEGER.fullmatch(given) is not None and int(given) == value
