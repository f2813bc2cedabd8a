"""Run tasks on a Ray cluster: a bounded number of attempts each, and in a bounded time."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from exprinfer.errors import ClusterError, ExprinferError
from exprinfer.ray.failures import explain, root_cause
from exprinfer.scoring.datasets import ScoredPart, Task

#: How often a task is tried. A worker may die, and storage may be away for some seconds.
ATTEMPTS = 4
#: Seconds before the second attempt after storage failed; then four times as many.
DELAY = 1.0
#: Seconds between two looks at the time, and at signals.
_POLL = 1.0


def run_tasks(
    ray: Any,
    tasks: Sequence[Task],
    *,
    workers: int | None,
    resources: dict[str, float],
    timeout: float | None,
) -> Generator[ScoredPart, None, None]:
    """Run tasks, and yield their results as they end. Close the generator to end them all.

    Each task waits for its own CPU. So any number of jobs share a cluster, and none of them holds
    what it does not use.

    Args:
        ray: The module ``ray``, connected to a cluster.
        tasks: The tasks.
        workers: How many of them run at a time at most. By default as many as the cluster can.
        resources: What a task needs, such as ``{"num_cpus": 1}``.
        timeout: Seconds for all of them; None: no limit.

    Raises:
        ClusterError: If a worker died in each attempt at a task, Ray fails, or the time is over.
        Exception: Whatever a task raises; an OSError only after several attempts.
    """
    began = time.monotonic()
    remote = ray.remote(max_retries=0, **resources)(_score)
    limit = workers or max(64, 2 * int(ray.cluster_resources().get("CPU", 0)))
    waiting = deque((task, 1) for task in tasks)
    running, later = dict[Any, tuple[Task, int]](), list[Any]()
    try:
        while waiting or running or later:
            while later and later[0][0] <= time.monotonic():
                waiting.append(heapq.heappop(later)[2:])
            while waiting and len(running) < limit:
                task, attempt = waiting.popleft()
                running[remote.remote(task)] = task, attempt
            if timeout is not None and time.monotonic() - began > timeout:
                left = len(waiting) + len(running) + len(later)
                raise ClusterError(
                    f"not finished after {timeout:g} seconds: {left:,} of {len(tasks):,} parts are "
                    "left; give more time, or more workers"
                )
            if not running:
                time.sleep(0.1)
                continue
            for done in ray.wait(list(running), num_returns=1, timeout=_POLL)[0]:
                task, attempt = running.pop(done)
                try:
                    result = ray.get(done)
                except Exception as error:
                    delay = _delay(ray, error, task, attempt)
                    entry = time.monotonic() + delay, task.number, task, attempt + 1
                    heapq.heappush(later, entry)
                else:
                    yield result
    finally:
        _cancel(ray, list(running))


def _score(task: Task) -> ScoredPart:
    return task()


def _delay(ray: Any, error: Exception, task: Task, attempt: int) -> float:
    """Return the seconds until the next attempt, or raise the cause of the failure."""
    name = task.source.name
    if isinstance(error, ray.exceptions.RayTaskError):
        cause = root_cause(error)
        if isinstance(cause, ExprinferError):
            raise cause
        if not isinstance(cause, OSError):
            raise ClusterError(f"{name}: {explain(error)}") from error
        if attempt == ATTEMPTS:
            raise cause
        return DELAY * float(4 ** (attempt - 1))
    if attempt == ATTEMPTS:
        raise ClusterError(
            f"{name}: gave up after {ATTEMPTS} attempts, in each of which the worker died: "
            f"{explain(error)}"
        ) from error
    return 0.0


def _cancel(ray: Any, running: list[Any]) -> None:
    """End tasks, and wait until they cannot write any more."""
    for force, seconds in ((False, 2), (True, 10)):
        if not running or not ray.is_initialized():
            return
        for reference in running:
            ray.cancel(reference, force=force)
        _, running = ray.wait(running, num_returns=len(running), timeout=seconds)
