"""Whether threads and processes can share an evaluator, and whether memory stays flat."""

from __future__ import annotations

import asyncio
import os
import pickle
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

import click
import numpy as np

import exprinfer
from bench.markdown import table
from bench.report import Report, Results, measured_by, report_options
from exprinfer import Evaluator, ExpressionError, Prediction
from exprinfer.aio import MicroBatcher
from training.expressions import sample

SEED = 2_017_006
#: The ways to share an evaluator, and the number of workers of each.
WORKERS = {"threads": 8, "fork": 4, "spawn": 4}
#: A worker evaluates so many expressions in one batch, then so many one by one, and so on.
TURN_ROWS = 250
#: Seconds between two samples of the memory, and before the first one.
INTERVAL, WARM_UP = 10, 30
#: The minutes in the table of memory, if the run was so long; its last sample is the last row.
MINUTES_SHOWN = (1, 2, 5, 10, 20, 30, 60)
#: A costly expression: it is stopped by its steps and its time, and cancelled. Without the bracket,
#: it would be refused before any work.
COSTLY = f"({'9' * 64}){'/1' * 32}"

_evaluator: Evaluator
"""The shared evaluator, in every thread and process that shares it."""


def texts() -> list[str]:
    """Return expressions for both models, and texts that are not expressions."""
    rng = Random(SEED)
    long = [f"{rng.randrange(10**6)}{rng.choice('+-')}{rng.randrange(10**4)}" for _ in range(500)]
    return [*sample(4_000, SEED).texts(), *long, "1/0", "", "5+", "1+x", "100*2"]


def count_differing(way: str, evaluations: int) -> int:
    """Share an evaluator and count the answers that differ from those of a single thread.

    Args:
        way: One of ``WORKERS``. The evaluator has already started its own threads when a process
            forks, or pickles it.
        evaluations: How many expressions each worker evaluates.
    """
    with exprinfer.load(device="cpu", batch_size=64) as evaluator:
        evaluator.evaluate_batch(texts())
        with _workers(way, evaluator) as pool:
            futures = [pool.submit(_work, seed, evaluations) for seed in range(WORKERS[way])]
            return sum(future.result() for future in futures)


def _workers(way: str, evaluator: Evaluator) -> Executor:
    if way == "threads":
        return ThreadPoolExecutor(WORKERS[way], initializer=_share, initargs=(evaluator,))
    context = get_context(way)  # a fork inherits the evaluator, a spawned process unpickles it
    return ProcessPoolExecutor(WORKERS[way], context, _share, (evaluator,))


def _share(evaluator: Evaluator) -> None:
    global _evaluator
    _evaluator = evaluator


def _work(seed: int, evaluations: int) -> int:
    """Evaluate random expressions with the shared evaluator; count the answers that differ."""
    rng, differing = Random(seed), 0
    with exprinfer.load(device="cpu", threads=1) as alone:
        expected = {found.expression: _outcome(found) for found in alone.evaluate_many(texts())}
    choices = list(expected)
    for begin in range(0, evaluations, TURN_ROWS):
        asked = rng.choices(choices, k=min(TURN_ROWS, evaluations - begin))
        in_one_batch = (begin // TURN_ROWS) % 2
        if in_one_batch:
            outcomes = [_outcome(found) for found in _evaluator.evaluate_batch(asked)]
        else:
            outcomes = [_evaluate(text) for text in asked]
        differing += sum(
            outcome != expected[text] for text, outcome in zip(asked, outcomes, strict=True)
        )
    return differing


def _evaluate(text: str) -> tuple[object, ...]:
    try:
        return _outcome(_evaluator.evaluate(text))
    except ExpressionError as error:
        model = _evaluator.models[-1].name
        return (None, None, False, model, (error.code, error.message, error.position))


def _outcome(found: Prediction) -> tuple[object, ...]:
    """Return everything but the log-probability, whose last digits may differ."""
    error = found.error and (found.error.code, found.error.message, found.error.position)
    return found.answer, found.value, found.certified, found.model, error


def soak(minutes: float) -> Iterator[tuple[float, float]]:
    """Use an evaluator in every way for so long; yield seconds and resident megabytes."""
    began = sampled = time.monotonic()
    evaluator = exprinfer.load(device="cpu")
    seed = 0
    while (now := time.monotonic()) < began + 60 * minutes:
        seed += 1
        use_in_every_way(evaluator, sample(5_000, seed).texts())
        if now > began + WARM_UP and now > sampled + INTERVAL:
            sampled = now
            yield round(now - began, 1), resident_megabytes()


def use_in_every_way(evaluator: Evaluator, new: list[str]) -> None:
    """Evaluate new expressions in batches, one by one, in a pickled copy and in micro-batches.

    Costly ones among them are refused, stopped and cancelled.
    """
    evaluator.evaluate_batch([*new, *texts(), COSTLY], max_steps=2_000, timeout=0.05)
    for limits in ({"max_steps": 2_000}, {"timeout": 0.05}):
        evaluator.evaluate_many([*new[:100], COSTLY], **limits)
    for text in new[:200]:
        evaluator.evaluate(text)
    with pickle.loads(pickle.dumps(evaluator)) as copy:
        copy.evaluate_many([*new[:500], "1/0", "12345*678"])
    evaluator.close()

    async def ask() -> None:
        async with MicroBatcher(evaluator, max_batch=100) as batcher:
            costly = [asyncio.create_task(batcher.evaluate(COSTLY)) for _ in range(10)]
            await asyncio.gather(*map(batcher.evaluate, new[:1_000]))
            for task in costly:
                task.cancel()
            await asyncio.gather(*costly, return_exceptions=True)

    asyncio.run(ask())


def resident_megabytes() -> float:
    """Return the memory that this process occupies now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def section(results: Results) -> str:
    """Return the table of different answers, and that of the memory over time."""
    evaluations = results["evaluations by each"]
    rows = [
        [way, str(results["workers"][way]), f"{evaluations:,}", str(differing)]
        for way, differing in results["differing"].items()
    ]
    header = ["shared by", "workers", "evaluations by each", "different answers"]
    parts = [measured_by(results, "one run"), table(header, rows)]
    if memory := results["megabytes"]:
        taken = [seconds / 60 for seconds, _ in memory]
        wanted = [minute for minute in MINUTES_SHOWN if minute < taken[-1]]
        shown = {int(np.abs(np.subtract(taken, minute)).argmin()) for minute in wanted}
        rows = [
            [f"{taken[i]:.1f}", f"{memory[i][1]:.0f}"] for i in sorted({*shown, len(memory) - 1})
        ]
        longest = max(np.diff([seconds for seconds, _ in memory]), default=0)
        parts.append(
            f"The memory was sampled {len(memory)} times, with at most {longest:.0f} s between two "
            f"samples, the last time after {memory[-1][0] / 60:.1f} minutes. The table shows "
            f"{len(rows)} of the samples."
        )
        parts.append(table(["minutes of constant use", "resident memory (MB)"], rows))
    return "\n\n".join(parts)


@click.command("endurance")
@click.option("--evaluations", default=100_000, show_default=True, help="Expressions per worker.")
@click.option("--minutes", default=10.0, show_default=True, help="How long to record the memory.")
@report_options("endurance")
def command(evaluations: int, minutes: float, report: Report) -> None:
    """Check shared evaluators, and memory over time.

    Shares one evaluator between 8 threads, 4 forked and 4 spawned processes, and counts the answers
    that differ from those of a single thread. Then uses one evaluator in every way for a while and
    records the memory of the process.

    Takes a few minutes plus --minutes, and needs Linux. Writes endurance.json and the section
    `endurance`.
    """
    results: Results = {"workers": WORKERS, "evaluations by each": evaluations, "differing": {}}
    for way in WORKERS:
        results["differing"][way] = count_differing(way, evaluations)
        click.echo(f"{way}: {results['differing'][way]} different answers", err=True)
    results["megabytes"] = memory = []
    for seconds, megabytes in soak(minutes):
        memory.append([seconds, megabytes])
        click.echo(f"{seconds:.0f} s: {megabytes} MB", err=True)
    report.publish("endurance", section(report.save("endurance", results)))
