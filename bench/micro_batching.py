"""Many concurrent clients of one event loop: micro-batched, or each call by itself.

``python -m bench.micro_batching --readme README.md``
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

import exprinfer
from exprinfer import Evaluator, Prediction
from exprinfer.aio import MicroBatcher
from training.card import table, write_section
from training.expressions import sample
from training.machine import machine, versions

CLIENTS, SEED, REPEATS = 1_000, 2_017_004, 3
#: Requests of one client, one after another, by how it is served.
REQUESTS = {"MicroBatcher": 100, "evaluate in the loop": 20, "asyncio.to_thread(evaluate)": 20}
RESULTS = Path(__file__).parent / "results"

Answer = Callable[[str], Awaitable[Prediction]]


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds from request to answer, and answers a second, medians of interleaved repeats.

    A request comes through the loop, as from a socket. Raises ValueError where an answer is lost or
    not that of its own expression.
    """
    gc.freeze()  # as services do: the collector need not walk what was imported
    runs: dict[str, list[dict[str, float]]] = {how: [] for how in REQUESTS}
    with exprinfer.load(device="cpu") as evaluator:
        for _ in range(REPEATS):
            for how in REQUESTS:
                runs[how].append(asyncio.run(_serve(evaluator, how)))
    return {
        how: {key: round(float(np.median([run[key] for run in each])), 2) for key in each[0]}
        for how, each in runs.items()
    }


async def _serve(evaluator: Evaluator, how: str) -> dict[str, float]:
    async def in_the_loop(text: str) -> Prediction:
        return evaluator.evaluate(text)

    async def in_a_thread(text: str) -> Prediction:
        return await asyncio.to_thread(evaluator.evaluate, text)

    async with MicroBatcher(evaluator) as batcher:
        ways: dict[str, Answer] = dict(
            zip(REQUESTS, (batcher.evaluate, in_the_loop, in_a_thread), strict=True)
        )
        return await _clients(evaluator, ways[how], REQUESTS[how])


async def _clients(evaluator: Evaluator, answer: Answer, requests: int) -> dict[str, float]:
    texts = sample(CLIENTS * requests, SEED).texts()
    right = evaluator.evaluate_batch(texts).answers.tolist()
    times = np.full(len(texts), np.nan)
    crossed = 0

    async def client(number: int) -> None:
        nonlocal crossed
        for row in range(number, len(texts), CLIENTS):
            began = time.perf_counter()
            await asyncio.sleep(0)
            prediction = await answer(texts[row])
            times[row] = time.perf_counter() - began
            crossed += (prediction.expression, prediction.answer) != (texts[row], right[row])

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    seconds = time.perf_counter() - began
    if crossed or np.isnan(times).any():
        raise ValueError(f"{crossed} answers crossed, {np.isnan(times).sum()} lost")
    p50, p99 = 1e3 * np.percentile(times, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "rate": len(texts) / seconds}


def record(output: Path, readme: Path | None) -> None:
    """Measure, and write it to ``micro_batching.json`` and the README's section of that name."""
    found: dict[str, Any] = {"machine": machine(), "versions": versions(), "clients": CLIENTS}
    found |= {"requests of a client": REQUESTS, "repeats": REPEATS, "served": measure()}
    output.mkdir(parents=True, exist_ok=True)
    (output / "micro_batching.json").write_text(json.dumps(found, indent=1) + "\n")
    rows = [
        [how, f"{row['rate']:,.0f}", f"{row['p50']:,.1f}", f"{row['p99']:,.1f}"]
        for how, row in found["served"].items()
    ]
    header = [f"{CLIENTS:,} concurrent clients", "answers/s", "p50, ms", "p99, ms"]
    click.echo(table(header, rows))
    if readme:
        write_section(readme, "micro_batching", table(header, rows))


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
@click.option("--readme", type=click.Path(path_type=Path), help="Write the table there too.")
def main(output: Path, readme: Path | None) -> None:
    """Compare micro-batching with single calls; nothing else should run meanwhile."""
    record(output, readme)


if __name__ == "__main__":
    main(prog_name="python -m bench.micro_batching")
