"""Many small concurrent requests of one event loop, answered in batches."""

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

#: What one request comes to.
Outcome = Prediction | ExpressionError

_CLOSED = "the MicroBatcher was closed before this was answered"


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    expression: str
    due: float
    """When it is to be taken up at the latest, if a thread is free, in seconds of the loop."""
    answered: asyncio.Future[Prediction]


class MicroBatcher:
    """Gathers the requests of an event loop's tasks and answers them in batches, off the loop.

    >>> import asyncio, exprinfer
    >>> async def main():
    ...     async with MicroBatcher(exprinfer.load()) as batcher:
    ...         return await asyncio.gather(*map(batcher.evaluate, ["5+3", "7*-9"]))
    >>> [prediction.value for prediction in asyncio.run(main())]
    [8, -63]

    A batch begins as soon as it has ``max_batch`` requests or its first one has waited ``max_wait``
    seconds, and one of ``threads`` threads is free. All in a batch are answered together, when the
    slowest is: where strangers ask, bound the length of what they ask. At most ``max_queue``
    requests are taken in at once; those beyond wait their turn, or get an OverloadedError where
    ``when_full="refuse"``. It serves the event loop that first asks it, and leaves the evaluator
    open when it is closed.
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
        whole = {"max_batch": max_batch, "max_queue": max_queue, "threads": threads}
        for name, number in whole.items():
            if not (isinstance(number, int) and number > 0):
                raise ValueError(f"{name} {number!r} is no whole number from 1 on")
        if not max_wait >= 0:
            raise ValueError(f"max_wait {max_wait!r} is no number of seconds from 0 on")
        if when_full not in ("wait", "refuse"):
            raise ValueError(f"when_full {when_full!r}: choose 'wait' or 'refuse'")
        self.evaluator = evaluator
        self.max_batch, self.max_wait, self.when_full = max_batch, max_wait, when_full
        self._pool = ThreadPoolExecutor(threads, "exprinfer-aio")
        self._threads = threads
        self._room = asyncio.Semaphore(max_queue)
        self._waiting: OrderedDict[_Request, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._callers = 0
        self._at_work: set[asyncio.Future[list[Outcome]]] = set()
        self._closed = self._cancelled = False
        self._idle = asyncio.Event()
        """Set when nobody waits and nothing is at work in a closed batcher."""

    async def evaluate(self, expression: str) -> Prediction:
        """Answer one expression.

        Raises the ``ExpressionError`` that ``Evaluator.evaluate`` raises, OverloadedError as said
        above, ClosedError where the batcher is closed, RuntimeError in another event loop. A caller
        who is cancelled gives its place free; all others are answered as before.
        """
        loop = self._enter()
        try:
            async with self._room:
                if self._cancelled:
                    raise ClosedError(_CLOSED)
                due = loop.time() + (0 if self._closed else self.max_wait)
                request = _Request(expression, due, loop.create_future())
                self._waiting[request] = None
                if len(self._waiting) >= self.max_batch:
                    self._hand_over()
                self._set_timer()
                try:
                    return await request.answered
                finally:
                    self._waiting.pop(request, None)  # where the caller was cancelled
        finally:
            self._callers -= 1
            self._tell_if_idle()

    def _enter(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise RuntimeError("a MicroBatcher serves one event loop: make another for this one")
        if self._closed:
            raise ClosedError("the MicroBatcher is closed")
        if self.when_full == "refuse" and self._room.locked():
            raise OverloadedError("too many requests wait already; try again later")
        self._loop = loop
        self._callers += 1
        return loop

    def _set_timer(self) -> None:
        """Have the first that waits handed over when it is due, if a thread is free then."""
        if self._waiting and self._is_free() and self._timer is None and self._loop:
            self._timer = self._loop.call_at(self._due(), self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._hand_over()
        self._set_timer()

    def _hand_over(self) -> None:
        """Start the batches that are full or due, as long as threads are free."""
        while self._loop and self._waiting and self._is_free() and self._is_time(self._loop):
            size = min(len(self._waiting), self.max_batch)
            batch = [self._waiting.popitem(last=False)[0] for _ in range(size)]
            texts = [request.expression for request in batch]
            work = self._loop.run_in_executor(self._pool, _answer, self.evaluator, texts)
            self._at_work.add(work)
            work.add_done_callback(partial(self._finish, batch))

    def _due(self) -> float:
        return next(iter(self._waiting)).due

    def _is_free(self) -> bool:
        return len(self._at_work) < self._threads

    def _is_time(self, loop: asyncio.AbstractEventLoop) -> bool:
        full = len(self._waiting) >= self.max_batch
        return full or self._closed or loop.time() >= self._due()

    def _finish(self, batch: list[_Request], work: asyncio.Future[list[Outcome]]) -> None:
        """Give each of a batch its outcome, and the thread the next batch before that."""
        self._at_work.remove(work)
        self._hand_over()
        self._set_timer()
        failure = work.exception()
        outcomes = [failure] * len(batch) if failure else work.result()
        for request, outcome in zip(batch, outcomes, strict=True):
            if request.answered.done():
                continue  # its caller was cancelled meanwhile
            if isinstance(outcome, Prediction):
                request.answered.set_result(outcome)
            else:
                request.answered.set_exception(outcome)
        self._tell_if_idle()

    def _tell_if_idle(self) -> None:
        if self._closed and not (self._callers or self._at_work):
            self._idle.set()

    async def close(self, cancel: bool = False) -> None:
        """Take no more requests, answer those that are here, and end the threads.

        With ``cancel`` what waits for its batch gets a ClosedError instead of an answer; a batch
        that is being evaluated is finished all the same. To close again does nothing.
        """
        self._closed, self._cancelled = True, self._cancelled or cancel
        if cancel:
            while self._waiting:
                request, _ = self._waiting.popitem()
                if not request.answered.done():
                    request.answered.set_exception(ClosedError(_CLOSED))
        self._hand_over()
        self._tell_if_idle()
        await self._idle.wait()
        if self._timer:
            self._timer.cancel()
        self._pool.shutdown()

    async def __aenter__(self) -> MicroBatcher:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close; where the block is left by an exception, what waits is cancelled."""
        await self.close(cancel=kind is not None)


def _answer(evaluator: Evaluator, texts: list[str]) -> list[Outcome]:
    """Answer a batch: for each text its Prediction, or the exception that says why not."""
    column = evaluator.evaluate_batch(texts)
    return [
        column.error(row) if prediction.error else prediction
        for row, prediction in enumerate(column)
    ]
