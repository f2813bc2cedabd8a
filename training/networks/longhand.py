"""The controller of the tape machine: one step of an LSTM, with a finite number of states."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from exprinfer.language.tokenizer import SYMBOLS
from training.longhand.machine import TAPES

#: Symbols that the controller can see on a tape (UNSEEN is one more), and can write (or KEEP).
_CHOICES = len(SYMBOLS) + 1
#: Left, stay, right.
_MOVES = 3


class Longhand(nn.Module):
    """One step of an LSTM (Hochreiter and Schmidhuber 1997) whose state is one of a given set.

    The states are those of an automaton that was inferred before, and fitting tells the network
    which one comes next: a softmax over the states chooses it. Each state has a vector for the
    hidden state and one for the cell, and the next step starts from these. Nothing else is carried
    from step to step. A state also decides which tapes the next step looks at; the symbols on the
    others are hidden.

    The names of the parameters are part of ``weights_sha256`` in the shipped file. This is why the
    layer that chooses the next state is called ``memory``, the name of an earlier version.
    """

    def __init__(self, states: int, units: int = 64, embedding: int = 32) -> None:
        super().__init__()
        tapes = len(TAPES)
        self.states = states
        self.symbols = nn.Parameter(torch.empty(tapes, _CHOICES, embedding))
        self.hidden = nn.Parameter(torch.empty(states, units))
        self.cell = nn.Parameter(torch.empty(states, units))
        self.looks = nn.Parameter(torch.empty(states, tapes))
        self.input_gates = nn.Linear(embedding, 4 * units)
        self.hidden_gates = nn.Linear(units, 4 * units, bias=False)
        self.memory = nn.Linear(units, states)
        self.write = nn.Linear(units, tapes * _CHOICES)
        self.move = nn.Linear(units, tapes * _MOVES)

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw normal tables and Glorot uniform matrices; biases are zero."""
        for table in (self.symbols, self.hidden, self.cell):
            nn.init.normal_(table, generator=generator)
        self.looks.zero_()
        for linear in self.children():
            assert isinstance(linear, nn.Linear)
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            if linear.bias is not None:
                linear.bias.zero_()

    def forward(self, state: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Decide on the next state, the symbols to write, and the moves of the heads.

        Args:
            state: Numbers of states, int64 ``[batch]``.
            seen: Token ids under the heads, int64 ``[batch, tapes]``; UNSEEN if the state does not
                look at the tape.

        Returns:
            Three tensors of logits: of the next state ``[batch, states]``, of the symbol to write
            or KEEP ``[batch, tapes, symbols + 1]``, and of left, stay, right ``[batch, tapes, 3]``.
        """
        tapes = torch.arange(len(TAPES), device=seen.device)
        gates = self.input_gates(self.symbols[tapes, seen].sum(1))
        i, f, g, o = (gates + self.hidden_gates(self.hidden[state])).chunk(4, dim=1)
        cell = torch.sigmoid(f) * self.cell[state] + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
        return (
            self.memory(hidden),
            self.write(hidden).unflatten(1, (len(TAPES), -1)),
            self.move(hidden).unflatten(1, (len(TAPES), _MOVES)),
        )
