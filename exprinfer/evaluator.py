"""Evaluates expressions: check -> choose the model -> answer -> results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    ModelNotFoundError,
    NotTextError,
    OutsideDomainError,
)
from exprinfer.language.grammar import Domain
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.language.validation import check, in_seed_domain
from exprinfer.results import BatchResult, Prediction, whole_number
from exprinfer.runtime.collector import Results
from exprinfer.runtime.model import Answers, Model
from exprinfer.runtime.model_file import ModelInfo, default_models, shipped
from exprinfer.runtime.session import Device
from exprinfer.runtime.threads import Pool
from exprinfer.trace import Trace, show

#: Expressions that ``stream`` takes up at once, so that rows of like work meet.
STREAMED_AT_ONCE = 8_192
#: Texts of like length are handled together, so that a long one does not widen the others' arrays.
WIDTHS = (16, 64, 256, 1_024)
#: Rows that are checked and cut into batches while earlier ones are answered.
AT_ONCE = 16_384
#: Batches that wait to be answered, or for their answers to be taken, at least.
IN_FLIGHT = 64

_NOT_TEXT = EXPRESSION_ERRORS.index(NotTextError)
_OUTSIDE = EXPRESSION_ERRORS.index(OutsideDomainError)


class Evaluator:
    """One model or several that are open and answer; made by ``load``. Threads may share it.

    An expression goes to the first model that is certified for it, or else to the last one. An
    answer does not depend on the batch it came in: rows are independent in the graph, and what is
    padding is not seen. (Of a log-probability the last digits may.)
    """

    def __init__(
        self,
        models: Sequence[Model],
        batch_size: int | None = None,
        allow_out_of_domain: bool = False,
        threads: int | None = None,
    ) -> None:
        if batch_size is not None and not (isinstance(batch_size, int) and batch_size > 0):
            raise ValueError(f"batch size {batch_size!r} is no whole number from 1 on")
        self.models: tuple[ModelInfo, ...] = tuple(model.description for model in models)
        """What the model files say of themselves, the first to be asked first."""
        self.device = models[-1].session.device
        """Where the models really run, ``"cpu"`` or ``"cuda"``."""
        self.device_note = models[-1].session.note
        """Why CUDA is not used although ONNX Runtime was built for it; empty otherwise."""
        self.batch_size = batch_size
        """Rows of one call; None: as many as suit each model on its device."""
        self.allow_out_of_domain = allow_out_of_domain
        """Whether expressions outside the models' domain are answered too, never certified."""
        self._models = tuple(models)
        self._threads = threads
        self._pool = Pool(threads)
        self._alphabet = Alphabet(SYMBOLS)

    def evaluate(self, expression: str) -> Prediction:
        """Answer one expression.

        Raises the ``ExpressionError`` that says why where no model answers it.
        """
        quick = self._evaluate_quickly(expression)
        if quick:
            return quick
        column = self.evaluate_batch([expression])
        if column.errors[0]:
            raise column.error(0)
        return next(iter(column))

    def _evaluate_quickly(self, expression: str) -> Prediction | None:
        """Answer what the seed domain holds, where the first model is certified there: without
        arrays of one row each. None of anything else."""
        described = self.models[0]
        here = self.device in described.certified_on and described.certified_domain >= Domain.SEED
        if type(expression) is not str or not here:
            return None
        tokens = self._alphabet.encode_one(expression[: described.longest_input + 1])
        if len(tokens) > described.longest_input or not in_seed_domain(tokens):
            return None
        ids, log_probs = self._models[0].session.run(np.frombuffer(tokens, np.uint8)[None])
        answer = self._alphabet.decode_one(ids[0].tolist())
        log_prob = float(log_probs[0])
        value = whole_number(answer)
        return Prediction(expression, answer, value, log_prob, True, described.name)

    def evaluate_many(self, expressions: Iterable[str]) -> list[Prediction]:
        """Answer many expressions, in input order; a bad one becomes a Prediction with an error."""
        return list(self.stream(expressions))

    def stream(self, expressions: Iterable[str]) -> Iterator[Prediction]:
        """Answer expressions as they come, in order, a bounded number of them in memory."""
        _refuse_single(expressions)
        return self._stream(iter(expressions))

    def _stream(self, expressions: Iterator[str]) -> Iterator[Prediction]:
        while chunk := list(islice(expressions, STREAMED_AT_ONCE)):
            yield from self.evaluate_batch(chunk)

    def evaluate_batch(self, expressions: Sequence[str] | NDArray[np.str_]) -> BatchResult:
        """Answer many expressions as arrays, without a Prediction per row.

        A row that is no text gets that error; one expression alone raises TypeError.
        """
        _refuse_single(expressions)
        # A tuple of strings is soon left alone by Python's garbage collector, a list never is.
        rows: tuple[object, ...] = tuple(expressions)
        texts, not_text = _texts(rows)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        results = Results(len(texts), len(self._models) - 1)
        jobs: deque[_Job] = deque()
        try:
            for part, width in _parts(lengths, self.models[-1].longest_input):
                whole = len(part) == len(texts)
                chosen = texts if whole else [texts[row] for row in part.tolist()]
                more = self._begin(results, part, chosen, width)
                if len(jobs) + len(more) > 1:
                    for job in (*jobs, *more):
                        job.start(self._pool)
                # What is done leaves again: many objects would have Python's garbage collector
                # walk all texts time and again.
                while len(jobs) > IN_FLIGHT:
                    results.add(*jobs.popleft().done())
                jobs.extend(more)
            while jobs:
                results.add(*jobs.popleft().done())
        finally:
            for job in jobs:
                job.cancel()
        results.errors[not_text], results.positions[not_text] = _NOT_TEXT, -1
        return BatchResult(
            rows,
            results.joined_answers(),
            results.log_probs,
            results.certified,
            results.errors,
            results.positions,
            results.model_index,
            tuple(model.name for model in self.models),
            self.models[-1].domain,
        )

    def _begin(
        self, results: Results, part: NDArray[np.int64], texts: Sequence[str], width: int
    ) -> list[_Job]:
        """Check the column's rows ``part``, and have batches of the good ones answered.

        Their texts are at most ``width`` symbols long, or too long.
        """
        tokens, lengths = self._alphabet.encode(texts, width)
        checked = check(tokens, lengths)
        errors, domains = checked.errors, checked.domains
        if not self.allow_out_of_domain:
            errors[(errors == 0) & (domains > self.models[-1].domain)] = _OUTSIDE
        waiting = errors == 0
        certified = np.zeros(len(part), bool)
        jobs = []
        for index, model in enumerate(self._models):
            described = model.description
            mine = waiting & (lengths <= described.longest_input)
            if index < len(self._models) - 1:
                mine &= domains <= described.certified_domain
            waiting &= ~mine
            rows = np.flatnonzero(mine)
            if model.session.device in described.certified_on:
                certified[rows] = domains[rows] <= described.certified_domain
            size = self.batch_size or model.session.batch_size
            for batch in model.batches(tokens[rows], lengths[rows], size):
                chosen = rows[batch]
                ids = tokens[chosen, : int(lengths[chosen].max())]
                jobs.append(_Job(part[chosen], index, partial(model.answer, ids)))
        results.certified[part] = certified
        results.errors[part] = errors
        results.positions[part] = np.where(errors == 0, -1, checked.positions)
        return jobs

    def trace(self, expression: str) -> Trace:
        """Show the working of one expression, step by step, by the model that works on tapes.

        Raises the ``ExpressionError`` that says why where it does not answer the expression, or
        takes more than ``work.MOST_STEPS`` steps, ModelNotFoundError where no such model is here.
        """
        self.evaluate(expression)
        for model in self._models:
            if model.description.tapes:
                return show(model, expression)
        raise ModelNotFoundError("no model here works on tapes; load('longhand') gives one")

    def close(self) -> None:
        """End the threads; a later call starts them again. Leaving a ``with`` block does it too."""
        self._pool.close()

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., Evaluator], tuple[object, ...]]:
        """Pickle how it was made: the copy opens the same files, on the same kind of device."""
        paths = [model.path for model in self._models]
        asked = self.device, self.batch_size, self.allow_out_of_domain, self._threads
        return _again, (paths, *asked)


class _Job:
    """One batch: done by a thread of the pool where it was started, and else when it is asked."""

    def __init__(self, rows: NDArray[np.int64], model: int, work: Callable[[], Answers]) -> None:
        self.rows, self.model, self._work = rows, model, work
        self._future: Future[Answers] | None = None

    def start(self, pool: Pool) -> None:
        self._future = self._future or pool.submit(self._work)

    def done(self) -> tuple[NDArray[np.int64], Answers, int]:
        answers = self._future.result() if self._future else self._work()
        return self.rows, answers, self.model

    def cancel(self) -> None:
        if self._future:
            self._future.cancel()


def load(
    model: str | Path = "auto",
    device: Device = "auto",
    *,
    batch_size: int | None = None,
    threads: int | None = None,
    allow_out_of_domain: bool = False,
) -> Evaluator:
    """Open a model: a shipped one by name, an ``.onnx`` file by path, or ``"auto"``.

    ``"auto"`` opens the certified models and gives each expression to the fastest that is certified
    for it. ``device="auto"`` uses CUDA where ONNX Runtime really created it and the CPU elsewhere;
    ``Evaluator.device`` says which. ``batch_size`` is how many rows a call of ONNX Runtime has at
    most; None: as many as suit model and device. ``threads`` is how many batches are worked on at
    once, each by one thread; None: as many as there are cores. ``allow_out_of_domain=True``
    answers expressions outside the model's domain too, as far as it can read them; such an answer
    is never certified, and is to be taken for what it is.
    Raises ModelNotFoundError, ModelFileError, DeviceError, or ValueError for the last two numbers.
    """
    names = default_models() if model == "auto" else [model]
    return Evaluator(
        [Model(name, device) for name in names], batch_size, allow_out_of_domain, threads
    )


def _again(
    paths: list[Path],
    device: Device,
    batch_size: int | None,
    allow_out_of_domain: bool,
    threads: int | None,
) -> Evaluator:
    return Evaluator(
        [Model(path, device) for path in paths], batch_size, allow_out_of_domain, threads
    )


def list_models() -> list[ModelInfo]:
    """What the shipped model files say of themselves, by name."""
    return [Model(name, "cpu").description for name in shipped()]


def _parts(lengths: NDArray[np.int64], longest: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Rows of like length, so many at a time, and the width that they need; what is too long is cut
    at the longest."""
    widths = [*(width for width in WIDTHS if width < longest), longest]
    group = np.searchsorted(widths[:-1], lengths)
    for index, width in enumerate(widths):
        rows = np.flatnonzero(group == index)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            yield part, min(width, max(1, int(lengths[part].max())))


def _refuse_single(expressions: object) -> None:
    if isinstance(expressions, str | bytes | bytearray):
        raise TypeError("one expression where many are taken: use evaluate, or give a list")


def _texts(rows: tuple[object, ...]) -> tuple[Sequence[str], list[int]]:
    """The rows as text, empty in place of what is none, and the numbers of those."""
    if set(map(type, rows)) <= {str}:
        return rows, []  # type: ignore[return-value]
    not_text = [number for number, row in enumerate(rows) if not isinstance(row, str)]
    # A subclass may give itself another length or content: what it holds counts.
    return [str.__str__(row) if isinstance(row, str) else "" for row in rows], not_text
