"""The controller of the tape machine: an LSTM with finitely many memories."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from exprinfer.language.tokenizer import SYMBOLS

TAPES = 4
#: What the controller sees of a tape it does not look at, and its decision to write nothing.
UNSEEN = KEEP = len(SYMBOLS)


class Longhand(nn.Module):
    """One step of an LSTM (Hochreiter and Schmidhuber 1997) with a vector-quantised state.

    The new hidden state is classified into one of ``codes``; the learned vectors of that code,
    a hidden state and a cell, are what the next step goes on from (after van den Oord et al. 2017).
    A code also says at which tapes the next step looks; what stands on the others is not seen.
    """

    def __init__(self, codes: int, units: int = 64, embedding: int = 32) -> None:
        super().__init__()
        self.codes = codes
        self.symbols = nn.Parameter(torch.empty(TAPES, len(SYMBOLS) + 1, embedding))
        self.hidden = nn.Parameter(torch.empty(codes, units))
        self.cell = nn.Parameter(torch.empty(codes, units))
        self.looks = nn.Parameter(torch.empty(codes, TAPES))
        self.input_gates = nn.Linear(embedding, 4 * units)
        self.hidden_gates = nn.Linear(units, 4 * units, bias=False)
        self.memory = nn.Linear(units, codes)
        self.write = nn.Linear(units, TAPES * (len(SYMBOLS) + 1))
        self.move = nn.Linear(units, TAPES * 3)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draw normal tables and Glorot uniform matrices; gates open at first by half."""
        for table in (self.symbols, self.hidden, self.cell):
            nn.init.normal_(table, generator=generator)
        self.looks.zero_()
        for linear in self.children():
            assert isinstance(linear, nn.Linear)
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            if linear.bias is not None:
                linear.bias.zero_()

    def forward(self, memory: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Decide on what to remember, write and where to move.

        Takes codes ``[batch]`` and token ids ``[batch, tapes]``, UNSEEN where the code does not
        look. Returns logits: of the next code ``[batch, codes]``, of the symbol to write or KEEP
        ``[batch, tapes, symbols + 1]``, of left, stay, right ``[batch, tapes, 3]``.
        """
        tapes = torch.arange(TAPES, device=seen.device)
        gates = self.input_gates(self.symbols[tapes, seen].sum(1))
        i, f, g, o = (gates + self.hidden_gates(self.hidden[memory])).chunk(4, dim=1)
        cell = torch.sigmoid(f) * self.cell[memory] + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
        return (
            self.memory(hidden),
            self.write(hidden).unflatten(1, (TAPES, -1)),
            self.move(hidden).unflatten(1, (TAPES, 3)),
        )
