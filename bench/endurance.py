"""Whether threads and processes that share an evaluator get one thread's answers, and whether
memory stays flat while it works on and on.

``python -m bench.endurance``
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import click

import exprinfer
from exprinfer import Evaluator, Prediction
from exprinfer.aio import MicroBatcher
from training.expressions import sample
from training.machine import machine, versions

SEED = 2_017_006
#: Who shares an evaluator, and how many of them.
SHARED_BY = {"threads": 8, "fork": 4, "spawn": 4}
#: Of the evaluations a worker makes, this many at a time as a column, as many one by one.
AT_ONCE = 250
#: Seconds between two looks at the memory, and before the first.
EVERY, WARM_UP = 10, 30
RESULTS = Path(__file__).parent / "results"

_evaluator: Evaluator
"""Of a process that shares one."""


def texts() -> list[str]:
    """Expressions for either model, and texts that are none."""
    rng = Random(SEED)
    long = [f"{rng.randrange(10**6)}{rng.choice('+-')}{rng.randrange(10**4)}" for _ in range(500)]
    return [*sample(4_000, SEED).texts(), *long, "1/0", "", "5+", "1+x", "100*2"]


def differing(how: str, evaluations: int) -> int:
    """How many answers are not those of one thread, of so many evaluations by each worker.

    ``how`` is one of ``SHARED_BY``. The evaluator has threads of its own when processes take it.
    """
    with exprinfer.load(device="cpu", batch_size=64) as evaluator:
        evaluator.evaluate_batch(texts())
        workers = SHARED_BY[how]
        with _pool(how, evaluator) as pool:
            work = [pool.submit(_worker, number, evaluations) for number in range(workers)]
            return sum(each.result() for each in work)


def _pool(how: str, evaluator: Evaluator) -> Executor:
    if how == "threads":
        return ThreadPoolExecutor(SHARED_BY[how], initializer=_take, initargs=(evaluator,))
    context = get_context(how)  # a fork inherits the evaluator, a spawned process unpickles it
    return ProcessPoolExecutor(SHARED_BY[how], context, _take, (evaluator,))


def _take(evaluator: Evaluator) -> None:
    global _evaluator
    _evaluator = evaluator


def _worker(number: int, evaluations: int) -> int:
    rng, wrong = Random(number), 0
    with exprinfer.load(device="cpu", threads=1) as alone:
        right = {found.expression: _told(found) for found in alone.evaluate_many(texts())}
    choices = list(right)
    for begin in range(0, evaluations, AT_ONCE):
        asked = rng.choices(choices, k=min(AT_ONCE, evaluations - begin))
        together = (begin // AT_ONCE) % 2
        found = _evaluator.evaluate_batch(asked) if together else map(_evaluate, asked)
        wrong += sum(_told(each) != right[each.expression] for each in found)
    return wrong


def _evaluate(text: str) -> Prediction:
    try:
        return _evaluator.evaluate(text)
    except exprinfer.ExpressionError as error:
        problem = exprinfer.Problem(error.code, error.message, error.position)
        return Prediction(text, None, None, None, False, _evaluator.models[-1].name, problem)


def _told(found: Prediction) -> tuple[object, ...]:
    """All but the log-probability, whose last digits may differ."""
    return found.answer, found.value, found.certified, found.model, found.error


def soak(minutes: float) -> Iterator[tuple[float, float]]:
    """Use an evaluator in every way for so long; yields seconds and resident megabytes."""
    began = looked = time.monotonic()
    evaluator = exprinfer.load(device="cpu")
    seed = 0
    while (now := time.monotonic()) < began + 60 * minutes:
        seed += 1
        step(evaluator, sample(5_000, seed).texts())
        if now > began + WARM_UP and now > looked + EVERY:
            looked = now
            yield round(now - began, 1), resident()


def step(evaluator: Evaluator, given: list[str]) -> None:
    """A little of everything, with expressions not met before."""
    evaluator.evaluate_batch([*given, *texts()])
    for text in given[:200]:
        evaluator.evaluate(text)
    with pickle.loads(pickle.dumps(evaluator)) as copy:
        copy.evaluate_many([*given[:500], "1/0", "12345*678"])
    evaluator.close()

    async def ask() -> None:
        async with MicroBatcher(evaluator, max_batch=100) as batcher:
            await asyncio.gather(*map(batcher.evaluate, given[:1_000]))

    asyncio.run(ask())


def resident() -> float:
    """Megabytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


@click.command()
@click.option("--evaluations", default=100_000, show_default=True, help="By each worker.")
@click.option("--minutes", default=10.0, show_default=True, help="Of the soak.")
@click.option("--output", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(evaluations: int, minutes: float, output: Path) -> None:
    """Share one evaluator in every way, then keep one at work, and write down what came of it."""
    found: dict[str, Any] = {"machine": machine(), "versions": versions()}
    found |= {"workers": SHARED_BY, "evaluations by each": evaluations, "differing": {}}
    for how in SHARED_BY:
        found["differing"][how] = differing(how, evaluations)
        click.echo(f"{how}: {found['differing'][how]} answers differ")
    found["megabytes"] = memory = []
    for seconds, megabytes in soak(minutes):
        memory.append([seconds, megabytes])
        click.echo(f"{seconds:.0f} s: {megabytes} MB")
    output.mkdir(parents=True, exist_ok=True)
    (output / "endurance.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(prog_name="python -m bench.endurance")
