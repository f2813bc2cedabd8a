"""Evaluates expressions: check -> tokenise -> bucket by length -> decode -> answers in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import Alphabet
from exprinfer.checker import check
from exprinfer.errors import EXPRESSION_ERRORS, NotTextError, OutsideDomainError
from exprinfer.model_file import Description, find, shipped
from exprinfer.prediction import Column, Prediction
from exprinfer.session import Device, Session

#: Rows of one ONNX Runtime call: enough for full matrix products, few enough for the cache.
BATCH_SIZE = 512
#: Expressions that ``stream`` takes up at once, so that rows of like length meet.
STREAMED_AT_ONCE = 8_192

_NOT_TEXT = EXPRESSION_ERRORS.index(NotTextError)
_OUTSIDE = EXPRESSION_ERRORS.index(OutsideDomainError)


class Evaluator:
    """A model that is open and answers; made by ``load``. Safe to share between threads.

    An answer does not depend on the batch it came in: rows are independent in the graph, and what
    is padding is not seen.
    """

    def __init__(
        self,
        session: Session,
        model: Description,
        batch_size: int = BATCH_SIZE,
        guess: bool = False,
    ) -> None:
        if not (isinstance(batch_size, int) and batch_size > 0):
            raise ValueError(f"batch size {batch_size!r} is no whole number from 1 on")
        self.model = model
        """What the model file says of itself."""
        self.device = session.device
        """Where the model really runs, ``"cpu"`` or ``"cuda"``."""
        self.device_note = session.note
        """Why CUDA is not used although ONNX Runtime was built for it; empty otherwise."""
        self.batch_size = batch_size
        self.guess = guess
        """Whether expressions outside the model's domain are answered too, never certified."""
        self._session = session
        self._alphabet = Alphabet(model.alphabet)

    def evaluate(self, expression: str) -> Prediction:
        """Answer one expression.

        Raises the ``ExpressionError`` that says why where the model does not answer it.
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
        tokens, lengths = self._alphabet.encode(texts, self.model.longest_input)
        checked = check(tokens, lengths)
        errors, positions = checked.errors, checked.positions
        if not self.guess:
            errors[(errors == 0) & (checked.domains > self.model.domain)] = _OUTSIDE
        errors[not_text], positions[not_text] = _NOT_TEXT, -1

        good = np.flatnonzero(errors == 0)
        answers = np.zeros((len(rows), self.model.longest_output), np.int64)
        log_probs = np.full(len(rows), np.nan, np.float32)
        for batch in self._batches(good, lengths):
            time = int(lengths[batch[-1]])
            answers[batch], log_probs[batch] = self._session.run(tokens[batch, :time])
        positions[good] = -1
        certified = (errors == 0) & (checked.domains <= self.model.certified_domain)
        texts_out = self._alphabet.decode(answers)
        return Column(
            rows,
            texts_out,
            log_probs,
            certified,
            errors,
            positions,
            self.model.name,
            self.model.domain,
        )

    def _batches(
        self, rows: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> Iterator[NDArray[np.int64]]:
        """Cut the rows into batches of like length, each in ascending order of length."""
        by_length = rows[np.argsort(lengths[rows], kind="stable")]
        for start in range(0, len(by_length), self.batch_size):
            yield by_length[start : start + self.batch_size]


def load(
    model: str | Path = "auto",
    device: Device = "auto",
    *,
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
    guess: bool = False,
) -> Evaluator:
    """Open a model: a shipped one by name, an ``.onnx`` file by path, or ``"auto"``.

    ``"auto"`` takes the shipped model that is certified on the widest domain, or else the one that
    is right most often. ``device="auto"`` uses CUDA where ONNX Runtime really created it and the
    CPU elsewhere; ``Evaluator.device`` says which. ``threads`` bounds ONNX Runtime's own threads.
    ``guess=True`` answers expressions outside the model's domain too, as far as it can read them;
    such an answer is never certified, and is to be taken for what it is.
    Raises ModelNotFoundError, ModelFileError, DeviceError, or ValueError for the last two numbers.
    """
    if model == "auto":
        model = max(describe_shipped(), key=_merit).name
    path = find(model)
    session = Session(path, device, threads)
    return Evaluator(session, Description.read(session.metadata, path), batch_size, guess)


def describe_shipped() -> list[Description]:
    """What the shipped model files say of themselves, by name."""
    return [
        Description.read(Session(path, "cpu", threads=1).metadata, path)
        for path in shipped().values()
    ]


def _merit(model: Description) -> tuple[int, float]:
    return model.certified_domain, model.right / max(1, model.checked)


def _refuse_single(expressions: object) -> None:
    if isinstance(expressions, str | bytes | bytearray):
        raise TypeError("one expression where many are taken: use evaluate, or give a list")


def _texts(rows: list[object]) -> tuple[list[str], list[int]]:
    """The rows as text, empty in place of what is none, and the numbers of those."""
    not_text = [number for number, row in enumerate(rows) if not isinstance(row, str)]
    texts = [row if isinstance(row, str) else "" for row in rows] if not_text else rows
    return texts, not_text  # type: ignore[return-value]
