"""The shipped weights in PyTorch: eager, compiled and in other precisions, on a CPU or a GPU."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import UnavailableError, requirements
from bench.baselines.grouped import Grouped
from exprinfer.runtime.threads import available_cores

#: Rows per call on a GPU.
GPU_BATCH_SIZE = 16_384


class PyTorch(Grouped):
    """The network as a PyTorch module.

    Args:
        how: "eager", "compiled", "bfloat16" or "compiled, bfloat16"; on a GPU also "TF32" and
            "compiled, TF32". "eager" on a GPU uses cuDNN.
        device: "cpu" or "cuda".

    Raises:
        UnavailableError: If PyTorch is not installed, or has no GPU for "cuda".
    """

    def __init__(self, how: str, device: str = "cpu") -> None:
        with requirements():
            import torch

            from bench.baselines.weights import Exact
        if device == "cuda" and not torch.cuda.is_available():
            raise UnavailableError("PyTorch has no CUDA device")
        self.torch, self.device = torch, device
        torch.set_num_threads(available_cores())
        self.name = f"PyTorch, {how}"
        network = Exact().eval().to(device)
        self.group = network.group
        self.network: Any = network
        self.tf32 = "TF32" in how
        self.context: Any = nullcontext
        if "compiled" in how:
            # With fixed shapes, a GPU also replays CUDA graphs.
            mode = {"mode": "max-autotune"} if device == "cuda" else {"dynamic": True}
            self.network = torch.compile(network, **mode)
        if "bfloat16" in how:
            self.context = lambda: torch.autocast(device, torch.bfloat16)
        if device == "cuda":
            self.batch_size, self.expressions = GPU_BATCH_SIZE, 1_000_000

    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch. On a GPU, small batches are padded, so that all have one shape."""
        rows = len(tokens)
        if self.device == "cuda":
            tokens = np.pad(tokens, ((0, self.batch_size - rows), (0, 0)), mode="edge")
        written: NDArray[np.int64] = self.compute(self.to_device(tokens)).cpu().numpy()
        return written[:rows]

    def to_device(self, tokens: NDArray[np.int64]) -> Any:
        """Return the tokens as a tensor on the device."""
        return self.torch.from_numpy(tokens).to(self.device)

    def compute(self, tokens: Any) -> Any:
        """Answer a tensor of tokens with a tensor of tokens."""
        backends: Any = self.torch.backends
        backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = self.tf32
        with self.torch.inference_mode(), self.context():
            return self.network(tokens)

    def synchronize(self) -> None:
        """Wait until the device has finished."""
        if self.device == "cuda":
            self.torch.cuda.synchronize()
