"""The same comparison on an NVIDIA GPU; without one, the reason why nothing was measured."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from bench import throughput
from bench.baselines import ON_GPU, UnavailableError
from bench.baselines.pytorch import PyTorch
from bench.markdown import table
from bench.report import Report, Results, measured_by, report_options
from bench.tables import rate_cells, throughput_table
from bench.timing import interleaved, rates, seconds
from exprinfer.errors import DeviceError
from exprinfer.language import tokenizer
from exprinfer.runtime.cuda_graph import SLOTS, CudaGraph
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.session import Session
from training.expressions import sample

SEED, EXPRESSIONS = 11, 1_000_000
#: Symbols that the network reads at a time, and the longest input that is compared.
GROUP, WIDTH = 3, 12
BATCH_SIZES = (1_024, 4_096, 8_192, 16_384, 32_768, 65_536)
#: Rows that are answered at each batch size.
ROWS = 1 << 22


def measure(most: int, repeats: int) -> Results:
    """Measure from texts to answers, and from tokens that are already on the GPU.

    Returns:
        ``throughput``, ``resident`` and ``resident by batch size``; without a GPU only
        ``not measured``, the reason.
    """
    try:
        session = Session(find("exact"), "cuda", find_for_cuda("exact"))
    except DeviceError as reason:
        return {"not measured": str(reason)}
    assert session.cuda_graph
    timings = throughput.measure((), most, repeats, ON_GPU)
    return {
        "repeats": repeats,
        "throughput": {key: timing.as_row() for key, timing in timings.items()},
        "resident": resident(session.cuda_graph, _pytorch(), EXPRESSIONS, repeats),
        "resident by batch size": by_batch_size(session, repeats),
    }


def _pytorch() -> dict[str, PyTorch]:
    """Return the PyTorch baselines that can run, by name."""
    found = {}
    for make in ON_GPU.values():
        try:
            baseline = make()
        except UnavailableError:
            continue  # the table of throughput gives the reason
        if isinstance(baseline, PyTorch):
            found[baseline.name] = baseline
    return found


def resident(
    cuda_graph: CudaGraph, baselines: dict[str, PyTorch], most: int, repeats: int
) -> list[dict[str, object]]:
    """Time answers from tokens that are on the GPU to answers that stay there.

    All answer equally many batches of one size. exprinfer replays what its buffers hold; PyTorch
    gets the batches of a sample, in which all rows have the same number of symbol groups.

    Returns:
        A row per name: ``name``, ``expressions`` and rates in expressions per second.
    """
    size = cuda_graph.largest
    batches = _batches(most, size)
    calls: dict[str, Callable[[], object]] = {
        "exprinfer": partial(_replay, cuda_graph, len(batches))
    }
    for name, baseline in baselines.items():
        calls[name] = partial(_compute, baseline, [baseline.to_device(batch) for batch in batches])
    for call in calls.values():
        call()  # warm up
    rows = len(batches) * size
    return [
        {"name": name, "expressions": rows, **rates(rows, times)}
        for name, times in interleaved(calls, repeats).items()
    ]


def _batches(most: int, size: int) -> list[NDArray[np.int64]]:
    """Return token ids in full batches; all rows of a batch have equally many symbol groups."""
    tokens, lengths = tokenizer.encode(sample(most, SEED).texts(), WIDTH)
    groups = -(-lengths // GROUP)
    return [
        tokens[rows[start : start + size], : count * GROUP].astype(np.int64)
        for count in np.unique(groups)
        for rows in [np.flatnonzero(groups == count)]
        for start in range(0, len(rows) - size + 1, size)
    ]


def _replay(cuda_graph: CudaGraph, times: int) -> None:
    """Answer so many batches, spread over all slots."""

    def replay_part(number: int) -> None:
        with cuda_graph.slot() as slot:
            slot.replay(len(range(number, times, SLOTS)))

    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(replay_part, range(SLOTS)))


def _compute(baseline: PyTorch, batches: list[Any]) -> None:
    for batch in batches:
        baseline.compute(batch)
    baseline.synchronize()


def by_batch_size(session: Session, repeats: int) -> list[dict[str, object]]:
    """Return the rate at each batch size, one batch after the other, with tokens on the GPU."""
    rows: list[dict[str, object]] = []
    for size in BATCH_SIZES:
        times = ROWS // size
        with session.open_cuda_graph(sizes=(size,), slots=1).slot() as slot:
            slot.replay(times)  # warm up
            found = median(seconds(partial(slot.replay, times)) for _ in range(repeats))
        rows.append({"batch size": size, "rate": round(times * size / found, 1)})
    return rows


def section(results: Results) -> str:
    """Return the tables of what was measured, or the reason why nothing was."""
    if "not measured" in results:
        return f"Not measured on a GPU: {results['not measured']}."
    ours = results["resident"][0]["rate"]
    by_rate = sorted(results["resident"], key=lambda row: -row["rate"])
    header = ["tokens already on the GPU", "expressions/s", "slowest to fastest",
              "exprinfer is faster by"]  # fmt: skip
    sizes = results["resident by batch size"]
    by_size = [[f"{row['batch size']:,}", f"{row['rate']:,.0f}"] for row in sizes]
    return "\n\n".join(
        [
            measured_by(results, f"medians of {results['repeats']} interleaved repeats"),
            "From texts to answers:",
            throughput_table(results["throughput"]),
            "From tokens that are already on the GPU to answers that stay there:",
            table(header, [[row["name"], *rate_cells(row, ours)] for row in by_rate]),
            table(["batch size, tokens already on the GPU", "expressions/s"], by_size),
        ]
    )


def record(report: Report, most: int, repeats: int) -> None:
    """Measure, save ``gpu.json`` and write the section ``gpu``."""
    report.publish("gpu", section(report.save("gpu", measure(most, repeats))))


@click.command("gpu")
@click.option("--expressions", default=1_000_000, show_default=True, help="Expressions to time.")
@click.option("--repeats", default=3, show_default=True, help="Timed runs of each baseline.")
@report_options("gpu")
def command(expressions: int, repeats: int, report: Report) -> None:
    """Measure exprinfer and PyTorch on an NVIDIA GPU.

    Compares them from texts to answers, and from tokens that are already on the GPU, also by batch
    size. PyTorch runs with cuDNN, TF32, bfloat16 and compiled. Without a GPU, only the reason is
    written down.

    Takes several minutes, mostly to compile PyTorch. Nothing else should run meanwhile. Writes
    gpu.json and the section `gpu`.
    """
    record(report, expressions, repeats)
