"""The shipped ``exact`` as a PyTorch module, with the weights from its ONNX file."""

from __future__ import annotations

import numpy as np
import torch
from onnx import load, numpy_helper
from torch import Tensor, nn

from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.model_file import find

#: The gates are i, f, o, g in the file and i, f, g, o in PyTorch.
GATE_ORDER = (0, 1, 3, 2)


class Exact(nn.Module):
    """The network in float32: PyTorch's LSTM layers and greedy decoding.

    It reads and writes ``group`` symbols at a time. ``forward`` takes token ids, int64
    ``[batch, groups * group]``, and returns those of the answers, int64 ``[batch, steps * group]``,
    last symbol first.
    """

    powers: Tensor

    def __init__(self) -> None:
        super().__init__()
        file = load(find("exact"))
        value = {tensor.name: numpy_helper.to_array(tensor) for tensor in file.graph.initializer}
        self.group = int(value["GROUP"][0])
        self.steps = sum(node.output[0].startswith("log_probs") for node in file.graph.node)
        read, write = (
            _dequantized(value[f"{name}_VECTORS"], value) for name in ("READ", "WRITTEN")
        )
        self.read_table, self.written_table = nn.Parameter(read), nn.Parameter(write)
        self.start = nn.Parameter(_dequantized(value["START"], value))
        inputs, units = read.shape[1], value["BRIDGE"].shape[0]
        self.encoder = nn.LSTM(inputs, units, batch_first=True)
        self.decoder = nn.LSTMCell(inputs, units)
        _fill(self.encoder, "_l0", value, "READ", inputs)
        _fill(self.decoder, "", value, "WRITE", inputs)
        self.bridge = _linear(value["BRIDGE"], value["BRIDGE_BIAS"])
        self.output = _linear(value["OUTPUT"], value["OUTPUT_BIAS"])
        self.register_buffer("powers", torch.from_numpy(value["POWERS"].copy()))
        self.requires_grad_(False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Answer a batch."""
        state, cell, vector = self.read(tokens)
        written = []
        for _ in range(self.steps):
            symbols, state, cell, vector = self.write(state, cell, vector)
            written.append(symbols)
        return torch.cat(written, dim=1)

    def read(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the decoder's first state, cell and input, each ``[batch, ...]``."""
        by_group = tokens.reshape(tokens.shape[0], -1, self.group)  # [batch, groups, group]
        numbers = (by_group * self.powers).sum(-1)  # [batch, groups], one number per group
        state = self.encoder(self.read_table[numbers])[0][:, -1]  # [batch, units]
        return state, self.bridge(state), self.start.expand(tokens.shape[0], -1)

    def write(
        self, state: Tensor, cell: Tensor, vector: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return one group of symbols, ``[batch, group]``, and the next state, cell and input."""
        state, cell = self.decoder(vector, (state, cell))
        symbols = self.output(state).reshape(-1, self.group, len(SYMBOLS)).argmax(-1)
        return symbols, state, cell, self.written_table[(symbols * self.powers).sum(-1)]


def _dequantized(codes: np.ndarray, value: dict[str, np.ndarray]) -> Tensor:
    """Return 8-bit codes as the float32 values that they stand for."""
    zero = float(value["ZERO_POINT"])
    return torch.from_numpy((codes.astype(np.float32) - zero) * value["SCALE"])


def _fill(
    layer: nn.Module, suffix: str, value: dict[str, np.ndarray], name: str, inputs: int
) -> None:
    """Copy the file's weights of one LSTM into PyTorch's parameters.

    The file keeps the weights of inputs and state in one matrix, and has only one bias.
    """
    weights = value[f"{name}_WEIGHTS"].astype(np.float32) * value[f"{name}_SCALES"]
    of_inputs, of_state = (_in_torch_order(part) for part in (weights[:inputs], weights[inputs:]))
    bias = _in_torch_order(value[f"{name}_BIAS"])
    with torch.no_grad():
        getattr(layer, f"weight_ih{suffix}").copy_(torch.from_numpy(of_inputs.T.copy()))
        getattr(layer, f"weight_hh{suffix}").copy_(torch.from_numpy(of_state.T.copy()))
        getattr(layer, f"bias_ih{suffix}").copy_(torch.from_numpy(bias.copy()))
        getattr(layer, f"bias_hh{suffix}").zero_()


def _linear(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
    layer = nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))
    return layer


def _in_torch_order(part: np.ndarray) -> np.ndarray:
    """Reorder the gates, which lie along the last axis."""
    gates = np.split(part, 4, axis=-1)
    return np.concatenate([gates[gate] for gate in GATE_ORDER], axis=-1)
