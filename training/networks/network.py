"""What fitting and export ask of every network."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Network(nn.Module, ABC):
    """A network that is fitted through ``loss`` and shipped through ``decode``."""

    longest_input: int
    longest_output: int

    @abstractmethod
    def initialise(self, generator: torch.Generator) -> None:
        """Draw fresh weights from the generator alone."""

    @abstractmethod
    def forward(self, tokens: Tensor) -> Tensor:
        """Map token ids, int64 ``[batch, longest_input]``, to logits for the answer's symbols,
        float32 ``[batch, longest_output, symbols]``."""

    @abstractmethod
    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily; this is what the ONNX file computes.

        Takes token ids, int64 ``[batch, time]`` with time at most ``longest_input``, padded on the
        right with 0. Returns the answers, int64 ``[batch, longest_output]``, and the
        log-probability of each whole answer, float32 ``[batch]``.
        """
