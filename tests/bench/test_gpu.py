"""The code for GPUs runs on a CPU too, which is how it is tested anywhere."""

from __future__ import annotations

import pytest

from bench import gpu, throughput
from bench.baselines import BASELINES
from bench.baselines.pytorch import PyTorch
from exprinfer.errors import DeviceError
from exprinfer.runtime.model_file import find_for_cuda
from exprinfer.runtime.session import Session

HARDWARE = {"processor": "some", "cores": 2, "gpu": "some GPU"}


def test_what_runs_on_a_gpu_runs_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(find_for_cuda("exact"), "cpu")
    cuda_graph = session.open_cuda_graph(sizes=(64,))
    rows = gpu.resident(cuda_graph, {"PyTorch": PyTorch("eager")}, 600, 2)
    assert [row["name"] for row in rows] == ["exprinfer", "PyTorch"]
    assert {row["expressions"] for row in rows} == {8 * 64}
    monkeypatch.setattr(gpu, "BATCH_SIZES", (32, 64))
    monkeypatch.setattr(gpu, "ROWS", 256)
    sizes = gpu.by_batch_size(session, 2)
    assert [row["batch size"] for row in sizes] == [32, 64]
    chosen = {key: BASELINES[key] for key in ("ours", "torch-eager")}
    timings = throughput.measure((), 300, 2, chosen)
    results = {
        "command": "python -m bench gpu",
        "machine": HARDWARE,
        "versions": {"python": "3"},
        "repeats": 2,
        "throughput": {key: timing.as_row() for key, timing in timings.items()},
        "resident": rows,
        "resident by batch size": sizes,
    }
    text = gpu.section(results)
    assert "some, 2 cores, some GPU; " in text
    assert "; python 3." in text
    assert "PyTorch, eager" in text
    by_size = text.split("\n\n")[-1].splitlines()
    assert [line.split("|")[1].strip() for line in by_size[2:]] == ["32", "64"]


def test_without_a_gpu_the_results_give_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> Session:
        raise DeviceError("no driver")

    monkeypatch.setattr(gpu, "Session", absent)
    found = gpu.measure(100, 1)
    assert found == {"not measured": "no driver"}
    assert gpu.section(found) == "Not measured on a GPU: no driver."
