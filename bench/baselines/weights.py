"""The shipped ``exact`` as a PyTorch module, with the weights from its ONNX file."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import load
from torch import Tensor, nn

from exprinfer.runtime.model_file import find
from training.graphs import read_values
from training.networks.exact8 import HOT_VALUE, SCALE


class Exact(nn.Module):
    """The network in float32, with greedy decoding.

    It reads and writes ``group`` symbols at a time. What a group adds to the gates is looked up.
    ``forward`` takes token ids, int64 ``[batch, groups * group]``, and returns those of the
    answers, int64 ``[batch, steps * group]``, last symbol first.
    """

    read_powers: Tensor
    write_powers: Tensor

    def __init__(self) -> None:
        super().__init__()
        file = load(find("exact"))
        value = read_values(file)
        self.group, self.symbols = (int(size) for size in value["SCORES_SHAPE"][1:])
        self.units = value["BRIDGE"].shape[0]
        self.steps = -(-int(value["ANSWER_TIME"][0]) // self.group)
        self.most_groups = int(value["READ_TIME"][0]) // self.group
        self.read_gates = _gates_of_groups(value, "READ", self.group)
        self.read_state = _dequantized(value["READ_WEIGHTS"], value["READ_SCALES"], self.units)
        self.write_gates = _gates_of_groups(value, "WRITE", self.group)
        self.write_state = _dequantized(value["WRITE_WEIGHTS"], value["WRITE_SCALES"], self.units)
        self.start = nn.Parameter(torch.from_numpy(value["START_BIAS"].copy()))
        self.bridge = _linear(value, "BRIDGE")
        self.output = _linear(value, "OUTPUT")
        self.register_buffer("read_powers", torch.from_numpy(value["POWERS"].copy()))
        self.register_buffer("write_powers", torch.from_numpy(value["WRITTEN_POWERS"].copy()))
        self.requires_grad_(False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Answer a batch."""
        state, cell, gates = self.read(tokens)
        written = []
        for _ in range(self.steps):
            symbols, state, cell, gates = self.write(state, cell, gates)
            written.append(symbols)
        return torch.cat(written, dim=1)

    def read(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the decoder's first state and cell, and what its first input adds to the gates."""
        by_group = tokens.reshape(tokens.shape[0], -1, self.group)  # [batch, groups, group]
        gates = self.read_gates[(by_group * self.read_powers).sum(-1)]  # [batch, groups, gates]
        state = cell = gates.new_zeros(gates.shape[0], self.units)
        for step in range(by_group.shape[1]):
            state, cell = self._cell(gates[:, step] + state @ self.read_state, cell)
        return state, self.bridge(state), self.start.expand(tokens.shape[0], -1)

    def write(
        self, state: Tensor, cell: Tensor, gates: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return one group of symbols, ``[batch, group]``, and what the next step starts from."""
        state, cell = self._cell(gates + state @ self.write_state, cell)
        symbols = self.output(state).reshape(-1, self.group, self.symbols).argmax(-1)
        return symbols, state, cell, self.write_gates[(symbols * self.write_powers).sum(-1)]

    def _cell(self, gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next state and cell; the file's weights hold the slope of the hard sigmoid."""
        opened = gates[:, : 3 * self.units].clamp(0, 1)
        i, f, o = opened.chunk(3, dim=1)
        cell = f * cell + i * torch.tanh(gates[:, 3 * self.units :])
        return o * torch.tanh(cell), cell


def _gates_of_groups(value: dict[str, NDArray[Any]], kind: str, group: int) -> nn.Parameter:
    """Return what every group of symbols adds to the gates, ``[groups, gates]``."""
    weights, units = value[f"{kind}_WEIGHTS"], value["BRIDGE"].shape[0]
    scales = value[f"{kind}_SCALES"].astype(np.float32)
    of_symbols = weights[:-units].astype(np.float32) * scales * HOT_VALUE
    by_place = of_symbols.reshape(group, -1, of_symbols.shape[1])
    numbers = np.array(list(product(range(by_place.shape[1]), repeat=group)))
    sums = sum(by_place[place][numbers[:, place]] for place in range(group))
    # The file's bias is that of one-hot vectors read as if 64 were 0; a padded row undoes that.
    shift = weights[:-units].astype(np.float32).sum(0) * scales * (64 * SCALE)
    return nn.Parameter(torch.from_numpy(sums + value[f"{kind}_CODE_BIAS"] - shift))


def _dequantized(weights: NDArray[Any], scales: NDArray[Any], units: int) -> nn.Parameter:
    """Return the weights of the state as float32."""
    return nn.Parameter(torch.from_numpy(weights[-units:].astype(np.float32) * scales))


def _linear(value: dict[str, NDArray[Any]], name: str) -> nn.Linear:
    weight = value[name].astype(np.float32) * value[f"{name}_SCALES"]
    layer = nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T.copy()))
        layer.bias.copy_(torch.from_numpy(value[f"{name}_BIAS"].copy()))
    return layer
