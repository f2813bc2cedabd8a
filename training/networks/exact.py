"""A character-level LSTM encoder-decoder that writes its answer least significant digit first."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from exprinfer.alphabet import SYMBOLS
from training.networks.network import Network

LONGEST_INPUT = 11
LONGEST_OUTPUT = 5
#: The table row that stands for "nothing written yet".
START = len(SYMBOLS)


class Exact(Network):
    """Reads and writes ``group`` symbols a step (Sutskever et al. 2014, with grouped symbols).

    The encoder's state after the last group that holds a symbol goes to the decoder: the LSTM's
    output as it is, the cell through one linear map of it. What is padding is therefore never
    seen, and a row's answer does not depend on the width it was padded to.
    """

    longest_input = LONGEST_INPUT
    longest_output = LONGEST_OUTPUT

    def __init__(self, units: int = 128, group: int = 2, embedding: int = 32) -> None:
        super().__init__()
        self.group = group
        self.steps = -(-LONGEST_OUTPUT // group)
        self.read_table = nn.Parameter(torch.empty(group, len(SYMBOLS), embedding))
        self.written_table = nn.Parameter(torch.empty(group, len(SYMBOLS) + 1, embedding))
        self.encoder = nn.LSTM(embedding, units, batch_first=True)
        self.bridge = nn.Linear(units, units)
        self.decoder = nn.LSTM(embedding, units, batch_first=True)
        self.output = nn.Linear(units, group * len(SYMBOLS))
        for lstm in (self.encoder, self.decoder):
            lstm.bias_hh_l0.requires_grad_(False)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        for table in (self.read_table, self.written_table):
            nn.init.normal_(table, generator=generator)
        for lstm in (self.encoder, self.decoder):
            nn.init.xavier_uniform_(lstm.weight_ih_l0, generator=generator)
            nn.init.orthogonal_(lstm.weight_hh_l0, generator=generator)
            lstm.bias_hh_l0.zero_()
            lstm.bias_ih_l0.zero_()
            lstm.bias_ih_l0[lstm.hidden_size : 2 * lstm.hidden_size] = 1  # gate order: i, f, g, o
        for linear in (self.bridge, self.output):
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            linear.bias.zero_()

    def targets(self, answers: Tensor) -> Tensor:
        """Least significant digit first, the sign behind, padded to whole groups."""
        filling = answers.new_zeros(len(answers), self.steps * self.group - LONGEST_OUTPUT)
        return reverse(torch.cat([answers, filling], dim=1))

    def encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's first state and cell, ``[batch, units]`` each."""
        groups = self._grouped(tokens)
        states, _ = self.encoder(self._look_up(self.read_table, groups))
        last = (groups != 0).any(-1).sum(1) - 1
        index = last.clamp(min=0)[:, None, None].expand(-1, 1, states.shape[2])
        state = states.gather(1, index)[:, 0]
        return state, self.bridge(state)

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        state, cell = self.encode(tokens)
        groups = targets.unflatten(1, (self.steps, self.group))
        before = torch.cat([torch.full_like(groups[:, :1], START), groups[:, :-1]], dim=1)
        inputs = self._look_up(self.written_table, before)
        written, _ = self.decoder(inputs, (state[None], cell[None]))
        logits: Tensor = self.output(written)
        return logits.unflatten(2, (self.group, len(SYMBOLS))).flatten(1, 2)

    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        state, cell = self.encode(tokens)
        tables = self.written_table @ self.decoder.weight_ih_l0.t()
        recurrent = self.decoder.weight_hh_l0.t()
        symbols = tokens.new_full((tokens.shape[0], self.group), START)
        log_prob = state.new_zeros(tokens.shape[0])
        written = []
        for _ in range(self.steps):
            gates = self.decoder.bias_ih_l0 + state @ recurrent
            for place in range(self.group):
                gates = gates + tables[place][symbols[:, place]]
            i, f, g, o = gates.chunk(4, dim=1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            state = torch.sigmoid(o) * torch.tanh(cell)
            logits = self.output(state).unflatten(1, (self.group, len(SYMBOLS)))
            best, symbols = logits.log_softmax(-1).max(-1)
            log_prob = log_prob + best.sum(1)
            written.append(symbols)
        return reverse(torch.cat(written, dim=1))[:, :LONGEST_OUTPUT], log_prob

    def _grouped(self, tokens: Tensor) -> Tensor:
        """Cut ``[batch, time]`` into ``[batch, steps, group]``, padded where time is no multiple."""
        filling = tokens.new_zeros(tokens.shape[0], self.group - 1)
        tokens = torch.cat([tokens, filling], dim=1)
        steps = tokens.shape[1] // self.group
        return tokens[:, : steps * self.group].unflatten(1, (steps, self.group))

    @staticmethod
    def _look_up(table: Tensor, groups: Tensor) -> Tensor:
        """Sum the table rows of each group's symbols, ``[batch, steps, embedding]``."""
        rows = [table[place][groups[..., place]] for place in range(groups.shape[-1])]
        return torch.stack(rows).sum(0)


def reverse(symbols: Tensor) -> Tensor:
    """Turn each row around, ``[batch, time]``, its padding (0) kept on the right."""
    length = (symbols != 0).sum(1, keepdim=True)
    place = torch.arange(symbols.shape[1], device=symbols.device)
    turned = symbols.gather(1, (length - 1 - place).clamp(min=0))
    return torch.where(place < length, turned, torch.zeros_like(turned))
