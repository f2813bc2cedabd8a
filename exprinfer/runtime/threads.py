"""Run batches at the same time, each on one thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")


def available_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class ThreadPool:
    """Threads that start when they are first needed, and start again in a forked process.

    Attributes:
        threads: Number of threads.
    """

    def __init__(self, threads: int | None) -> None:
        """Set the number of threads; None means one for each core.

        Raises:
            ValueError: If the number is not a positive integer.
        """
        if threads is not None and not (isinstance(threads, int) and threads > 0):
            raise ValueError(f"threads must be a positive integer, got {threads!r}")
        self.threads = threads or available_cores()
        self._reset()

    def _reset(self) -> None:
        self._executor: ThreadPoolExecutor | None = None
        self._lock, self._process = Lock(), os.getpid()

    def submit(self, function: Callable[[], Result]) -> Future[Result]:
        """Call the function on one of the threads."""
        if self._process != os.getpid():
            self._reset()  # the threads, and whoever held the lock, stayed in the parent
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self.threads, "exprinfer")
            return self._executor.submit(function)

    def close(self) -> None:
        """Wait for the submitted calls, then stop the threads."""
        if self._process != os.getpid():
            self._reset()
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()


class Job(Generic[Result]):
    """One call, made by a thread if it was started, else when its result is taken."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._future: Future[Result] | None = None

    def start(self, pool: ThreadPool) -> None:
        """Call the function on a thread, unless it was started before."""
        self._future = self._future or pool.submit(self._function)

    def result(self) -> Result:
        """Return the result, or raise what the function raised."""
        return self._future.result() if self._future else self._function()

    def cancel(self) -> None:
        """Do not start the call if it has not started yet."""
        if self._future:
            self._future.cancel()
