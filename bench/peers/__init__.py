"""Everybody who answers the same expressions, each a small file behind one interface."""

from __future__ import annotations

from collections.abc import Callable

from bench.peers.keras_gist import KerasGist
from bench.peers.open_vino import OpenVino
from bench.peers.ort_naive import OrtNaive
from bench.peers.ort_steps import OrtSteps
from bench.peers.ours import Ours
from bench.peers.peer import Peer, Unavailable
from bench.peers.python_eval import PythonEval
from bench.peers.pytorch import PyTorch

#: By a short name, how each is made.
PEERS: dict[str, Callable[[], Peer]] = {
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
ON_GPU: dict[str, Callable[[], Peer]] = {
    "ours": lambda: Ours(device="cuda"),
    "torch-eager": lambda: PyTorch("eager", "cuda"),
    "torch-tf32": lambda: PyTorch("TF32", "cuda"),
    "torch-bfloat16": lambda: PyTorch("bfloat16", "cuda"),
    "torch-compiled": lambda: PyTorch("compiled", "cuda"),
    "torch-compiled-tf32": lambda: PyTorch("compiled, TF32", "cuda"),
    "torch-compiled-bfloat16": lambda: PyTorch("compiled, bfloat16", "cuda"),
}

__all__ = ["ON_GPU", "PEERS", "Peer", "Unavailable"]
