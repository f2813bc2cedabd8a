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
    TooCostlyError,
    UnknownSymbolError,
)
from exprinfer.language import tokenizer
from exprinfer.language.normalization import Normalized, normalize, strip
from exprinfer.language.validation import in_seed_domain, validate
from exprinfer.runtime.batching import by_length
from exprinfer.runtime.collector import Collector
from exprinfer.runtime.model import Answers, Model
from exprinfer.runtime.routing import Router, common_operands
from exprinfer.runtime.tapes import UNLIMITED
from exprinfer.runtime.threads import Job, ThreadPool

#: Batches in flight before results are taken. A bound keeps few objects alive, which Python's
#: garbage collector would visit again and again.
IN_FLIGHT = 64

#: Rows, their answers, and the index of the model that gave them.
_Answered = tuple[NDArray[np.int64], Answers, int]

_OUTSIDE = EXPRESSION_ERRORS.index(OutsideDomainError)
_TOO_COSTLY = EXPRESSION_ERRORS.index(TooCostlyError)
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
        max_symbols: int | None = None,
        max_steps: int | None = None,
    ) -> None:
        """Set the options; see ``exprinfer.load``.

        Raises:
            ValueError: If ``batch_size``, ``threads``, ``max_symbols`` or ``max_steps`` is not a
                positive integer, or two models have different operand ranges.
        """
        counts = {"batch_size": batch_size, "max_symbols": max_symbols, "max_steps": max_steps}
        for name, count in counts.items():
            if count is not None and not (isinstance(count, int) and count > 0):
                raise ValueError(f"{name} must be a positive integer, got {count!r}")
        self.models = tuple(models)
        self.operands = common_operands(models)
        self._batch_size = batch_size
        self._allow_out_of_domain = allow_out_of_domain
        self._normalize = normalize
        self._router = Router(models)
        self._pool = ThreadPool(threads)
        self._max_symbols = max_symbols
        # More steps than any model takes would not fit into the graph's integers.
        self._max_steps = None if max_steps is None else min(max_steps, UNLIMITED)
        self._quick_length = min(self._router.quick_length, max_symbols or UNLIMITED)
        if max_steps is not None and self.models[0].info.tapes:
            self._quick_length = 0  # its steps must be counted

    def answer_quickly(self, text: str) -> tuple[str, float] | None:
        """Answer a text of the seed domain if the first model is certified for it.

        One such text needs no arrays.

        Returns:
            The answer and its log-probability, or None for any other text.
        """
        longest = self._quick_length
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
        if self._max_symbols is not None:
            errors[(errors == 0) & (lengths > self._max_symbols)] = _TOO_COSTLY
        valid = errors == 0
        model_index, certified = self._router.route(domains, lengths)
        jobs = []
        for index, model in enumerate(self.models):
            mine = np.flatnonzero(valid & (model_index == index))
            size = self._batch_size or model.session.batch_size
            for batch in model.batches(tokens[mine], lengths[mine], size):
                chosen = mine[batch]
                ids = tokens[chosen, : int(lengths[chosen].max())]
                jobs.append(Job(partial(_answer, model, index, rows[chosen], ids, self._max_steps)))
        collector.certified[rows] = certified & valid
        collector.errors[rows] = errors
        collector.positions[rows] = np.where(
            valid | (errors == _TOO_COSTLY), -1, validated.positions
        )
        return jobs


def _answer(
    model: Model,
    index: int,
    rows: NDArray[np.int64],
    tokens: NDArray[np.uint8],
    max_steps: int | None,
) -> _Answered:
    return rows, model.answer(tokens, max_steps), index
