"""The same comparisons on a GPU, where there is one; else the reason why nothing was measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from bench import throughput
from bench.baselines import ON_GPU, UnavailableError
from bench.baselines.pytorch import PyTorch
from exprinfer.errors import DeviceError
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.runtime.cuda_graph import SLOTS, CudaGraph
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.session import Session
from training.expressions import sample

SEED, EXPRESSIONS = 11, 1_000_000
SIZES = (1_024, 4_096, 8_192, 16_384, 32_768, 65_536)
#: Rows that each batch size answers in all.
ROWS = 1 << 22


def measure(most: int, repeats: int) -> dict[str, Any]:
    """End to end, and with tokens that lie on the device already; or ``not measured`` and why."""
    try:
        session = Session(find("exact"), "cuda", find_for_cuda("exact"))
    except DeviceError as reason:
        return {"not measured": str(reason)}
    assert session.captured
    timed = throughput.measure((), most, repeats, ON_GPU)
    return {
        "throughput": {key: peer.as_row() for key, peer in timed.items()},
        "resident": resident(session.captured, _peers(), EXPRESSIONS, repeats),
        "resident by batch size": by_batch_size(session, repeats),
    }


def _peers() -> dict[str, PyTorch]:
    found = {}
    for make in ON_GPU.values():
        try:
            peer = make()
        except UnavailableError:
            continue  # throughput says why
        if isinstance(peer, PyTorch):
            found[peer.name] = peer
    return found


def resident(
    captured: CudaGraph, peers: dict[str, PyTorch], most: int, repeats: int
) -> list[dict[str, object]]:
    """Rows of a name, expressions, and rates on tokens that are there, answers staying there.

    All answer as many batches of one size: ours replays what its buffers hold, PyTorch gets all of
    a sample's batches, rows of as many groups of symbols in each.
    """
    size = captured.largest
    batches = _batches(most, size, 3)
    work: dict[str, Callable[[], object]] = {
        "exprinfer": partial(_replay, captured, len(batches)),
    }
    for name, peer in peers.items():
        work[name] = partial(_compute, peer, [peer.there(batch) for batch in batches])
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for run in work.values():
        run()  # warm up
    for _ in range(repeats):
        for name, run in work.items():
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    rows = len(batches) * size
    return [
        {"name": name, "expressions": rows, "rate": round(rows / median(times), 1),
         "slowest": round(rows / max(times), 1), "fastest": round(rows / min(times), 1)}
        for name, times in seconds.items()
    ]  # fmt: skip


def _batches(most: int, size: int, group: int) -> list[np.ndarray]:
    """A sample's token ids, in full batches of rows with as many groups each."""
    tokens, lengths = Alphabet(SYMBOLS).encode(sample(most, SEED).texts(), 12)
    groups = -(-lengths // group)
    return [
        tokens[rows[start : start + size], : count * group].astype(np.int64)
        for count in np.unique(groups)
        for rows in [np.flatnonzero(groups == count)]
        for start in range(0, len(rows) - size + 1, size)
    ]


def _replay(captured: CudaGraph, times: int) -> None:
    def some(number: int) -> None:
        with captured.lane() as lane:
            lane.replay(len(range(number, times, SLOTS)))

    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(some, range(SLOTS)))


def _compute(peer: PyTorch, batches: list[Any]) -> None:
    for batch in batches:
        peer.compute(batch)
    peer.wait()


def by_batch_size(session: Session, repeats: int) -> list[dict[str, object]]:
    """Rows of batch size and rate, one batch after the other on tokens that are there."""
    rows: list[dict[str, object]] = []
    for size in SIZES:
        captured = session.capture(sizes=(size,), lanes=1)
        times = ROWS // size
        seconds = []
        with captured.lane() as lane:
            lane.replay(times)
            for _ in range(repeats):
                began = time.perf_counter()
                lane.replay(times)
                seconds.append(time.perf_counter() - began)
        rows.append({"batch size": size, "rate": round(times * size / median(seconds), 1)})
    return rows
