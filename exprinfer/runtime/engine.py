"""Answer expressions: validate, choose the model, cut into batches, collect the answers.

Costly expressions have batches and threads of their own, so quick ones never wait for them. They
are never computed on the main thread, which can be interrupted only while it waits.

Texts that are not valid are read a second time without the blanks around them, and in plain symbols
if ``normalize`` is set. So valid texts cost nothing more.
"""

from __future__ import annotations

import atexit
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import current_thread, main_thread
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    ClosedError,
    MalformedError,
    OutsideDomainError,
    TooCostlyError,
    UnknownSymbolError,
)
from exprinfer.language import tokenizer
from exprinfer.language.normalization import Normalized, normalize, strip
from exprinfer.language.texts import Texts, select, text_lengths
from exprinfer.language.validation import in_seed_domain, validate
from exprinfer.runtime.batching import by_length, chunks
from exprinfer.runtime.collector import Collector
from exprinfer.runtime.limits import Limits
from exprinfer.runtime.model import Model
from exprinfer.runtime.routing import Router, common_operands
from exprinfer.runtime.stop import Stop
from exprinfer.runtime.tasks import BatchJob, Call, Task
from exprinfer.runtime.threads import ThreadPool

#: Batches in flight before results are taken. A bound keeps few objects alive, which Python's
#: garbage collector would visit again and again.
IN_FLIGHT = 64

#: Seconds that the end of the process waits for calls that it has ended.
EXIT_PATIENCE = 2.0

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
        self._pool, self._costly_pool = ThreadPool(threads), ThreadPool(threads)
        self._stops: set[Stop] = set()
        """Those of the calls that are running."""
        _engines.add(self)

    def quick_length(self, limits: Limits) -> int:
        """Return the length up to which ``answer_quickly`` may answer under these limits."""
        if limits.max_steps is not None and self.models[0].info.tapes:
            return 0  # its steps must be counted
        longest = self._router.quick_length
        return longest if limits.max_symbols is None else min(longest, limits.max_symbols)

    def answer_quickly(self, text: str, longest: int) -> tuple[str, float] | None:
        """Answer a text of the seed domain if the first model is certified for it.

        One such text needs no arrays.

        Args:
            text: The text.
            longest: What ``quick_length`` returned.

        Returns:
            The answer and its log-probability, or None for any other text, and if the machine did
            not halt.
        """
        tokens = tokenizer.encode_one(text[: longest + 1])
        if len(tokens) > longest or not in_seed_domain(tokens, self.operands):
            return None
        found = self.models[0].answer_one(tokens)
        return found if found[0] else None

    def answer(
        self,
        texts: Sequence[str],
        limits: Limits | None = None,
        stop: Stop | None = None,
        only_quick: bool = False,
    ) -> Collector:
        """Answer texts; the results are in their order.

        Args:
            texts: The texts; ``Texts`` are the fastest.
            limits: What each of them may cost.
            stop: Ends this call from another thread. It serves one call at a time.
            only_quick: Leave costly texts for later: their rows are in ``Collector.deferred``.

        Raises:
            ClosedError: If the call was ended.
        """
        call = Call(limits or Limits(), stop or Stop(), only_quick)
        try:
            self._stops.add(call.stop)
            collector = self._answer_as_written(texts, call)
            failed = np.flatnonzero(np.isin(collector.errors, _NOTATION))
            rewritten = {row: self._rewrite(texts[row]) for row in failed.tolist()}
            changed = {row: text for row, text in rewritten.items() if text}
            if changed:
                again = self._answer_as_written([text.text for text in changed.values()], call)
                collector.replace(np.array(list(changed)), again, list(changed.values()))
            return collector
        except BaseException:  # also when Ctrl-C interrupts this thread while it waits
            call.stop.set()
            raise
        finally:
            self._stops.discard(call.stop)

    def _rewrite(self, text: str) -> Normalized | None:
        return normalize(text) if self._normalize else strip(text)

    def _answer_as_written(self, texts: Sequence[str], call: Call) -> Collector:
        collector = Collector(len(texts), refusing_model=len(self.models) - 1)
        quick: deque[BatchJob] = deque()
        costly: deque[BatchJob] = deque()
        try:
            for rows, group, width in self._groups(texts):
                tasks = self._prepare(collector, rows, group, width, call)
                more = [BatchJob(task) for task in tasks if not task.costly]
                later = [BatchJob(task) for task in tasks if task.costly]
                self._start([*quick, *more], [*costly, *later])
                while len(quick) > IN_FLIGHT:
                    costly += self._collect(collector, quick.popleft())
                while len(costly) > IN_FLIGHT:
                    costly += self._collect(collector, costly.popleft())
                quick += more
                costly += later
            while quick or costly:
                costly += self._collect(collector, (quick or costly).popleft())
        finally:
            for job in (*quick, *costly):
                job.cancel()
        return collector

    def _groups(
        self, texts: Sequence[str]
    ) -> Iterator[tuple[NDArray[np.int64], Sequence[str], int]]:
        """Yield groups of texts of similar length: their rows, the texts, and the width."""
        longest = self.models[-1].info.longest_input
        for start, end in chunks(len(texts)):
            chunk = texts[start:end]
            packed = Texts.pack(chunk)
            chunk = chunk if packed is None else packed
            for rows, width in by_length(text_lengths(chunk), longest):
                yield start + rows, select(chunk, rows), width

    def _start(self, quick: Sequence[BatchJob], costly: Sequence[BatchJob]) -> None:
        """Start the jobs on threads; a single one may stay on the thread of the caller."""
        if len(quick) + len(costly) == 1 and current_thread() is not main_thread():
            return
        if len(quick) > 1 or costly or any(job.task.is_long for job in quick):
            for job in quick:
                job.start(self._pool)
        for job in costly:
            job.start(self._costly_pool)

    def _collect(self, collector: Collector, job: BatchJob) -> list[BatchJob]:
        """Take the result of a job; return the jobs of the rows that left it without an answer."""
        task, answers = job.task, job.result()
        collector.add(task.rows, answers, task.index)
        if task.call.only_quick:
            collector.deferred += task.rows[answers.unfinished].tolist()
            return []
        if not len(answers.unfinished):
            return []
        parts = len(answers.unfinished) if answers.timed_out else 1
        jobs = [BatchJob(task.again(rows)) for rows in np.array_split(answers.unfinished, parts)]
        self._start([], jobs)
        return jobs

    def stop(self) -> None:
        """End the calls that are running; they raise a ClosedError."""
        for stop in tuple(self._stops):
            stop.set()

    def close(self) -> None:
        """End the threads; a later call starts them again."""
        self._pool.close()
        self._costly_pool.close()

    def _prepare(
        self,
        collector: Collector,
        rows: NDArray[np.int64],
        texts: Sequence[str],
        width: int,
        call: Call,
    ) -> list[Task]:
        """Validate and route texts, and cut the valid ones into batches.

        The texts are at most ``width`` symbols long, or too long for every model.
        """
        if call.stop.is_set:
            raise ClosedError("the evaluation was cancelled")
        tokens, lengths = tokenizer.encode(texts, width)
        validated = validate(tokens, lengths, self.operands)
        errors, domains = validated.errors, validated.domains
        if not self._allow_out_of_domain:
            errors[(errors == 0) & (domains > self.models[-1].info.domain)] = _OUTSIDE
        if call.limits.max_symbols is not None:
            errors[(errors == 0) & (lengths > call.limits.max_symbols)] = _TOO_COSTLY
        valid = errors == 0
        model_index, certified = self._router.route(domains, lengths)
        tasks = []
        for index, model in enumerate(self.models):
            mine = np.flatnonzero(valid & (model_index == index))
            over = model.surely_over(tokens[mine], lengths[mine], call.limits.max_steps)
            if over.any():
                errors[mine[over]], valid[mine[over]] = _TOO_COSTLY, False
                mine = mine[~over]
            if not len(mine):
                continue
            size = self._batch_size or model.session.batch_size
            everything = len(mine) == len(tokens)  # then nothing needs to be copied
            tokens_of_mine = (tokens, lengths) if everything else (tokens[mine], lengths[mine])
            for batch in model.batches(*tokens_of_mine, size):
                chosen = mine[batch.rows]
                if batch.costly and call.only_quick:
                    collector.deferred += rows[chosen].tolist()
                    continue
                ids = tokens.take(chosen, axis=0)[:, : int(lengths[chosen].max())]
                tasks.append(
                    Task(model, index, rows[chosen], ids, batch.costly, batch.patience, call)
                )
        collector.certified[rows] = certified & valid
        collector.errors[rows] = errors
        collector.positions[rows] = np.where(
            valid | (errors == _TOO_COSTLY), -1, validated.positions
        )
        return tasks


_engines: WeakSet[Engine] = WeakSet()


@atexit.register
def _stop_all() -> None:
    """End the calls that still run, and wait for them: Python aborts if they end after it does."""
    end = time.monotonic() + EXIT_PATIENCE
    while (running := [e for e in list(_engines) if e._stops]) and time.monotonic() < end:
        with suppress(KeyboardInterrupt):
            for engine in running:
                engine.stop()
            time.sleep(0.002)


def _forget_calls() -> None:
    """Forget the calls of other threads, which stayed in the parent of this process."""
    for engine in list(_engines):
        engine._stops.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_calls)
