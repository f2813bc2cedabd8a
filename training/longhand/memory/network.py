"""An LSTM step whose memory between two steps is a few bits that it chooses itself."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.longhand.machine import KEEP, TAPES

_TAPES, _CHOICES, _MOVES = len(TAPES), KEEP + 1, 3
#: What the network decides in a step: the symbol to write and the move on each tape.
DECISIONS = (*[_CHOICES] * _TAPES, *[_MOVES] * _TAPES)


class Step(NamedTuple):
    """What the network makes of one step, or of several.

    Attributes:
        hidden: The hidden state, ``[..., units]``.
        bits: Logits of the memory after it, ``[..., bits]``.
    """

    hidden: Tensor
    bits: Tensor


class MemoryNetwork(nn.Module):
    """The cell of ``training.networks.longhand`` with invented bits in place of given states.

    The hidden state and the cell before a step depend on the bits alone, so the memory is finite.
    While fitting, the bits are numbers from 0 to 1 with noise before the sigmoid, and half of the
    rows are rounded (improved semantic hashing: Kaiser and Bengio 2018).
    """

    def __init__(self, sights: Tensor, bits: int = 24, units: int = 128, embedding: int = 32):
        super().__init__()
        self.bits = bits
        self.sights: Tensor
        self.register_buffer("sights", sights)
        self.symbols = nn.Parameter(torch.empty(_TAPES, _CHOICES, embedding))
        self.input_gates = nn.Linear(embedding, 4 * units)
        self.from_bits = nn.Linear(bits, 5 * units)
        self.to_bits = nn.Linear(units, bits)
        self.deed = nn.Linear(units, sum(DECISIONS))
        self.looks = nn.Sequential(nn.Linear(bits, 64), nn.ReLU(), nn.Linear(64, _TAPES))

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw normal tables and Glorot uniform matrices; biases are zero."""
        nn.init.normal_(self.symbols, generator=generator)
        for linear in self.modules():
            if isinstance(linear, nn.Linear):
                nn.init.xavier_uniform_(linear.weight, generator=generator)
                linear.bias.zero_()

    def gates(self) -> Tensor:
        """Return the gate inputs of all sights, ``[sights, 4 * units]``."""
        tapes = torch.arange(_TAPES)
        gates: Tensor = self.input_gates(self.symbols[tapes, self.sights].sum(1))
        return gates

    def step(self, memory: Tensor, gates: Tensor) -> Step:
        """Take one step.

        Args:
            memory: Bits, float32 ``[rows, bits]``.
            gates: Gate inputs of what is seen, ``[rows, 4 * units]``.
        """
        units = gates.shape[1] // 4
        own, cell = self.from_bits(2 * memory - 1).split([4 * units, units], 1)
        sigmoids, candidate = (gates + own).split([3 * units, units], 1)
        i, f, o = torch.sigmoid(sigmoids).chunk(3, 1)
        hidden = o * torch.tanh(f * cell + i * torch.tanh(candidate))
        return Step(hidden, self.to_bits(hidden))

    def walk(self, memory: Tensor, sight: Tensor, noise: Tensor, rounded: Tensor) -> Step:
        """Take many steps; the memory after each is the one before the next.

        Args:
            memory: Bits before the first step, ``[rows, bits]``.
            sight: Numbers of what is seen, int64 ``[steps, rows]``.
            noise: Added to the logits of the bits, ``[steps, rows, bits]``.
            rounded: Which rows are rounded, bool ``[rows, 1]``.

        Returns:
            Hidden states, and the bits (not their logits) after each step, by step.
        """
        hidden, bits = [], []
        for gates, extra in zip(self.gates()[sight], noise, strict=True):
            step = self.step(memory, gates)
            memory = torch.clamp(1.2 * torch.sigmoid(step.bits + extra) - 0.1, 0, 1)
            hard = memory + ((memory > 0.5).float() - memory).detach()
            memory = torch.where(rounded, hard, memory)
            hidden.append(step.hidden)
            bits.append(memory)
        return Step(torch.stack(hidden), torch.stack(bits))

    def decide(self, hidden: Tensor, bits: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return the logits of all ``DECISIONS``, and of looking at each tape in the next step.

        A machine that looks at no tape has halted.
        """
        return list(self.deed(hidden).split(DECISIONS, -1)), self.looks(2 * bits - 1)
