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

__all__ = ["ClosedError", "MicroBatcher", "OverloadedError"]

Outcome = Prediction | ExpressionError

_CLOSED = "the MicroBatcher was closed before this request was answered"


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    expression: str
    due: float
    """The time at which it should be in a batch if a thread is free, in seconds of the loop."""
    future: asyncio.Future[Prediction]


class MicroBatcher:
    """Collects the requests of concurrent tasks and answers them in batches, outside the loop.

    A batch starts when a thread is free and either ``max_batch`` requests are pending or the first
    of them is ``max_wait`` seconds old. All requests of a batch are answered together, when the
    slowest one is. If the expressions come from clients that you do not trust, give the evaluator a
    budget: ``exprinfer.load(max_symbols=64, max_steps=4_000)``. A request over it gets a
    TooCostlyError, and no request holds up the others of its batch for long.

    A MicroBatcher serves the event loop that uses it first. Closing it leaves the evaluator open.
    Use it as an asynchronous context manager: at the end of the block it is closed. If the block
    ends with an exception, pending requests are cancelled.

    Args:
        evaluator: Evaluates the expressions.
        max_batch: Maximum number of requests in a batch.
        max_wait: Maximum time in seconds that a request waits for others while a thread is free.
        max_queue: Maximum number of requests that are accepted at a time.
        threads: Maximum number of batches that are evaluated at a time.
        when_full: What happens to further requests: ``"wait"`` until there is room, or ``"refuse"``
            them with an OverloadedError.

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
        when_full: Literal["wait", "refuse"] = "wait",
    ) -> None:
        counts = {"max_batch": max_batch, "max_queue": max_queue, "threads": threads}
        for name, count in counts.items():
            if not (isinstance(count, int) and count > 0):
                raise ValueError(f"{name} must be a positive integer, got {count!r}")
        if not max_wait >= 0:
            raise ValueError(f"max_wait must be a number of seconds, 0 or more, got {max_wait!r}")
        if when_full not in ("wait", "refuse"):
            raise ValueError(f"when_full must be 'wait' or 'refuse', got {when_full!r}")
        self.evaluator = evaluator
        self.max_batch, self.max_wait, self.when_full = max_batch, max_wait, when_full
        self._executor = ThreadPoolExecutor(threads, "exprinfer-aio")
        self._threads = threads
        self._room = asyncio.Semaphore(max_queue)
        self._pending: OrderedDict[_Request, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._callers = 0
        self._running: set[asyncio.Future[list[Outcome]]] = set()
        self._closed = self._cancelled = False
        self._idle = asyncio.Event()
        """Set once the batcher is closed, no caller waits and no batch is running."""

    async def evaluate(self, expression: str) -> Prediction:
        """Evaluate one expression.

        A caller that is cancelled leaves the queue; the other requests are not affected.

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
                    self._pending.pop(request, None)  # still there if the caller was cancelled
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
            batch = [self._pending.popitem(last=False)[0] for _ in range(size)]
            texts = [request.expression for request in batch]
            future = self._submit(self._loop, texts)
            self._running.add(future)
            future.add_done_callback(partial(self._finish, batch))

    def _submit(
        self, loop: asyncio.AbstractEventLoop, texts: list[str]
    ) -> asyncio.Future[list[Outcome]]:
        try:
            return loop.run_in_executor(self._executor, _answer, self.evaluator, texts)
        except RuntimeError:  # the main thread has ended, or the system allows no more threads
            future: asyncio.Future[list[Outcome]] = loop.create_future()
            try:
                future.set_result(_answer(self.evaluator, texts))
            except Exception as error:
                future.set_exception(error)
            return future

    def _next_due(self) -> float:
        return next(iter(self._pending)).due

    def _is_free(self) -> bool:
        return len(self._running) < self._threads

    def _is_time(self, loop: asyncio.AbstractEventLoop) -> bool:
        full = len(self._pending) >= self.max_batch
        return full or self._closed or loop.time() >= self._next_due()

    def _finish(self, batch: list[_Request], future: asyncio.Future[list[Outcome]]) -> None:
        """Start the next batch on the free thread, and hand out the results of this one."""
        self._running.remove(future)
        self._start_batches()
        self._set_timer()
        failure = future.exception()
        outcomes = [failure] * len(batch) if failure else future.result()
        for request, outcome in zip(batch, outcomes, strict=True):
            if request.future.done():
                continue  # the caller was cancelled
            if isinstance(outcome, Prediction):
                request.future.set_result(outcome)
            else:
                request.future.set_exception(outcome)
        self._update_idle()

    def _update_idle(self) -> None:
        if self._closed and not (self._callers or self._running):
            self._idle.set()

    async def close(self, cancel: bool = False) -> None:
        """Refuse new requests, answer the accepted ones, and end the threads.

        Closing again has no effect.

        Args:
            cancel: Whether pending requests get a ClosedError instead of an answer. Batches that
                are running are finished in any case.
        """
        self._closed, self._cancelled = True, self._cancelled or cancel
        if cancel:
            while self._pending:
                request, _ = self._pending.popitem()
                if not request.future.done():
                    request.future.set_exception(ClosedError(_CLOSED))
        self._start_batches()
        self._update_idle()
        await self._idle.wait()
        if self._timer:
            self._timer.cancel()
        self._executor.shutdown()

    async def __aenter__(self) -> MicroBatcher:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.close(cancel=kind is not None)


def _answer(evaluator: Evaluator, texts: list[str]) -> list[Outcome]:
    """Return for each text its Prediction, or the exception if it has no answer."""
    result = evaluator.evaluate_batch(texts)
    return [
        result.error(row) if prediction.error else prediction
        for row, prediction in enumerate(result)
    ]
