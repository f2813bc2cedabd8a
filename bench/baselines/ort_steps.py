"""Our weights in plain ONNX Runtime, the decoding in Python: one call for each group written."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import UnavailableError
from bench.baselines.grouped import Grouped


class OrtSteps(Grouped):
    """Encoder and decoder step as two files that PyTorch exported, in sessions with defaults."""

    name = "ONNX Runtime, one call a step"

    def __init__(self) -> None:
        try:
            import onnxruntime
            import onnxscript  # noqa: F401 - PyTorch's exporter needs it
            import torch

            from bench.baselines.weights import Exact
        except ImportError as error:
            raise UnavailableError(f"{error.name} is not installed") from error
        network = Exact().eval()
        self.group, self.steps = network.group, network.steps
        tokens = torch.ones(4, 2 * network.group, dtype=torch.int64)
        state = network.read(tokens)
        self.read, self.write = (
            onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
            for content in (
                _exported(network, "read", (tokens,), {0: "batch", 1: "time"}),
                _exported(network, "write", state, {0: "batch"}),
            )
        )

    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch, the state going back and forth."""
        state = self.read.run(None, {"in0": tokens})
        written = []
        for _ in range(self.steps):
            symbols, *state = self.write.run(
                None, {f"in{number}": value for number, value in enumerate(state)}
            )
            written.append(symbols)
        return np.concatenate(written, axis=1)


def _exported(network: Any, method: str, inputs: tuple[Any, ...], axes: dict[int, str]) -> bytes:
    import torch

    class Part(torch.nn.Module):
        """One of the network's methods as a module."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *values: Any) -> Any:
            """Call it."""
            return getattr(self.network, method)(*values)

    names = [f"in{number}" for number in range(len(inputs))]
    file = io.BytesIO()
    target: Any = file  # it writes to files too, whatever its signature says
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that writes LSTM operators is the older one
        torch.onnx.export(
            Part().eval(), inputs, target, input_names=names, dynamo=False,
            dynamic_axes=dict.fromkeys(names, axes),
        )  # fmt: skip
    return file.getvalue()
