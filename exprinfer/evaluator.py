"""Evaluates expressions: check -> choose the model -> answer -> results in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import SYMBOLS, Alphabet
from exprinfer.checker import check
from exprinfer.errors import (
    EXPRESSION_ERRORS,
    ModelNotFoundError,
    NotTextError,
    OutsideDomainError,
)
from exprinfer.model import Model
from exprinfer.model_file import Description, default_models, shipped
from exprinfer.prediction import Column, Prediction
from exprinfer.session import Device
from exprinfer.work import Work, show

#: Rows of one ONNX Runtime call: enough for full matrix products, few enough for the cache.
BATCH_SIZE = 512
#: Expressions that ``stream`` takes up at once, so that rows of like work meet.
STREAMED_AT_ONCE = 8_192
#: Texts of like length are handled together, so that a long one does not widen the others' arrays.
WIDTHS = (16, 64, 256, 1_024)
#: Characters of answers of one width that one array may hold; beyond, each has its own width.
FIXED_WIDTH_AT_MOST = 1 << 25

_NOT_TEXT = EXPRESSION_ERRORS.index(NotTextError)
_OUTSIDE = EXPRESSION_ERRORS.index(OutsideDomainError)


class Evaluator:
    """One model or several that are open and answer; made by ``load``. Threads may share it.

    An expression goes to the first model that is certified for it, or else to the last one. An
    answer does not depend on the batch it came in: rows are independent in the graph, and what is
    padding is not seen.
    """

    def __init__(
        self, models: Sequence[Model], batch_size: int = BATCH_SIZE, guess: bool = False
    ) -> None:
        if not (isinstance(batch_size, int) and batch_size > 0):
            raise ValueError(f"batch size {batch_size!r} is no whole number from 1 on")
        self.models: tuple[Description, ...] = tuple(model.description for model in models)
        """What the model files say of themselves, the first to be asked first."""
        self.device = models[-1].session.device
        """Where the models really run, ``"cpu"`` or ``"cuda"``."""
        self.device_note = models[-1].session.note
        """Why CUDA is not used although ONNX Runtime was built for it; empty otherwise."""
        self.batch_size = batch_size
        self.guess = guess
        """Whether expressions outside the models' domain are answered too, never certified."""
        self._models = tuple(models)
        self._alphabet = Alphabet(SYMBOLS)

    def evaluate(self, expression: str) -> Prediction:
        """Answer one expression.

        Raises the ``ExpressionError`` that says why where no model answers it.
        """
        column = self.evaluate_column([expression])
        if column.errors[0]:
            raise column.error(0)
        return next(iter(column))

    def evaluate_many(self, expressions: Iterable[str]) -> list[Prediction]:
        """Answer many expressions, in input order; a bad one becomes a Prediction with an error."""
        return list(self.stream(expressions))

    def stream(self, expressions: Iterable[str]) -> Iterator[Prediction]:
        """Answer expressions as they come, in order, a bounded number of them in memory."""
        _refuse_single(expressions)
        return self._stream(iter(expressions))

    def _stream(self, expressions: Iterator[str]) -> Iterator[Prediction]:
        while chunk := list(islice(expressions, STREAMED_AT_ONCE)):
            yield from self.evaluate_column(chunk)

    def evaluate_column(self, expressions: Sequence[str] | NDArray[np.str_]) -> Column:
        """Answer many expressions as arrays, without a Prediction per row.

        A row that is no text gets that error; one expression alone raises TypeError.
        """
        _refuse_single(expressions)
        rows: list[object] = list(expressions)
        texts, not_text = _texts(rows)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        column = _Results(len(texts), len(self._models) - 1)
        for part, width in _by_width(lengths, self.models[-1].longest_input):
            chosen = texts if len(part) == len(texts) else [texts[row] for row in part]
            self._evaluate_part(column, part, chosen, width)
        column.errors[not_text], column.positions[not_text] = _NOT_TEXT, -1
        return Column(
            rows,
            column.joined_answers(),
            column.log_probs,
            column.certified,
            column.errors,
            column.positions,
            column.answered_by,
            tuple(model.name for model in self.models),
            self.models[-1].domain,
        )

    def work(self, expression: str) -> Work:
        """Show the working of one expression, step by step, by the model that works on tapes.

        Raises the ``ExpressionError`` that says why where it does not answer the expression,
        ModelNotFoundError where there is no such model here.
        """
        self.evaluate(expression)
        for model in self._models:
            if model.description.tapes:
                return show(model, expression)
        raise ModelNotFoundError("no model here works on tapes; load('longhand') gives one")

    def _evaluate_part(
        self, column: _Results, part: NDArray[np.int64], texts: list[str], width: int
    ) -> None:
        """Answer the rows ``part`` of the column, whose texts are ``width`` symbols long at most,
        or too long."""
        tokens, lengths = self._alphabet.encode(texts, width)
        checked = check(tokens, lengths)
        errors, domains = checked.errors, checked.domains
        if not self.guess:
            errors[(errors == 0) & (domains > self.models[-1].domain)] = _OUTSIDE
        waiting = errors == 0
        certified = np.zeros(len(part), bool)
        for index, model in enumerate(self._models):
            described = model.description
            mine = waiting & (lengths <= described.longest_input)
            if index < len(self._models) - 1:
                mine &= domains <= described.certified_domain
            waiting &= ~mine
            rows = np.flatnonzero(mine)
            if len(rows):
                answers, log_probs = model.answer(tokens[rows], lengths[rows], self.batch_size)
                column.add(part[rows], answers, log_probs, index)
                certified[rows] = domains[rows] <= described.certified_domain
        column.certified[part] = certified
        column.errors[part] = errors
        column.positions[part] = np.where(errors == 0, -1, checked.positions)


class _Results:
    """The results of a column while they come in."""

    def __init__(self, rows: int, refused_by: int) -> None:
        self.log_probs = np.full(rows, np.nan, np.float32)
        self.certified = np.zeros(rows, bool)
        self.errors = np.zeros(rows, np.uint8)
        self.positions = np.full(rows, -1, np.int32)
        self.answered_by = np.full(rows, refused_by, np.uint8)
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.str_]]] = []

    def add(
        self,
        rows: NDArray[np.int64],
        answers: NDArray[np.str_],
        log_probs: NDArray[np.float32],
        model: int,
    ) -> None:
        self._parts.append((rows, answers))
        self.log_probs[rows], self.answered_by[rows] = log_probs, model

    def joined_answers(self) -> NDArray[np.str_]:
        """All answers in order, of one width unless that would take much memory."""
        widest = max((texts.dtype.itemsize // 4 for _, texts in self._parts), default=1)
        fixed = widest * len(self.errors) <= FIXED_WIDTH_AT_MOST
        answers = np.zeros(len(self.errors), f"<U{widest}" if fixed else np.dtypes.StringDType())
        for rows, texts in self._parts:
            answers[rows] = texts
        return answers


def load(
    model: str | Path = "auto",
    device: Device = "auto",
    *,
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
    guess: bool = False,
) -> Evaluator:
    """Open a model: a shipped one by name, an ``.onnx`` file by path, or ``"auto"``.

    ``"auto"`` opens the certified models and gives each expression to the fastest that is certified
    for it. ``device="auto"`` uses CUDA where ONNX Runtime really created it and the CPU elsewhere;
    ``Evaluator.device`` says which. ``threads`` bounds ONNX Runtime's own threads. ``guess=True``
    answers expressions outside the model's domain too, as far as it can read them; such an answer
    is never certified, and is to be taken for what it is.
    Raises ModelNotFoundError, ModelFileError, DeviceError, or ValueError for the last two numbers.
    """
    names = default_models() if model == "auto" else [model]
    return Evaluator([Model(name, device, threads) for name in names], batch_size, guess)


def describe_shipped() -> list[Description]:
    """What the shipped model files say of themselves, by name."""
    return [Model(name, "cpu", threads=1).description for name in shipped()]


def _by_width(lengths: NDArray[np.int64], longest: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Rows of like length and the width that they need; too long ones are cut at the longest."""
    widths = [*(width for width in WIDTHS if width < longest), longest]
    group = np.searchsorted(widths[:-1], lengths)
    for index, width in enumerate(widths):
        rows = np.flatnonzero(group == index)
        if len(rows):
            yield rows, min(width, max(1, int(lengths[rows].max())))


def _refuse_single(expressions: object) -> None:
    if isinstance(expressions, str | bytes | bytearray):
        raise TypeError("one expression where many are taken: use evaluate, or give a list")


def _texts(rows: list[object]) -> tuple[list[str], list[int]]:
    """The rows as text, empty in place of what is none, and the numbers of those."""
    not_text = [number for number, row in enumerate(rows) if not isinstance(row, str)]
    texts = [row if isinstance(row, str) else "" for row in rows] if not_text else rows
    return texts, not_text  # type: ignore[return-value]
