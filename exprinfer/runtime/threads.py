"""Runs batches side by side, each on one thread of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

Result = TypeVar("Result")


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class Pool:
    """Threads that are started when they are first needed, and again in a forked process."""

    def __init__(self, threads: int | None) -> None:
        if threads is not None and not (isinstance(threads, int) and threads > 0):
            raise ValueError(f"threads {threads!r} is no whole number from 1 on")
        self.threads = threads or cores()
        self._forget()

    def _forget(self) -> None:
        self._executor: ThreadPoolExecutor | None = None
        self._lock, self._process = Lock(), os.getpid()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Have the work done by a thread."""
        if self._process != os.getpid():
            self._forget()  # the threads, and who held the lock, stayed with the parent
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self.threads, "exprinfer")
            return self._executor.submit(work)

    def close(self) -> None:
        """End the threads when what they have been given is done."""
        if self._process != os.getpid():
            self._forget()
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()
