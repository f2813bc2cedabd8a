"""How long one expression takes, and how long a process takes to be there."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

import exprinfer

CALLS, STARTS = 3_000, 7
ON_CPU = ["CPUExecutionProvider"]
EXPRESSION = "-(66+-19)"


def single() -> dict[str, dict[str, float]]:
    """Microseconds of a single call, the median and the 99th percentile."""
    evaluator = exprinfer.load(device="cpu")
    calls: dict[str, Callable[[], object]] = {
        "exprinfer evaluate": lambda: evaluator.evaluate(EXPRESSION),
        "an empty ONNX Runtime call": _empty_call(),
    }
    with contextlib.suppress(ImportError):
        calls["PyTorch eager"] = _eager()
    return {name: _percentiles(call) for name, call in calls.items()}


def _percentiles(call: Callable[[], object]) -> dict[str, float]:
    for _ in range(200):
        call()
    times = np.empty(CALLS)
    for number in range(CALLS):
        began = time.perf_counter()
        call()
        times[number] = time.perf_counter() - began
    p50, p99 = 1e6 * np.percentile(times, [50, 99])
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1)}


def _empty_call() -> Callable[[], object]:
    value = helper.make_tensor_value_info("x", TensorProto.INT64, [1, 9])
    out = helper.make_tensor_value_info("y", TensorProto.INT64, [1, 9])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "empty", [value], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 10
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=ON_CPU)
    feed = {"x": np.ones((1, 9), np.int64)}
    return lambda: session.run(None, feed)


def _eager() -> Callable[[], object]:
    from bench.baselines.pytorch import PyTorch

    peer = PyTorch("eager")
    peer.torch.set_num_threads(1)
    return lambda: peer.answer([EXPRESSION])


def cold() -> dict[str, dict[str, float]]:
    """Seconds and peak megabytes of whole processes, medians."""
    python = [sys.executable]
    commands = {
        "exprinfer evaluate 1+1": [*python, "-m", "exprinfer", "evaluate", "--device=cpu", "1+1"],
        "import exprinfer": [*python, "-c", "import exprinfer"],
        "import torch": [*python, "-c", "import torch"],
        "python": [*python, "-c", ""],
    }
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(STARTS):  # interleaved
        for name, command in commands.items():
            found.setdefault(name, []).append(_process(command))
    return {
        name: {
            "seconds": round(median(seconds for seconds, _ in runs), 3),
            "megabytes": round(median(size for _, size in runs), 1),
        }
        for name, runs in found.items()
    }


_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, "
    "check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def _process(command: list[str]) -> tuple[float, float]:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began, peak(command)


def peak(command: list[str]) -> float:
    """Megabytes that a command's process has at most."""
    words = [sys.executable, "-c", _PEAK, *command]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(told.stdout) / 1_024


def sizes() -> dict[str, float]:
    """Megabytes of what ``pip install exprinfer[cpu]``, or ``[gpu]``, puts in place, by
    distribution."""
    found = {}
    for name in (_runtime(), "numpy", "click"):
        files = distribution(name).files or []
        paths = [Path(str(file.locate())) for file in files]
        total = sum(path.stat().st_size for path in paths if path.is_file())
        found[name] = round(total / 1e6, 1)
    return found


def _runtime() -> str:
    """Which of the two distributions of ONNX Runtime is here."""
    try:
        distribution("onnxruntime")
    except PackageNotFoundError:
        return "onnxruntime-gpu"
    return "onnxruntime"
