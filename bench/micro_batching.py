"""Many concurrent clients on one event loop: answered in micro-batches, or call by call.

Also measures how much costly requests beside them delay the others.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

import click
import numpy as np

import exprinfer
from bench.markdown import table
from bench.report import Report, Results, measured_by, report_options
from exprinfer import Evaluator, Prediction
from exprinfer.aio import MicroBatcher
from training.expressions import sample

CLIENTS, SEED, REPEATS = 1_000, 2_017_004, 3
#: Requests of each client, one after the other, by the way in which they are answered.
REQUESTS = {
    "MicroBatcher": 100,
    "MicroBatcher beside costly requests": 100,
    "evaluate in the loop": 20,
    "asyncio.to_thread(evaluate)": 20,
}
#: A costly request takes seconds alone. There is one for so many others, all sent at the beginning.
COSTLY, COSTLY_SHARE = "9" * 64 + "/1" * 32, 0.01

Answer = Callable[[str], Awaitable[Prediction]]


def measure() -> dict[str, dict[str, float]]:
    """Serve all clients in each way, ``REPEATS`` times in turn.

    Returns:
        By way, the medians of all repeats: ``p50`` and ``p99`` from request to answer in
        milliseconds, and the ``rate`` in answers per second.

    Raises:
        ValueError: If an answer is lost or belongs to another request.
    """
    gc.freeze()  # as services do: the collector skips what was imported
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in REQUESTS}
    with exprinfer.load(device="cpu") as evaluator:
        for _ in range(REPEATS):
            for way in REQUESTS:
                runs[way].append(asyncio.run(_serve(evaluator, way)))
    return {
        way: {key: round(float(np.median([run[key] for run in rows])), 2) for key in rows[0]}
        for way, rows in runs.items()
    }


async def _serve(evaluator: Evaluator, way: str) -> dict[str, float]:
    async def in_the_loop(text: str) -> Prediction:
        return evaluator.evaluate(text)

    async def in_a_thread(text: str) -> Prediction:
        return await asyncio.to_thread(evaluator.evaluate, text)

    async with MicroBatcher(evaluator) as batcher:
        calls = (batcher.evaluate, batcher.evaluate, in_the_loop, in_a_thread)
        ways: dict[str, Answer] = dict(zip(REQUESTS, calls, strict=True))
        beside = int(CLIENTS * REQUESTS[way] * COSTLY_SHARE) if "costly" in way else 0
        costly = [asyncio.create_task(batcher.evaluate(COSTLY)) for _ in range(beside)]
        try:
            return await _run_clients(evaluator, ways[way], REQUESTS[way])
        finally:
            if beside and all(task.done() for task in costly):
                raise ValueError("the costly requests ended before the others")
            for task in costly:
                task.cancel()
            await asyncio.gather(*costly, return_exceptions=True)


async def _run_clients(evaluator: Evaluator, answer: Answer, requests: int) -> dict[str, float]:
    """Let all clients send their requests; each waits for an answer before the next one."""
    texts = sample(CLIENTS * requests, SEED).texts()
    expected = evaluator.evaluate_batch(texts).answers.tolist()
    times = np.full(len(texts), np.nan)
    mixed_up = 0

    async def client(number: int) -> None:
        nonlocal mixed_up
        for row in range(number, len(texts), CLIENTS):
            began = time.perf_counter()
            await asyncio.sleep(0)  # a request comes through the loop, as from a socket
            prediction = await answer(texts[row])
            times[row] = time.perf_counter() - began
            mixed_up += (prediction.expression, prediction.answer) != (texts[row], expected[row])

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    seconds = time.perf_counter() - began
    if mixed_up or np.isnan(times).any():
        raise ValueError(f"{mixed_up} answers mixed up, {np.isnan(times).sum()} answers lost")
    p50, p99 = 1e3 * np.percentile(times, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "rate": len(texts) / seconds}


def section(results: Results) -> str:
    """Return the table of rates and response times."""
    rows = [
        [way, f"{row['rate']:,.0f}", f"{row['p50']:,.1f}", f"{row['p99']:,.1f}"]
        for way, row in results["served"].items()
    ]
    header = [f"{results['clients']:,} concurrent clients", "answers/s", "p50 (ms)", "p99 (ms)"]
    how = f"medians of {results['repeats']} interleaved repeats"
    text = f"{measured_by(results, how)}\n\n{table(header, rows)}"
    ours = [row for way, row in results["served"].items() if "MicroBatcher" in way]
    if len(ours) < 2:  # results from before costly requests were measured
        return text
    alone, beside = ours
    ratios = [f"{beside[key] / alone[key]:.2f} times the {key}" for key in ("p50", "p99")]
    note = (
        f"Beside costly requests, {results['costly share']:.0%} as many, the others have "
        f"{' and '.join(ratios)}. A costly request takes seconds; it is cancelled at the end."
    )
    return f"{text}\n\n{note}"


def record(report: Report) -> None:
    """Measure, save ``micro_batching.json`` and write the section of that name."""
    results: Results = {"clients": CLIENTS, "requests of a client": REQUESTS, "repeats": REPEATS}
    results |= {"costly": COSTLY, "costly share": COSTLY_SHARE}
    whole = report.save("micro_batching", results | {"served": measure()})
    report.publish("micro_batching", section(whole))


@click.command("micro-batching")
@report_options("micro_batching")
def command(report: Report) -> None:
    """Measure 1,000 concurrent asyncio clients.

    Compares `MicroBatcher` with `evaluate` in the event loop and in a thread per request: answers
    per second, and the time from request to answer. Also measures `MicroBatcher` while it has
    costly requests too, one for a hundred others.

    Takes less than a minute. Nothing else should run meanwhile. Writes micro_batching.json and the
    section `micro_batching`.
    """
    record(report)
