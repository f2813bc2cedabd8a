"""``Exact`` with its large matrix products in 8 bits. It is fitted with the rounding in place.

The state is a 7-bit number, and the vector of a group of symbols is the sum of two 7-bit numbers.
Weights are signed 8-bit numbers with one scale for each column (Jacob et al. 2018, with
straight-through gradients). With 7 bits on one side, no processor's 8-bit product overflows, so the
sums are the same on all processors.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor

from exprinfer.language.tokenizer import SYMBOLS
from training import graphs
from training.networks.exact import START, Exact, look_up
from training.networks.lstm import Lstm

#: Largest signed 7-bit number, for states and vectors, and largest 8-bit number, for weights.
MOST, MOST_WEIGHT = 63, 127
#: A state in -1..1 is stored as a number in 1..127 with this scale; 64 means 0.
SCALE, ZERO_POINT = 1 / MOST, 64


def rounded(value: Tensor, scale: Tensor | float) -> Tensor:
    """Return the nearest multiple of the scale; gradients pass as if nothing were rounded."""
    return value + ((value / scale).round() * scale - value).detach()


@dataclass(frozen=True)
class Rounded:
    """An LSTM with rounded weights.

    Attributes:
        vector_scale: Scale of both parts of the vectors of symbols, ``[embedding]``.
        input_weight: Weights of both parts, ``[2 * embedding, 4 * units]``.
        state_weight: Weights of the state, ``[units, 4 * units]``.
        bias: Bias of the gates, ``[4 * units]``.
        scales: Scales of the columns of the weights, ``[4 * units]``. The weights of vectors are
            first brought to the scale of the state.
    """

    vector_scale: Tensor
    input_weight: Tensor
    state_weight: Tensor
    bias: Tensor
    scales: Tensor

    def parts(self, vector: Tensor) -> Tensor:
        """Return the two rounded parts of a vector, ``[..., 2 * embedding]``."""
        first = rounded(vector / 2, self.vector_scale)
        return torch.cat([first, rounded(vector - first, self.vector_scale)], dim=-1)

    def step(self, vector: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next state and cell, ``[batch, units]``."""
        gates = self.parts(vector) @ self.input_weight + self.bias
        gates = gates + rounded(state, SCALE) @ self.state_weight
        i, f, g, o = gates.chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(cell), cell

    def run(self, vectors: Tensor, state: Tensor, cell: Tensor) -> Tensor:
        """Return the states after each vector, ``[batch, steps, units]``."""
        states = []
        for vector in vectors.unbind(1):
            state, cell = self.step(vector, state, cell)
            states.append(state)
        return torch.stack(states, dim=1)


def round_lstm(lstm: Lstm, table: Tensor, start: Tensor | None = None) -> Rounded:
    """Round an LSTM that reads sums of table rows.

    Args:
        lstm: The LSTM.
        table: The tables of its inputs, ``[group, symbols, embedding]``.
        start: One more vector that it reads, ``[embedding]``.
    """
    vector_scale = _largest(table, start) / (2 * MOST)
    ratios = _ratios(vector_scale)
    of_parts = lstm.weight_ih_l0.t().repeat(2, 1) * ratios
    weight = torch.cat([of_parts, lstm.weight_hh_l0.t()])
    scales = (weight.abs().amax(0) / MOST_WEIGHT).detach()
    sizes = [2 * lstm.input_size, lstm.hidden_size]
    of_vector, of_state = torch.split(rounded(weight, scales), sizes)
    bias = lstm.bias_ih_l0 + lstm.bias_hh_l0
    return Rounded(vector_scale, of_vector / ratios, of_state, bias, scales)


def _ratios(vector_scale: Tensor) -> Tensor:
    """Return the scales of both parts in units of the state's scale, ``[2 * embedding, 1]``."""
    return (vector_scale / SCALE).repeat(2)[:, None]


@torch.no_grad()
def _largest(table: Tensor, start: Tensor | None) -> Tensor:
    """Return the largest absolute values of all vectors that can be read, ``[embedding]``."""
    most = torch.maximum(table.amax(1).sum(0), -table.amin(1).sum(0))
    return most if start is None else torch.maximum(most, start.abs())


class Exact8(Exact):
    """The network of ``Exact`` with the same weights, rounded."""

    def _read(self, groups: Tensor) -> Tensor:
        vectors = look_up(self.read_table, groups)
        zeros = vectors.new_zeros(len(groups), self.encoder.hidden_size)
        return round_lstm(self.encoder, self.read_table).run(vectors, zeros, zeros)

    def _write(self, before: Tensor, state: Tensor, cell: Tensor) -> Tensor:
        vectors = look_up(self.written_table, before)
        return self._rounded_decoder().run(vectors, state, cell)

    def _step(self, symbols: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        vector = look_up(self.written_table, symbols)
        return self._rounded_decoder().step(vector, state, cell)

    def _rounded_decoder(self) -> Rounded:
        start = self.written_table[:, START].sum(0)
        return round_lstm(self.decoder, self.written_table[:, :START], start)

    def graph(self) -> onnx.ModelProto:
        """Return the graph in 8 bits, which skips the rows that have ended."""
        words = {
            "ALL_WRITTEN": ", ".join(f"written{k}" for k in range(self.steps)),
            "LAST_LOG_PROB": f"log_prob{self.steps}",
        }
        return graphs.build("exact", self._values(), words, steps=self.steps)

    def cuda_graph(self) -> onnx.ModelProto:
        """Return a graph with the same numbers and fixed steps, for CUDA graphs."""
        read = -(-self.longest_input // self.group)
        words = {
            "ANSWER_TIME": str(self.longest_output),
            "READ_TIME": str(read * self.group),
            "READ_STEPS": str(read),
            "READ_NUMBERS": ", ".join(f"group{k}" for k in range(read)),
            "LAST_READ": f"state_read{read - 1}",
            "ALL_WRITTEN": ", ".join(f"before{k + 1}" for k in range(self.steps)),
            "LAST_TOTAL": f"total{self.steps}",
        }
        return graphs.build("exact_cuda", self._values(), words, others=read - 1, steps=self.steps)

    @torch.no_grad()
    def _values(self) -> dict[str, NDArray[np.generic]]:
        """Return the weights and constants of both graphs."""
        encoder = round_lstm(self.encoder, self.read_table)
        decoder = self._rounded_decoder()
        units = self.bridge.in_features
        group, symbols = self.group, len(SYMBOLS)
        powers = symbols ** np.arange(group)[::-1]
        places = np.arange(self.longest_output)
        integers = {
            "ZERO": [0], "ONE": [1], "TWO": [2],
            "ZERO_SCALAR": 0, "ONE_SCALAR": 1, "FIRST": 0, "LAST_OF_GROUP": group - 1,
            "GROUP": [group], "GROUP_LESS_ONE": [group - 1],
            "PADDING": [0, 0, 0, group - 1],
            "BLANK": 0, "BLANKS": [[0]], "SCORES_SHAPE": [-1, group, symbols],
            "POWERS": powers,
            "GATES_SPLIT": [3 * units, units],
            "PLACES": places, "PLACES_FROM_ONE": 1 + places,
            "ROWS": [-1, 4 * units], "GROUPS": [-1, group], "LAST_IN_GROUP": [group - 1],
            # Before the first group: the number after those of all groups, and not an end.
            "before0": [[0] * (group - 1) + [symbols**group]],
        }  # fmt: skip
        start = self.written_table[:, START].sum(0)[None]
        read_weights, write_weights = _codes(encoder), _codes(decoder)
        parts = 2 * self.read_table.shape[2]
        order = _gate_order(units)
        column = torch.from_numpy(powers.astype(np.float32))[:, None]
        tensors = {
            "READ_VECTORS": _vector_codes(_sums(self.read_table), encoder),
            "WRITTEN_VECTORS": _vector_codes(_sums(self.written_table[:, :START]), decoder),
            "START": _vector_codes(start, decoder),
            "FIRST_WEIGHTS": read_weights[:parts],
            "READ_WEIGHTS": read_weights,
            "READ_STATE_WEIGHTS": read_weights[parts:],
            "WRITE_WEIGHTS": write_weights,
            "WRITE_VECTOR_WEIGHTS": write_weights[:parts],
            "WRITE_STATE_WEIGHTS": write_weights[parts:],
            "READ_SCALES": encoder.scales[order],
            "READ_BIAS": encoder.bias[order],
            "WRITE_SCALES": decoder.scales[order],
            "WRITE_BIAS": decoder.bias[order],
            "BRIDGE": self.bridge.weight.t(),
            "BRIDGE_BIAS": self.bridge.bias,
            "OUTPUT": self.output.weight.t(),
            "OUTPUT_BIAS": self.output.bias,
            "ZERO_LOG_PROB": torch.zeros(1),
            "total0": torch.zeros(1, 1),
            "SCALE": torch.tensor(SCALE),
            "ZERO_POINT": torch.tensor(ZERO_POINT, dtype=torch.uint8),
            "ZERO_CODE": torch.tensor(float(ZERO_POINT)),
            "GROUP_POWERS": column,
            "READ_POWERS": torch.kron(torch.eye(-(-self.longest_input // group)), column),
        }
        return {
            **{name: np.array(value, np.int64) for name, value in integers.items()},
            **{name: tensor.numpy() for name, tensor in tensors.items()},
        }


def _gate_order(units: int) -> Tensor:
    """Return the columns in the order i, f, o, g; PyTorch has i, f, g, o."""
    return torch.arange(4 * units).reshape(4, units)[[0, 1, 3, 2]].flatten()


def _codes(lstm: Rounded) -> Tensor:
    """Return the weights as numbers, int8 ``[2 * embedding + units, 4 * units]``."""
    of_vector = lstm.input_weight * _ratios(lstm.vector_scale)
    weight = torch.cat([of_vector, lstm.state_weight]) / lstm.scales
    return weight.round().to(torch.int8)[:, _gate_order(lstm.state_weight.shape[0])]


def _vector_codes(vectors: Tensor, lstm: Rounded) -> Tensor:
    """Return both parts of vectors as 7-bit numbers, uint8 ``[vectors, 2 * embedding]``."""
    codes = lstm.parts(vectors) / lstm.vector_scale.repeat(2)
    return (codes.round() + ZERO_POINT).to(torch.uint8)


def _sums(table: Tensor) -> Tensor:
    """Return the vector of every group of symbols, ``[groups, embedding]``.

    A group's number has its symbols as digits in base ``symbols``, the first one most significant.
    """
    groups = torch.tensor(list(product(range(table.shape[1]), repeat=len(table))))
    return look_up(table, groups)
