"""Answer many small concurrent requests of an asyncio event loop in batches."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

from exprinfer.errors import ClosedError, ExpressionError, OverloadedError
from exprinfer.evaluator import Evaluator
from exprinfer.results import Prediction
from exprinfer.runtime.limits import Limits
from exprinfer.runtime.stop import Stop
from exprinfer.runtime.threads import lower_priority

__all__ = ["ClosedError", "MicroBatcher", "OverloadedError"]

#: None for a costly expression that was left for later.
Outcome = Prediction | ExpressionError | None

_CLOSED = "the MicroBatcher was closed before this request was answered"


@dataclass(slots=True, eq=False)
class _Request:
    expression: str
    due: float
    """The time at which it should be in a batch if a thread is free, in seconds of the loop."""
    future: asyncio.Future[Prediction]
    batch: _Batch | None = None
    """The batch that is answering it."""


class _Batch:
    """Requests that a thread is answering."""

    def __init__(self, requests: list[_Request], costly: bool) -> None:
        self.requests, self.costly = requests, costly
        self.stop, self._waiting = Stop(), len(requests)

    def leave(self) -> None:
        """Wait no longer for one of the answers; nobody computes for nobody."""
        self._waiting -= 1
        if not self._waiting:
            self.stop.set()


class MicroBatcher:
    """Collects the requests of concurrent tasks and answers them in batches, outside the loop.

    A batch starts when a thread is free and either ``max_batch`` requests are pending or the first
    of them is ``max_wait`` seconds old. All requests of a batch are answered together. Costly
    expressions leave it: each is evaluated alone, on threads of low priority that serve only these,
    and is stopped when its caller is cancelled. So a costly request holds up only costly ones.

    A request over its budget gets a TooCostlyError. The stricter of two budgets holds: the
    evaluator's own, and that of the MicroBatcher, which has one by default. If the expressions come
    from clients that you do not trust, set smaller ones:
    ``MicroBatcher(evaluator, max_symbols=64, max_steps=4_000, timeout=1)``.

    A MicroBatcher serves the event loop that uses it first. Closing it leaves the evaluator open.
    Use it as an asynchronous context manager: at the end of the block it is closed. If the block
    ends with an exception, pending requests are cancelled.

    Args:
        evaluator: Evaluates the expressions.
        max_batch: Maximum number of requests in a batch.
        max_wait: Maximum time in seconds that a request waits for others while a thread is free.
        max_queue: Maximum number of requests that are accepted at a time.
        threads: Maximum number of batches that are evaluated at a time.
        costly_threads: Maximum number of costly expressions that are evaluated at a time.
        when_full: What happens to further requests: ``"wait"`` until there is room, or ``"refuse"``
            them with an OverloadedError. Then costly requests are refused already if they take a
            quarter of the queue.
        max_symbols: Largest number of symbols of an expression; None means no limit.
        max_steps: Largest number of steps of an expression; see ``exprinfer.load``. The default
            takes seconds, and is enough for products of numbers of 100 digits.
        timeout: Longest time of the computation of an expression in seconds, without the time in
            the queue.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import asyncio, exprinfer
        >>> from exprinfer.aio import MicroBatcher
        >>> async def main():
        ...     async with MicroBatcher(exprinfer.load()) as batcher:
        ...         return await asyncio.gather(*map(batcher.evaluate, ["5+3", "7*-9"]))
        >>> [prediction.value for prediction in asyncio.run(main())]
        [8, -63]
    """

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        max_batch: int = 1_024,
        max_wait: float = 0.002,
        max_queue: int = 16_384,
        threads: int = 2,
        costly_threads: int = 1,
        when_full: Literal["wait", "refuse"] = "wait",
        max_symbols: int | None = None,
        max_steps: int | None = 100_000,
        timeout: float | None = 10.0,
    ) -> None:
        counts = {"max_batch": max_batch, "max_queue": max_queue, "threads": threads}
        counts["costly_threads"] = costly_threads
        for name, count in counts.items():
            if not (isinstance(count, int) and count > 0):
                raise ValueError(f"{name} must be a positive integer, got {count!r}")
        if not max_wait >= 0:
            raise ValueError(f"max_wait must be a number of seconds, 0 or more, got {max_wait!r}")
        if when_full not in ("wait", "refuse"):
            raise ValueError(f"when_full must be 'wait' or 'refuse', got {when_full!r}")
        self.evaluator = evaluator
        self.max_batch, self.max_wait, self.when_full = max_batch, max_wait, when_full
        self._limits = Limits(max_symbols, max_steps, timeout).stricter(evaluator.limits)
        self._executors = (
            ThreadPoolExecutor(threads, "exprinfer-aio"),
            ThreadPoolExecutor(costly_threads, "exprinfer-aio-costly", lower_priority),
        )
        self._threads, self._costly_threads = threads, costly_threads
        self._room, self._max_costly = asyncio.Semaphore(max_queue), max(1, max_queue // 4)
        self._pending: OrderedDict[_Request, None] = OrderedDict()
        self._costly: OrderedDict[_Request, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._callers = 0
        self._running: set[_Batch] = set()
        self._closed = self._cancelled = False
        self._idle = asyncio.Event()
        """Set once the batcher is closed, no caller waits and no batch is running."""

    async def evaluate(self, expression: str) -> Prediction:
        """Evaluate one expression.

        A caller that is cancelled leaves the queue, and what only it waits for is stopped. The
        other requests are not affected.

        Args:
            expression: The expression.

        Returns:
            What ``Evaluator.evaluate`` returns.

        Raises:
            ExpressionError: If the expression has no answer; the subclass names the cause.
            OverloadedError: If the queue is full, and ``when_full`` is ``"refuse"``.
            ClosedError: If the batcher is closed.
            RuntimeError: If it is used in another event loop than before.
        """
        loop = self._enter()
        try:
            async with self._room:
                if self._cancelled:
                    raise ClosedError(_CLOSED)
                due = loop.time() + (0 if self._closed else self.max_wait)
                request = _Request(expression, due, loop.create_future())
                self._pending[request] = None
                if len(self._pending) >= self.max_batch:
                    self._start_batches()
                self._set_timer()
                try:
                    return await request.future
                finally:
                    if request.batch:
                        request.batch.leave()
                    else:  # the caller was cancelled while it waited
                        self._pending.pop(request, None)
                        self._costly.pop(request, None)
        finally:
            self._callers -= 1
            self._update_idle()

    def _enter(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise RuntimeError("a MicroBatcher serves one event loop; create another for this one")
        if self._closed:
            raise ClosedError("the MicroBatcher is closed")
        if self.when_full == "refuse" and self._room.locked():
            raise OverloadedError("too many requests are pending; try again later")
        self._loop = loop
        self._callers += 1
        return loop

    def _set_timer(self) -> None:
        """Schedule a batch for when the first pending request is due, if a thread is free."""
        if self._pending and self._is_free() and self._timer is None and self._loop:
            self._timer = self._loop.call_at(self._next_due(), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._start_batches()
        self._set_timer()

    def _start_batches(self) -> None:
        """Start the batches that are full or due, as long as threads are free."""
        while self._loop and self._pending and self._is_free() and self._is_time(self._loop):
            size = min(len(self._pending), self.max_batch)
            requests = [self._pending.popitem(last=False)[0] for _ in range(size)]
            self._start(self._loop, _Batch(requests, costly=False))
        while self._loop and self._costly and self._is_free(costly=True):
            request, _ = self._costly.popitem(last=False)
            self._start(self._loop, _Batch([request], costly=True))

    def _start(self, loop: asyncio.AbstractEventLoop, batch: _Batch) -> None:
        for request in batch.requests:
            request.batch = batch
        self._running.add(batch)
        answer = partial(_answer, self.evaluator, batch, self._limits)
        try:
            future = loop.run_in_executor(self._executors[batch.costly], answer)
        except RuntimeError:  # the main thread has ended, or the system allows no more threads
            future = loop.create_future()
            try:
                future.set_result(answer())
            except Exception as error:
                future.set_exception(error)
        future.add_done_callback(partial(self._finish, batch))

    def _next_due(self) -> float:
        return next(iter(self._pending)).due

    def _is_free(self, costly: bool = False) -> bool:
        running = sum(batch.costly == costly for batch in self._running)
        return running < (self._costly_threads if costly else self._threads)

    def _is_time(self, loop: asyncio.AbstractEventLoop) -> bool:
        full = len(self._pending) >= self.max_batch
        return full or self._closed or loop.time() >= self._next_due()

    def _finish(self, batch: _Batch, future: asyncio.Future[list[Outcome]]) -> None:
        """Start the next batch on the free thread, and hand out the results of this one."""
        self._running.remove(batch)
        self._start_batches()
        self._set_timer()
        failure = future.exception()
        outcomes = [failure] * len(batch.requests) if failure else future.result()
        for request, outcome in zip(batch.requests, outcomes, strict=True):
            if request.future.done():
                continue  # the caller was cancelled
            if isinstance(outcome, Prediction):
                request.future.set_result(outcome)
            elif outcome is not None:
                request.future.set_exception(outcome)
            elif self.when_full == "refuse" and len(self._costly) >= self._max_costly:
                request.future.set_exception(
                    OverloadedError("too many costly requests are pending; try again later")
                )
            else:
                request.batch = None
                self._costly[request] = None
        self._start_batches()
        self._update_idle()

    def _update_idle(self) -> None:
        if self._closed and not (self._callers or self._running):
            self._idle.set()

    async def close(self, cancel: bool = False) -> None:
        """Refuse new requests, answer the accepted ones, and end the threads.

        Closing again has no effect.

        Args:
            cancel: Whether all requests get a ClosedError instead of an answer. Batches that are
                running end within a second.
        """
        self._closed, self._cancelled = True, self._cancelled or cancel
        if cancel:
            running = [request for batch in self._running for request in batch.requests]
            for request in (*self._pending, *self._costly, *running):
                if not request.future.done():
                    request.future.set_exception(ClosedError(_CLOSED))
            self._pending.clear()
            self._costly.clear()
            for batch in self._running:
                batch.stop.set()
        self._start_batches()
        self._update_idle()
        await self._idle.wait()
        if self._timer:
            self._timer.cancel()
        for executor in self._executors:
            executor.shutdown()

    async def __aenter__(self) -> MicroBatcher:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.close(cancel=kind is not None)


def _answer(evaluator: Evaluator, batch: _Batch, limits: Limits) -> list[Outcome]:
    """Return for each text its Prediction, or the exception if it has no answer."""
    texts = [request.expression for request in batch.requests]
    result, deferred = evaluator._evaluate_some(texts, limits, batch.stop, not batch.costly)
    outcomes: list[Outcome] = [
        result.error(row) if prediction.error else prediction
        for row, prediction in enumerate(result)
    ]
    for row in deferred:
        outcomes[row] = None
    return outcomes
