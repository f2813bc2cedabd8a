"""The encoder-decoder of ``exact`` with cheaper gates and one-hot symbols.

It starts from the weights of ``Exact``. ``Exact8`` rounds it to 8 bits.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS
from training.networks.exact import reverse
from training.networks.network import Network, pad

#: Answers are written with the first symbols only: padding, digits, plus (never used) and minus.
ANSWER_SYMBOLS = SYMBOLS.index("-") + 1


def hard_sigmoid(value: Tensor) -> Tensor:
    """Return the gate function of Keras 2017: 0.2 x + 0.5, cut at 0 and 1."""
    return torch.clamp(0.2 * value + 0.5, 0, 1)


class Hard(Network):
    """Reads and writes ``group`` symbols in one step, like ``Exact``.

    It differs from it in three points: the gates are hard sigmoids, symbols are read as one-hot
    vectors, and the decoder writes 13 of the 17 symbols. The gates lie in the order i, f, o, g
    (input, forget, output, candidate).
    """

    def __init__(
        self, units: int = 96, group: int = 3, operands: Operands = DEFAULT_OPERANDS
    ) -> None:
        """Make the network.

        Args:
            units: Units of encoder and decoder.
            group: Symbols of one step.
            operands: Operand ranges.
        """
        super().__init__()
        self.longest_input, self.longest_output = operands.longest_input, operands.longest_output
        self.units, self.group = units, group
        self.steps = -(-self.longest_output // group)
        gates = 4 * units
        self.read_symbols = nn.Parameter(torch.zeros(group, len(SYMBOLS) - 1, gates))
        self.read_state = nn.Parameter(torch.zeros(units, gates))
        self.read_bias = nn.Parameter(torch.zeros(gates))
        self.written_symbols = nn.Parameter(torch.zeros(group, ANSWER_SYMBOLS - 1, gates))
        self.write_state = nn.Parameter(torch.zeros(units, gates))
        self.write_bias = nn.Parameter(torch.zeros(gates))
        self.start_bias = nn.Parameter(torch.zeros(gates))
        self.bridge = nn.Linear(units, units)
        self.output = nn.Linear(units, group * ANSWER_SYMBOLS)

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw normal weights of symbols, orthogonal ones of states, and Glorot ones elsewhere."""
        for symbols in (self.read_symbols, self.written_symbols):
            nn.init.normal_(symbols, std=0.4, generator=generator)
        for state, bias in ((self.read_state, self.read_bias), (self.write_state, self.write_bias)):
            nn.init.orthogonal_(state, generator=generator)
            bias[self.units : 2 * self.units] = 1
        self.start_bias.copy_(self.write_bias)
        for linear in (self.bridge, self.output):
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            linear.bias.zero_()

    def start_from(self, weights: Mapping[str, Tensor]) -> None:
        """Take over the weights of ``Exact``, or of this network."""
        self.load_state_dict(from_exact(weights) if "read_table" in weights else weights)

    def targets(self, answers: Tensor) -> Tensor:
        """Return the answers least significant digit first, then the sign, in whole groups."""
        return reverse(pad(answers, self.steps * self.group))

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the logits of every answer symbol, with teacher forcing."""
        state, cell = self._encode(tokens)
        groups = targets.reshape(-1, self.steps, self.group)
        weights, states = self._write_weights(), []
        for step in range(self.steps):
            before = groups[:, step - 1] if step else None
            state, cell = self._write(before, state, cell, weights)
            states.append(state)
        logits = self._scores(torch.stack(states, dim=1))
        return logits.reshape(-1, self.steps * self.group, ANSWER_SYMBOLS)

    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily, in reading order.

        A row ends with the first group whose last symbol is padding. Later groups do not count.
        """
        state, cell = self._encode(tokens)
        symbols: Tensor | None = None
        log_prob = state.new_zeros(tokens.shape[0])
        going = torch.ones(tokens.shape[0], 1, dtype=torch.bool, device=tokens.device)
        weights, written = self._write_weights(), []
        for _ in range(self.steps):
            state, cell = self._write(symbols, state, cell, weights)
            scores = self._scores(state).reshape(-1, self.group, ANSWER_SYMBOLS).log_softmax(-1)
            best, symbols = scores.max(-1)
            log_prob = log_prob + torch.where(going, best, torch.zeros_like(best)).sum(1)
            written.append(torch.where(going, symbols, torch.zeros_like(symbols)))
            going = going & (symbols[:, -1:] != 0)
        return _forward(torch.cat(written, dim=1))[:, : self.longest_output], log_prob

    def _encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's first state and cell, ``[batch, units]`` each."""
        steps = -(-self.longest_input // self.group)
        groups = pad(tokens, steps * self.group).reshape(-1, steps, self.group)
        of_symbols, of_state = self._read_weights()
        gates = _sum_of_symbols(groups, of_symbols) + self.read_bias
        state = cell = gates.new_zeros(len(gates), self.units)
        states = []
        for step in range(steps):
            state, cell = self._step(gates[:, step], state, cell, of_state)
            states.append(state)
        last = (groups != 0).any(-1).sum(1) - 1
        index = last.clamp(min=0)[:, None, None].expand(-1, 1, self.units)
        state = torch.stack(states, dim=1).gather(1, index)[:, 0]
        return state, self._bridge(state)

    def _write(
        self,
        before: Tensor | None,
        state: Tensor,
        cell: Tensor,
        weights: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Return the decoder's next state and cell, given the group before; None at the start."""
        of_symbols, of_state = weights
        gates: Tensor
        if before is None:
            gates = self.start_bias
        else:
            gates = _sum_of_symbols(before, of_symbols) + self.write_bias
        return self._step(gates, state, cell, of_state)

    def _step(
        self, gates: Tensor, state: Tensor, cell: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        gates = gates + state @ weight
        opened = hard_sigmoid(gates[:, : 3 * self.units])
        i, f, o = opened.chunk(3, dim=1)
        cell = f * cell + i * torch.tanh(gates[:, 3 * self.units :])
        return self._kept(o * torch.tanh(cell)), cell

    # What a subclass rounds: weights of symbols ``[group, symbols, gates]`` and of the state.

    def _read_weights(self) -> tuple[Tensor, Tensor]:
        return with_padding(self.read_symbols), self.read_state

    def _write_weights(self) -> tuple[Tensor, Tensor]:
        return with_padding(self.written_symbols), self.write_state

    def _bridge(self, state: Tensor) -> Tensor:
        bridged: Tensor = self.bridge(state)
        return bridged

    def _scores(self, state: Tensor) -> Tensor:
        scores: Tensor = self.output(state)
        return scores

    def _kept(self, state: Tensor) -> Tensor:
        return state


def _forward(written: Tensor) -> Tensor:
    """Reverse as many symbols of each row ``[batch, time]`` as are not padding (ONNX:
    ReverseSequence); a fitted network writes padding only after them.
    """
    length = (written != 0).sum(1, keepdim=True)
    place = torch.arange(written.shape[1], device=written.device)
    return torch.where(
        place < length, written.gather(1, (length - 1 - place).clamp(min=0)), written
    )


def with_padding(symbols: Tensor) -> Tensor:
    """Return weights of symbols with a first row for padding, which adds nothing."""
    return torch.cat([torch.zeros_like(symbols[:, :1]), symbols], dim=1)


def _sum_of_symbols(groups: Tensor, weights: Tensor) -> Tensor:
    """Return what groups of symbols add to the gates.

    Args:
        groups: Token ids, int64 ``[..., group]``.
        weights: Weights of each place and symbol, ``[group, symbols, gates]``.
    """
    hot = nn.functional.one_hot(groups, weights.shape[1]).to(weights.dtype)
    return hot.flatten(-2) @ weights.flatten(0, 1)


def from_exact(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of an ``Exact`` as those of a ``Hard``: the same sums in the gates."""
    units = weights["bridge.bias"].shape[0]
    order = torch.arange(4 * units).reshape(4, units)[[0, 1, 3, 2]].flatten()
    found = {name: weights[name] for name in ("bridge.weight", "bridge.bias")}
    for name, layer in (("read", "encoder"), ("write", "decoder")):
        of_input = weights[f"{layer}.weight_ih_l0"][order].t()
        table = weights["read_table" if name == "read" else "written_table"] @ of_input
        bias = (weights[f"{layer}.bias_ih_l0"] + weights[f"{layer}.bias_hh_l0"])[order]
        if name == "write":
            found["start_bias"] = bias + table[:, len(SYMBOLS)].sum(0)
            table = table[:, :ANSWER_SYMBOLS]
        symbols = "read_symbols" if name == "read" else "written_symbols"
        found[symbols] = table[:, 1:] - table[:, :1]
        found[f"{name}_bias"] = bias + table[:, 0].sum(0)
        found[f"{name}_state"] = weights[f"{layer}.weight_hh_l0"][order].t()
    places = weights["read_table"].shape[0]
    rows = torch.arange(places * len(SYMBOLS)).reshape(places, len(SYMBOLS))[:, :ANSWER_SYMBOLS]
    found["output.weight"] = weights["output.weight"][rows.flatten()]
    found["output.bias"] = weights["output.bias"][rows.flatten()]
    return found
