"""How long one expression takes, how long a process takes to start, and how much is installed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

import exprinfer
from bench.baselines import UnavailableError
from bench.baselines.pytorch import PyTorch
from bench.process import peak_memory, wall_time
from bench.timing import Call, seconds

#: Timed calls, calls before them to warm up, and starts of each process.
CALLS, WARM_UP_CALLS, STARTS = 3_000, 200, 7
EXPRESSION = "-(66+-19)"


def single() -> dict[str, dict[str, float]]:
    """Return the median and the 99th percentile of single calls, in microseconds."""
    evaluator = exprinfer.load(device="cpu")
    calls: dict[str, Call] = {
        "exprinfer evaluate": lambda: evaluator.evaluate(EXPRESSION),
        "empty ONNX Runtime call": _empty_call(),
    }
    with contextlib.suppress(UnavailableError):
        calls["PyTorch, eager"] = _pytorch_call()
    return {name: _percentiles(call) for name, call in calls.items()}


def _percentiles(call: Call) -> dict[str, float]:
    for _ in range(WARM_UP_CALLS):
        call()
    p50, p99 = 1e6 * np.percentile([seconds(call) for _ in range(CALLS)], [50, 99])
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1)}


def _empty_call() -> Callable[[], object]:
    """Return a call of a graph that only copies its input: the overhead of ONNX Runtime."""
    value = helper.make_tensor_value_info("x", TensorProto.INT64, [1, 9])
    out = helper.make_tensor_value_info("y", TensorProto.INT64, [1, 9])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "empty", [value], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 10
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feed = {"x": np.ones((1, 9), np.int64)}
    return lambda: session.run(None, feed)


def _pytorch_call() -> Callable[[], object]:
    baseline = PyTorch("eager")
    baseline.torch.set_num_threads(1)
    return lambda: baseline.answer([EXPRESSION])


def cold() -> dict[str, dict[str, float]]:
    """Return the seconds and the peak megabytes of whole processes, medians of ``STARTS`` runs."""
    python = sys.executable
    commands = {
        "exprinfer evaluate 1+1": [python, "-m", "exprinfer", "evaluate", "--device=cpu", "1+1"],
        "import exprinfer": [python, "-c", "import exprinfer"],
        "import torch": [python, "-c", "import torch"],
        "python": [python, "-c", ""],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    peaks: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(STARTS):  # interleaved
        for name, command in commands.items():
            times[name].append(wall_time(command))
            peaks[name].append(peak_memory(command))
    return {
        name: {"seconds": round(median(times[name]), 3), "megabytes": round(median(peaks[name]), 1)}
        for name in commands
    }


def sizes() -> dict[str, float]:
    """Return the megabytes of each package that ``pip install exprinfer[cpu]`` installs.

    In an environment with ``exprinfer[gpu]``, these are the packages of that.
    """
    megabytes = {}
    for name in (_onnxruntime_package(), "numpy", "click"):
        files = distribution(name).files or []
        paths = [Path(str(file.locate())) for file in files]
        total = sum(path.stat().st_size for path in paths if path.is_file())
        megabytes[name] = round(total / 1e6, 1)
    return megabytes


def _onnxruntime_package() -> str:
    """Return the name of the ONNX Runtime package that is installed."""
    try:
        distribution("onnxruntime")
    except PackageNotFoundError:
        return "onnxruntime-gpu"
    return "onnxruntime"
