"""Run batches at the same time, each on one thread.

This is not ``concurrent.futures``, for two reasons. A signal handler may evaluate while it
interrupts an evaluation, so nothing here waits for a lock that the interrupted code may hold. And
a thread may outlive the main thread, when ``concurrent.futures`` accepts no calls any more.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, RLock, Thread
from threading import enumerate as enumerate_threads
from typing import Any, Generic, TypeVar, cast
from weakref import WeakSet, finalize

Result = TypeVar("Result")

#: Seconds after which waiting begins again: Windows interrupts it only then.
INTERRUPTIBLE = 0.5
#: What is added to the nice value of a thread of lower priority.
LOWER = 10


def available_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def lower_priority() -> None:
    """Let this thread compute only while others leave it processor time, where that is possible."""
    if sys.platform == "linux":  # elsewhere it would concern the whole process
        with suppress(OSError):
            os.nice(LOWER)


class Job(Generic[Result]):
    """One call, made by a thread if one was free to be started, else when its result is taken."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._started = self._cancelled = False
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._running = Lock()

    def start(self, pool: ThreadPool) -> None:
        """Call the function on a thread, unless it was started before."""
        if not self._started:
            self._running.acquire(blocking=False)  # until a thread has run it
            self._started = pool.submit(self)

    def run(self) -> None:
        """Call the function and keep what it returns or raises."""
        try:
            if not self._cancelled:
                self._result = self._function()
        except BaseException as error:
            self._error = error
        finally:
            self._running.release()

    def result(self) -> Result:
        """Return the result, or raise what the function raised."""
        if not self._started:
            return self._function()
        while not self._running.acquire(timeout=INTERRUPTIBLE):
            pass
        self._running.release()
        error, self._error = self._error, None
        if error:
            raise error
        return cast("Result", self._result)

    def cancel(self) -> None:
        """Do not make the call if no thread has begun it yet."""
        self._cancelled = True


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
        _pools.add(self)

    def _reset(self) -> None:
        # A signal handler may submit while this thread is submitting.
        self._lock, self._process = RLock(), os.getpid()
        self._forget()

    def _forget(self) -> None:
        self._jobs: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._workers: list[_Worker] = []
        # One None ends all threads, however many a signal handler started.
        self._stop = finalize(self, self._jobs.put, None)
        self._stop.atexit = False

    def submit(self, job: Job[Any]) -> bool:
        """Let one of the threads run the job.

        Returns:
            False if no thread can be started: there are too many, or the process is ending.
        """
        if self._process != os.getpid():
            self._stop.detach()
            self._reset()  # the threads, and whoever held the lock, stayed in the parent
        with self._lock:
            if len(self._workers) < self.threads and not _exiting:
                self._start_workers()
            if not self._workers:
                return False
            self._jobs.put(job)
            return True

    def _start_workers(self) -> None:
        while len(self._workers) < self.threads:
            name = f"exprinfer_{len(self._workers)}"
            worker = _Worker(target=_work, args=(self._jobs,), name=name, daemon=True)
            try:
                worker.start()
            except RuntimeError:  # the system allows no more threads
                break
            self._workers.append(worker)

    def close(self) -> None:
        """Wait for the submitted calls, then stop the threads."""
        if self._process != os.getpid():
            self._stop.detach()
            self._reset()
        with self._lock:
            workers, jobs = self._workers, self._jobs
            self._stop.detach()
            self._forget()  # first, so that a signal handler does not submit to the ended threads
            jobs.put(None)
        for worker in workers:
            _join(worker)


class _Worker(Thread):
    """A thread of a pool."""


def _work(jobs: SimpleQueue[Job[Any] | None]) -> None:
    while job := jobs.get():
        job.run()
        del job  # an idle thread keeps no data alive
    jobs.put(None)  # for the next thread


def _join(worker: Thread) -> None:
    """Wait for a thread; when the process ends, an interrupt does not stop the waiting."""
    while worker.is_alive():
        try:
            worker.join()
        except KeyboardInterrupt:
            if not _exiting:
                raise


_pools: WeakSet[ThreadPool] = WeakSet()
_exiting = False


@atexit.register
def _close_all() -> None:
    """Let no thread compute while Python and ONNX Runtime are taken down."""
    global _exiting
    _exiting = True
    for pool in list(_pools):
        pool.close()
    for thread in enumerate_threads():  # their pool may be gone while they end their last job
        if isinstance(thread, _Worker):
            _join(thread)
