"""Our weights in PyTorch: eager, compiled, and in other precisions, on a CPU or a GPU."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import UnavailableError
from bench.baselines.grouped import Grouped
from exprinfer.runtime.threads import cores

#: Rows of one call on a GPU.
ON_CUDA = 16_384


class PyTorch(Grouped):
    """``how`` is "eager" (on a GPU that is cuDNN), "TF32", "compiled", "compiled, TF32", "bfloat16"
    or "compiled, bfloat16"; TF32 is of GPUs alone."""

    def __init__(self, how: str, device: str = "cpu") -> None:
        try:
            import torch

            from bench.baselines.weights import Exact
        except ImportError as error:
            raise UnavailableError(f"{error.name} is not installed") from error
        if device == "cuda" and not torch.cuda.is_available():
            raise UnavailableError("PyTorch has no CUDA device")
        self.torch, self.device = torch, device
        torch.set_num_threads(cores())
        self.name = f"PyTorch, {how}"
        network = Exact().eval().to(device)
        self.group = network.group
        self.network: Any = network
        self.tf32 = "TF32" in how
        self.context: Any = nullcontext
        if "compiled" in how:
            # Of fixed shapes a GPU also replays CUDA graphs.
            mode = {"mode": "max-autotune"} if device == "cuda" else {"dynamic": True}
            self.network = torch.compile(network, **mode)
        if "bfloat16" in how:
            self.context = lambda: torch.autocast(device, torch.bfloat16)
        if device == "cuda":
            self.batch_size, self.expressions = ON_CUDA, 1_000_000

    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch; on a GPU all but the smallest are filled up to one shape."""
        rows = len(tokens)
        if self.device == "cuda":
            tokens = np.pad(tokens, ((0, self.batch_size - rows), (0, 0)), mode="edge")
        written: NDArray[np.int64] = self.compute(self.there(tokens)).cpu().numpy()
        return written[:rows]

    def there(self, tokens: NDArray[np.int64]) -> Any:
        """The tokens as a tensor on the device."""
        return self.torch.from_numpy(tokens).to(self.device)

    def compute(self, tokens: Any) -> Any:
        """Answer a tensor with a tensor."""
        backends: Any = self.torch.backends
        backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = self.tf32
        with self.torch.inference_mode(), self.context():
            return self.network(tokens)

    def wait(self) -> None:
        """Return when the device is done."""
        if self.device == "cuda":
            self.torch.cuda.synchronize()
