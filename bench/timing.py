"""Stopwatches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Call = Callable[[], object]


def seconds(call: Call) -> float:
    """Return how many seconds one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def fastest(call: Call, repeats: int) -> float:
    """Return the seconds of the fastest call, after one call to warm up."""
    call()
    return min(seconds(call) for _ in range(repeats))


def interleaved(calls: Mapping[str, Call], repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each call and repeat.

    All calls are made once before any is made again, so that a slow minute of the computer
    affects all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return times


def rates(count: int, times: list[float]) -> dict[str, float]:
    """Return the median, slowest and fastest rate per second of ``count`` expressions."""
    return {
        "rate": round(count / median(times), 1),
        "slowest": round(count / max(times), 1),
        "fastest": round(count / min(times), 1),
    }
