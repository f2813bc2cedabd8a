"""Answer expressions: validate, choose the model, cut into batches, collect the answers.

Texts that are not valid are read a second time without the blanks around them, and in plain symbols
if ``normalize`` is set. So valid texts cost nothing more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    MalformedError,
    OutsideDomainError,
    UnknownSymbolError,
)
from exprinfer.language import tokenizer
from exprinfer.language.normalization import Normalized, normalize, strip
from exprinfer.language.validation import in_seed_domain, validate
from exprinfer.runtime.batching import by_length
from exprinfer.runtime.collector import Collector
from exprinfer.runtime.model import Answers, Model
from exprinfer.runtime.routing import Router, common_operands
from exprinfer.runtime.threads import Job, ThreadPool

#: Batches in flight before results are taken. A bound keeps few objects alive, which Python's
#: garbage collector would visit again and again.
IN_FLIGHT = 64

#: Rows, their answers, and the index of the model that gave them.
_Answered = tuple[NDArray[np.int64], Answers, int]

_OUTSIDE = EXPRESSION_ERRORS.index(OutsideDomainError)
#: Errors that another notation can cause.
_NOTATION = [EXPRESSION_ERRORS.index(kind) for kind in (UnknownSymbolError, MalformedError)]


class Engine:
    """Open models and the threads that run them. Threads may share it.

    Attributes:
        models: The open models, in the order in which they are asked.
        operands: The operand ranges of their seed domain.
    """

    def __init__(
        self,
        models: Sequence[Model],
        batch_size: int | None,
        threads: int | None,
        allow_out_of_domain: bool,
        normalize: bool,
    ) -> None:
        """Set the options; see ``exprinfer.load``.

        Raises:
            ValueError: If ``batch_size`` or ``threads`` is not a positive integer, or two models
                have different operand ranges.
        """
        if batch_size is not None and not (isinstance(batch_size, int) and batch_size > 0):
            raise ValueError(f"batch_size must be a positive integer, got {batch_size!r}")
        self.models = tuple(models)
        self.operands = common_operands(models)
        self._batch_size = batch_size
        self._allow_out_of_domain = allow_out_of_domain
        self._normalize = normalize
        self._router = Router(models)
        self._pool = ThreadPool(threads)

    def answer_quickly(self, text: str) -> tuple[str, float] | None:
        """Answer a text of the seed domain if the first model is certified for it.

        One such text needs no arrays.

        Returns:
            The answer and its log-probability, or None for any other text.
        """
        longest = self._router.quick_length
        tokens = tokenizer.encode_one(text[: longest + 1])
        if len(tokens) > longest or not in_seed_domain(tokens, self.operands):
            return None
        return self.models[0].answer_one(tokens)

    def answer(self, texts: Sequence[str]) -> Collector:
        """Answer texts; the results are in their order."""
        collector = self._answer_as_written(texts)
        failed = np.flatnonzero(np.isin(collector.errors, _NOTATION))
        rewritten = {row: self._rewrite(texts[row]) for row in failed.tolist()}
        changed = {row: text for row, text in rewritten.items() if text}
        if changed:
            again = self._answer_as_written([text.text for text in changed.values()])
            collector.replace(np.array(list(changed)), again, list(changed.values()))
        return collector

    def _rewrite(self, text: str) -> Normalized | None:
        return normalize(text) if self._normalize else strip(text)

    def _answer_as_written(self, texts: Sequence[str]) -> Collector:
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        collector = Collector(len(texts), refusing_model=len(self.models) - 1)
        jobs: deque[Job[_Answered]] = deque()
        try:
            for rows, width in by_length(lengths, self.models[-1].info.longest_input):
                everything = len(rows) == len(texts)
                chosen = texts if everything else [texts[row] for row in rows.tolist()]
                more = self._prepare(collector, rows, chosen, width)
                if len(jobs) + len(more) > 1:
                    for job in (*jobs, *more):
                        job.start(self._pool)
                while len(jobs) > IN_FLIGHT:
                    collector.add(*jobs.popleft().result())
                jobs.extend(more)
            while jobs:
                collector.add(*jobs.popleft().result())
        finally:
            for job in jobs:
                job.cancel()
        return collector

    def close(self) -> None:
        """End the threads; a later call starts them again."""
        self._pool.close()

    def _prepare(
        self, collector: Collector, rows: NDArray[np.int64], texts: Sequence[str], width: int
    ) -> list[Job[_Answered]]:
        """Validate and route texts, and cut the valid ones into batches.

        The texts are at most ``width`` symbols long, or too long for every model.
        """
        tokens, lengths = tokenizer.encode(texts, width)
        validated = validate(tokens, lengths, self.operands)
        errors, domains = validated.errors, validated.domains
        if not self._allow_out_of_domain:
            errors[(errors == 0) & (domains > self.models[-1].info.domain)] = _OUTSIDE
        valid = errors == 0
        model_index, certified = self._router.route(domains, lengths)
        jobs = []
        for index, model in enumerate(self.models):
            mine = np.flatnonzero(valid & (model_index == index))
            size = self._batch_size or model.session.batch_size
            for batch in model.batches(tokens[mine], lengths[mine], size):
                chosen = mine[batch]
                ids = tokens[chosen, : int(lengths[chosen].max())]
                jobs.append(Job(partial(_answer, model, index, rows[chosen], ids)))
        collector.certified[rows] = certified & valid
        collector.errors[rows] = errors
        collector.positions[rows] = np.where(valid, -1, validated.positions)
        return jobs


def _answer(
    model: Model, index: int, rows: NDArray[np.int64], tokens: NDArray[np.uint8]
) -> _Answered:
    return rows, model.answer(tokens), index
