"""A character-level LSTM encoder-decoder that writes the least significant digit first.

The names of the parameters are part of ``weights_sha256`` in the shipped files.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS
from training.networks.lstm import Lstm
from training.networks.network import Network, pad

#: The row of the table that means "nothing written yet".
START = len(SYMBOLS)


class Exact(Network):
    """Reads and writes ``group`` symbols in one step (Sutskever et al. 2014, with grouped symbols).

    The encoder's state after the last group that contains a symbol initializes the decoder's hidden
    state directly and its cell through a linear layer. Padding after that group is never seen, so
    an answer does not depend on the width of the batch.
    """

    def __init__(
        self,
        units: int = 128,
        group: int = 2,
        embedding: int = 32,
        operands: Operands = DEFAULT_OPERANDS,
    ) -> None:
        super().__init__()
        self.longest_input, self.longest_output = operands.longest_input, operands.longest_output
        self.group = group
        self.steps = -(-self.longest_output // group)
        self.read_table = nn.Parameter(torch.empty(group, len(SYMBOLS), embedding))
        self.written_table = nn.Parameter(torch.empty(group, len(SYMBOLS) + 1, embedding))
        self.encoder = Lstm(embedding, units)
        self.bridge = nn.Linear(units, units)
        self.decoder = Lstm(embedding, units)
        self.output = nn.Linear(units, group * len(SYMBOLS))

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw normal tables, and LSTM and linear weights with Keras' defaults."""
        for table in (self.read_table, self.written_table):
            nn.init.normal_(table, generator=generator)
        for lstm in (self.encoder, self.decoder):
            lstm.initialize(generator)
        for linear in (self.bridge, self.output):
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            linear.bias.zero_()

    def targets(self, answers: Tensor) -> Tensor:
        """Return the answers least significant digit first, then the sign, in whole groups."""
        return reverse(pad(answers, self.steps * self.group))

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the logits of every symbol, with teacher forcing."""
        state, cell = self._encode(tokens)
        groups = targets.reshape(-1, self.steps, self.group)
        before = torch.cat([torch.full_like(groups[:, :1], START), groups[:, :-1]], dim=1)
        logits: Tensor = self.output(self._write(before, state, cell))
        return logits.reshape(-1, self.steps * self.group, len(SYMBOLS))

    def _write(self, before: Tensor, state: Tensor, cell: Tensor) -> Tensor:
        """Return the decoder's states, ``[batch, steps, units]``, given the groups before."""
        inputs = look_up(self.written_table, before)
        written: Tensor = self.decoder(inputs, (state[None], cell[None]))[0]
        return written

    def _read(self, groups: Tensor) -> Tensor:
        """Return the encoder's states after each group, ``[batch, steps, units]``."""
        states: Tensor = self.encoder(look_up(self.read_table, groups))[0]
        return states

    def _step(self, symbols: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's next state and cell, given the group before."""
        gate_inputs = self.decoder.gate_inputs(look_up(self.written_table, symbols))
        return self.decoder.step(gate_inputs, state, cell)

    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily, in reading order."""
        written, log_prob = self._write_greedily(tokens)
        return reverse(written)[:, : self.longest_output], log_prob

    def _write_greedily(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the symbols as they are written, and the log-probability of each row.

        A row ends with the first group whose last symbol is padding. Later groups do not count.
        """
        state, cell = self._encode(tokens)
        symbols = tokens.new_full((tokens.shape[0], self.group), START)
        log_prob = state.new_zeros(tokens.shape[0])
        going = torch.ones_like(symbols[:, :1], dtype=torch.bool)
        written = []
        for _ in range(self.steps):
            state, cell = self._step(symbols, state, cell)
            logits: Tensor = self.output(state)
            scores = logits.reshape(-1, self.group, len(SYMBOLS)).log_softmax(-1)
            best, symbols = scores.max(-1)
            log_prob = log_prob + torch.where(going, best, torch.zeros_like(best)).sum(1)
            written.append(torch.where(going, symbols, torch.zeros_like(symbols)))
            going = going & (symbols[:, -1:] != 0)
        return torch.cat(written, dim=1), log_prob

    def _encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's first state and cell, ``[batch, units]`` each."""
        steps = -(-self.longest_input // self.group)
        groups = pad(tokens, steps * self.group).reshape(-1, steps, self.group)
        states = self._read(groups)
        last = (groups != 0).any(-1).sum(1) - 1
        index = last.clamp(min=0)[:, None, None].expand(-1, 1, states.shape[2])
        state = states.gather(1, index)[:, 0]
        return state, self.bridge(state)


def look_up(table: Tensor, groups: Tensor) -> Tensor:
    """Return the sum of the table rows of each group, ``[..., group]`` to ``[..., embedding]``."""
    rows = [table[place][groups[..., place]] for place in range(groups.shape[-1])]
    return torch.stack(rows).sum(0)


def reverse(symbols: Tensor) -> Tensor:
    """Reverse each row, ``[batch, time]``; its padding (0) stays on the right."""
    length = (symbols != 0).sum(1, keepdim=True)
    place = torch.arange(symbols.shape[1], device=symbols.device)
    turned = symbols.gather(1, (length - 1 - place).clamp(min=0))
    return torch.where(place < length, turned, torch.zeros_like(turned))
