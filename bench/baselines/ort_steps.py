"""The shipped weights in plain ONNX Runtime, with the decoding loop in Python."""

from __future__ import annotations

import importlib
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import requirements
from bench.baselines.grouped import Grouped


class OrtSteps(Grouped):
    """Encoder and decoder step as two files that PyTorch exported, in sessions with defaults.

    Each step of the decoder writes one group of symbols and is one call.
    """

    name = "ONNX Runtime, one call per step"

    def __init__(self) -> None:
        with requirements():
            importlib.import_module("onnxscript")  # PyTorch's exporter needs it
            import onnxruntime
            import torch

            from bench.baselines.weights import Exact
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
        """Answer a batch. The state goes from Python to ONNX Runtime and back at every step."""
        state = self.read.run(None, {"in0": tokens})
        written = []
        for _ in range(self.steps):
            symbols, *state = self.write.run(
                None, {f"in{number}": value for number, value in enumerate(state)}
            )
            written.append(symbols)
        return np.concatenate(written, axis=1)


def _exported(network: Any, method: str, inputs: tuple[Any, ...], axes: dict[int, str]) -> bytes:
    """Return one method of the network as the bytes of an ONNX file."""
    import torch

    class Part(torch.nn.Module):
        """One method of the network as a module."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *values: Any) -> Any:
            """Call the method."""
            return getattr(self.network, method)(*values)

    names = [f"in{number}" for number in range(len(inputs))]
    file = io.BytesIO()
    target: Any = file  # the exporter accepts open files, although its signature does not
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # only the older exporter writes LSTM operators
        torch.onnx.export(
            Part().eval(), inputs, target, input_names=names, dynamo=False,
            dynamic_axes=dict.fromkeys(names, axes),
        )  # fmt: skip
    return file.getvalue()
