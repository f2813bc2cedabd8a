"""What exprinfer is compared with. Each baseline is one small file behind one interface."""

from __future__ import annotations

from collections.abc import Callable

from bench.baselines.baseline import Baseline, UnavailableError
from bench.baselines.keras_gist import KerasGist
from bench.baselines.open_vino import OpenVino
from bench.baselines.ort_naive import OrtNaive
from bench.baselines.ort_steps import OrtSteps
from bench.baselines.ours import Ours
from bench.baselines.python_eval import PythonEval
from bench.baselines.pytorch import PyTorch

#: The constructor of each baseline on a CPU, by the key that results and ``--only`` use.
BASELINES: dict[str, Callable[[], Baseline]] = {
    "ours": Ours,
    "ours-1": lambda: Ours("auto", threads=1),
    "eval": PythonEval,
    "openvino": OpenVino,
    "torch-compiled": lambda: PyTorch("compiled"),
    "torch-eager": lambda: PyTorch("eager"),
    "torch-bfloat16": lambda: PyTorch("bfloat16"),
    "ort-naive": OrtNaive,
    "ort-steps": OrtSteps,
    "longhand": lambda: Ours("longhand"),
    "gist": lambda: Ours("gist"),
    "keras-best": lambda: KerasGist(batch_size=1_024),
    "keras-default": lambda: KerasGist(),
}

#: The same on a GPU.
ON_GPU: dict[str, Callable[[], Baseline]] = {
    "ours": lambda: Ours(device="cuda"),
    "torch-eager": lambda: PyTorch("eager", "cuda"),
    "torch-tf32": lambda: PyTorch("TF32", "cuda"),
    "torch-bfloat16": lambda: PyTorch("bfloat16", "cuda"),
    "torch-compiled": lambda: PyTorch("compiled", "cuda"),
    "torch-compiled-tf32": lambda: PyTorch("compiled, TF32", "cuda"),
    "torch-compiled-bfloat16": lambda: PyTorch("compiled, bfloat16", "cuda"),
}

__all__ = ["BASELINES", "ON_GPU", "Baseline", "UnavailableError"]
