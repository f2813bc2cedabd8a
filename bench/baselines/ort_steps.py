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
            import torch

            from bench.baselines.weights import Exact
        network = Exact().eval()
        self.group, self.steps = network.group, network.steps
        # The steps of the encoder are written out, so each number of groups has a file.
        examples = {
            groups * network.group: torch.ones(4, groups * network.group, dtype=torch.int64)
            for groups in range(1, network.most_groups + 1)
        }
        self.read = {
            width: _open(_exported(network, "read", (tokens,)))
            for width, tokens in examples.items()
        }
        state = network.read(examples[network.group])
        self.write = _open(_exported(network, "write", state))

    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch. The state goes from Python to ONNX Runtime and back at every step."""
        state = self.read[tokens.shape[1]].run(None, {"in0": tokens})
        written = []
        for _ in range(self.steps):
            symbols, *state = self.write.run(
                None, {f"in{number}": value for number, value in enumerate(state)}
            )
            written.append(symbols)
        return np.concatenate(written, axis=1)


def _open(content: bytes) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def _exported(network: Any, method: str, inputs: tuple[Any, ...]) -> bytes:
    """Return one method of the network as the bytes of an ONNX file for any batch size."""
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
        warnings.simplefilter("ignore")  # the older exporter is quicker
        torch.onnx.export(
            Part().eval(), inputs, target, input_names=names, dynamo=False,
            dynamic_axes={name: {0: "batch"} for name in names},
        )  # fmt: skip
    return file.getvalue()
