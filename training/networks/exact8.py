"""``Hard`` with its matrix products in 8 bits. It is fitted with the rounding in place.

A state is a 7-bit number, a symbol is a one-hot vector, and weights are signed 8-bit numbers with
one scale for each column (Jacob et al. 2018, with straight-through gradients). With 7 bits on one
side, no processor's 8-bit product overflows, so the sums are the same on all processors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from exprinfer.language.tokenizer import SYMBOLS
from training import graphs
from training.networks.hard import ANSWER_SYMBOLS, Hard, with_padding

#: Largest 8-bit number, for weights, and largest signed 7-bit number, for states.
MOST_WEIGHT, MOST = 127, 63
#: A state in -1..1 is stored as a number in 1..127 with this scale; 64 means 0.
SCALE, ZERO_POINT = 1 / MOST, 64
#: One-hot vectors have the numbers 0 and 127. The bias makes up for their distance from 64.
HOT = 127
HOT_VALUE = HOT * SCALE
#: Names of the gates in the graphs, in the order of the columns.
GATES = "IFOG"


def rounded(value: Tensor, scale: Tensor | float) -> Tensor:
    """Return the nearest multiple of the scale; gradients pass as if nothing were rounded."""
    return value + ((value / scale).round() * scale - value).detach()


def column_scales(weight: Tensor) -> Tensor:
    """Return the scale of each column of weights ``[rows, columns]``."""
    return (weight.abs().amax(0) / MOST_WEIGHT).clamp(min=1e-12).detach()


class RoundedGates(NamedTuple):
    """The weights of the gates of one LSTM, rounded with one scale for each column.

    Attributes:
        symbols: Weights of symbols around ``middle``, ``[group, symbols, gates]``.
        middle: What each place adds whatever its symbol is, not rounded, ``[group, 1, gates]``.
        state: Weights of the state, ``[units, gates]``.
        scales: The scales of both, ``[gates]``.
    """

    symbols: Tensor
    middle: Tensor
    state: Tensor
    scales: Tensor


def round_gates(symbols: Tensor, state: Tensor) -> RoundedGates:
    """Round weights of symbols (without padding) and of the state."""
    whole = with_padding(symbols)
    middle = (whole.amax(1, keepdim=True) + whole.amin(1, keepdim=True)) / 2
    around = whole - middle
    scales = column_scales(torch.cat([around.flatten(0, 1) / HOT_VALUE, state]))
    return RoundedGates(rounded(around, scales * HOT_VALUE), middle, rounded(state, scales), scales)


def round_columns(weight: Tensor) -> Tensor:
    """Round weights ``[rows, columns]`` with one scale for each column."""
    return rounded(weight, column_scales(weight))


class Exact8(Hard):
    """The network of ``Hard`` with the same weights, rounded."""

    def _read_weights(self) -> tuple[Tensor, Tensor]:
        gates = round_gates(self.read_symbols, self.read_state)
        return gates.symbols + gates.middle, gates.state

    def _write_weights(self) -> tuple[Tensor, Tensor]:
        gates = round_gates(self.written_symbols, self.write_state)
        return gates.symbols + gates.middle, gates.state

    def _bridge(self, state: Tensor) -> Tensor:
        return state @ round_columns(self.bridge.weight.t()) + self.bridge.bias

    def _scores(self, state: Tensor) -> Tensor:
        return state @ round_columns(self.output.weight.t()) + self.output.bias

    def _kept(self, state: Tensor) -> Tensor:
        return rounded(state, SCALE)

    def graph(self) -> onnx.ModelProto:
        """Return the graph in 8 bits; for many rows, it skips those that have ended."""
        words = {
            "ALL_WRITTEN": ", ".join(f"written{k}" for k in range(self.steps)),
            "ALL_OF_ONE": ", ".join(f"one_written{k}" for k in range(self.steps)),
            "LAST_LOG_PROB": f"log_prob{self.steps}",
            "LAST_TOTAL": f"one_total{self.steps - 1}",
        }
        return graphs.build("exact", self._values(), words, others=self.steps - 1)

    def cuda_graph(self) -> onnx.ModelProto:
        """Return a graph with the same numbers and fixed steps, for CUDA graphs."""
        read = -(-self.longest_input // self.group)
        words = {
            "ANSWER_WIDTH": str(self.longest_output),
            "READ_WIDTH": str(read * self.group),
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
        reading = round_gates(self.read_symbols, self.read_state)
        writing = round_gates(self.written_symbols, self.write_state)
        tensors = {
            **_gates("READ", reading, self.read_bias),
            **_gates("WRITE", writing, self.write_bias),
            **_by_gate("START_BIAS", _folded_bias(self.start_bias)),
            **_linear("BRIDGE", self.bridge),
            **_linear("OUTPUT", self.output),
        }
        return {name: value.numpy() for name, value in tensors.items()} | self._constants()

    def _constants(self) -> dict[str, NDArray[np.generic]]:
        group, units, symbols = self.group, self.units, len(SYMBOLS)
        steps = -(-self.longest_input // group)
        powers = symbols ** np.arange(group)[::-1]
        written_powers = ANSWER_SYMBOLS ** np.arange(group)[::-1]
        places = np.arange(self.longest_output)
        integers = {
            "ZERO": [0], "ONE": [1], "TWO": [2], "STEPS": [steps],
            "ZERO_SCALAR": 0, "ONE_SCALAR": 1, "FIRST": 0, "LAST_OF_GROUP": group - 1,
            "GROUP": [group], "GATES_SPLIT": [3 * units, units],
            "SYMBOLS": symbols, "ANSWER_SYMBOLS": ANSWER_SYMBOLS,
            "GROUPS_SCALAR": symbols**group, "WRITTEN_SCALAR": ANSWER_SYMBOLS**group,
            "POWERS": powers, "WRITTEN_POWERS": written_powers,
            "READ_CODES_SHAPE": [-1, group * symbols],
            "WRITTEN_CODES_SHAPE": [-1, group * ANSWER_SYMBOLS],
            "PADDING": [0, 0, 0, steps * group], "READ_TIME": [steps * group], "BLANK": 0,
            "BLANKS": [[0]], "BY_STATE": [-1, units], "SCORES_SHAPE": [-1, group, ANSWER_SYMBOLS],
            "ANSWER_TIME": [self.longest_output],
            "PLACES": places, "PLACES_FROM_ONE": 1 + places,
            "ROWS": [-1, 4 * units], "GROUPS": [-1, group], "LAST_IN_GROUP": [group - 1],
        }  # fmt: skip
        column = powers.astype(np.float32)[:, None]
        return {
            **{name: np.array(value, np.int64) for name, value in integers.items()},
            "ONE_HOT": HOT * np.eye(symbols, dtype=np.uint8),
            "WRITTEN_ONE_HOT": HOT * np.eye(ANSWER_SYMBOLS, dtype=np.uint8),
            "READ_POWERS": np.kron(np.eye(steps, dtype=np.float32), column),
            "ANSWER_POWERS": written_powers.astype(np.float32)[:, None],
            "SCALE": np.array(SCALE, np.float32),
            "ZERO_POINT": np.array(ZERO_POINT, np.uint8),
            "CLOSED": np.array(0, np.float32),
            "OPEN": np.array(1, np.float32),
            "ZERO_LOG_PROB": np.zeros(1, np.float32),
            "total0": np.zeros((1, 1), np.float32),
            # Before the first group: the number after those of all groups, and not an end.
            "before0": np.array([[0] * (group - 1) + [ANSWER_SYMBOLS**group]], np.int64),
        }


def _gates(name: str, gates: RoundedGates, bias: Tensor) -> dict[str, Tensor]:
    """Return the weights of one LSTM as the graphs have them.

    The hard sigmoid's slope and offset are part of the scales and biases. The ``CODE_BIAS`` belongs
    to one-hot vectors that are read as if 64 were 0.
    """
    of_symbols = (gates.symbols / (gates.scales * HOT_VALUE)).flatten(0, 1).round()
    of_state = (gates.state / gates.scales).round()
    bias = bias + gates.middle.sum((0, 1))
    shift = of_symbols.sum(0) * gates.scales * (ZERO_POINT * SCALE)
    weights = torch.cat([of_symbols, of_state]).to(torch.int8)
    return {
        **_by_gate(f"{name}_WEIGHTS", weights),
        **_by_gate(f"{name}_SYMBOL_WEIGHTS", of_symbols.to(torch.int8)),
        **_by_gate(f"{name}_STATE_WEIGHTS", of_state.to(torch.int8)),
        **_by_gate(f"{name}_SCALES", gates.scales * _slopes(gates.scales)),
        **_by_gate(f"{name}_BIAS", _folded_bias(bias)),
        **_by_gate(f"{name}_CODE_BIAS", _folded_bias(bias + shift)),
    }


def _slopes(columns: Tensor) -> Tensor:
    """Return the slope of the function of each gate: 0.2, and 1 for the candidates."""
    units = len(columns) // 4
    return torch.cat([torch.full((3 * units,), 0.2), torch.ones(units)])


def _folded_bias(bias: Tensor) -> Tensor:
    slopes = _slopes(bias)
    return torch.where(slopes < 1, bias * slopes + 0.5, bias)


def _by_gate(name: str, columns: Tensor) -> dict[str, Tensor]:
    """Return all columns under the name, and those of each gate under the name and its letter."""
    parts = zip(GATES, columns.chunk(4, dim=-1), strict=True)
    return {name: columns, **{f"{name}_{gate}": part for gate, part in parts}}


def _linear(name: str, linear: nn.Linear) -> dict[str, Tensor]:
    weight = linear.weight.t()
    scales = column_scales(weight)
    return {
        name: (weight / scales).round().to(torch.int8),
        f"{name}_SCALES": scales,
        f"{name}_BIAS": linear.bias,
    }
