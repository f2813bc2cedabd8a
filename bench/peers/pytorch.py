"""Our weights in PyTorch: eager, compiled, and in bfloat16."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers.grouped import Grouped
from bench.peers.peer import Unavailable
from exprinfer.pool import cores


class PyTorch(Grouped):
    """``how`` is "eager", "compiled" or "bfloat16"."""

    def __init__(self, how: str) -> None:
        try:
            import torch

            from bench.peers.weights import Exact
        except ImportError as error:
            raise Unavailable(f"{error.name} is not installed") from error
        self.torch = torch
        torch.set_num_threads(cores())
        self.name = f"PyTorch, {how}"
        network = Exact().eval()
        self.group = network.group
        self.network: Any = network
        self.context: Any = nullcontext
        if how == "compiled":
            self.network = torch.compile(network, dynamic=True)
        if how == "bfloat16":
            self.context = lambda: torch.autocast("cpu", torch.bfloat16)

    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch."""
        with self.torch.inference_mode(), self.context():
            written: NDArray[np.int64] = self.network(self.torch.from_numpy(tokens)).numpy()
        return written
