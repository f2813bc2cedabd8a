"""The shipped ``exact`` as a PyTorch module, from the weights in its file."""

from __future__ import annotations

import numpy as np
import torch
from onnx import load, numpy_helper
from torch import Tensor, nn

from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.model_file import find

ORDER = (0, 1, 3, 2)  # i, f, o, g in the file; i, f, g, o in PyTorch (the swap is its own inverse)


class Exact(nn.Module):
    """The network in float32: LSTM layers as PyTorch has them, greedy decoding.

    Takes token ids ``[batch, groups * group]``, rows of as many groups each; returns answer ids,
    least significant first, ``[batch, steps * group]``.
    """

    powers: Tensor

    def __init__(self) -> None:
        super().__init__()
        file = load(find("exact"))
        value = {tensor.name: numpy_helper.to_array(tensor) for tensor in file.graph.initializer}
        self.group = int(value["GROUP"][0])
        self.steps = sum(node.output[0].startswith("log_probs") for node in file.graph.node)
        read, write = (self._vectors(value, name) for name in ("READ", "WRITTEN"))
        self.read_table, self.written_table = nn.Parameter(read), nn.Parameter(write)
        self.start = nn.Parameter(self._scaled(value["START"], value))
        self.units = value["BRIDGE"].shape[0]
        self.encoder = nn.LSTM(read.shape[1], self.units, batch_first=True)
        self.decoder = nn.LSTMCell(read.shape[1], self.units)
        self._fill(self.encoder, "_l0", value, "READ", read.shape[1])
        self._fill(self.decoder, "", value, "WRITE", read.shape[1])
        self.bridge = self._linear(value["BRIDGE"], value["BRIDGE_BIAS"])
        self.output = self._linear(value["OUTPUT"], value["OUTPUT_BIAS"])
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
        """Return the decoder's first state, cell and input, ``[batch, ...]`` each."""
        by_group = tokens.reshape(tokens.shape[0], -1, self.group)
        numbers = (by_group * self.powers).sum(-1)
        state = self.encoder(self.read_table[numbers])[0][:, -1]
        return state, self.bridge(state), self.start.expand(tokens.shape[0], -1)

    def write(
        self, state: Tensor, cell: Tensor, vector: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return a group of symbols, ``[batch, group]``, and the next state, cell and input."""
        state, cell = self.decoder(vector, (state, cell))
        symbols = self.output(state).reshape(-1, self.group, len(SYMBOLS)).argmax(-1)
        return symbols, state, cell, self.written_table[(symbols * self.powers).sum(-1)]

    @staticmethod
    def _scaled(codes: np.ndarray, value: dict[str, np.ndarray]) -> Tensor:
        zero = float(value["ZERO_POINT"])
        return torch.from_numpy((codes.astype(np.float32) - zero) * value["SCALE"])

    def _vectors(self, value: dict[str, np.ndarray], name: str) -> Tensor:
        return self._scaled(value[f"{name}_VECTORS"], value)

    @staticmethod
    def _fill(
        layer: nn.Module, suffix: str, value: dict[str, np.ndarray], name: str, inputs: int
    ) -> None:
        weights = value[f"{name}_WEIGHTS"].astype(np.float32) * value[f"{name}_SCALES"]
        split = [_ordered(part) for part in (weights[:inputs], weights[inputs:])]
        split.append(_ordered(value[f"{name}_BIAS"]))
        with torch.no_grad():
            getattr(layer, f"weight_ih{suffix}").copy_(torch.from_numpy(split[0].T.copy()))
            getattr(layer, f"weight_hh{suffix}").copy_(torch.from_numpy(split[1].T.copy()))
            getattr(layer, f"bias_ih{suffix}").copy_(torch.from_numpy(split[2].copy()))
            getattr(layer, f"bias_hh{suffix}").zero_()

    @staticmethod
    def _linear(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
        layer = nn.Linear(*weight.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias.copy()))
        return layer


def _ordered(part: np.ndarray) -> np.ndarray:
    """The gates in PyTorch's order, along the last axis."""
    gates = np.split(part, 4, axis=-1)
    return np.concatenate([gates[k] for k in ORDER], axis=-1)
