"""What fitting and export ask of every network."""

from __future__ import annotations

from abc import ABC, abstractmethod

import onnx
import torch
from torch import Tensor, nn


def pad(tokens: Tensor, width: int) -> Tensor:
    """Widen token ids ``[batch, time]`` to ``[batch, width]`` with padding (0) on the right."""
    padding = tokens.new_zeros(tokens.shape[0], width)
    return torch.cat([tokens, padding], dim=1)[:, :width]


class Network(nn.Module, ABC):
    """A network that is fitted through ``forward`` and shipped through ``decode``."""

    longest_input: int
    longest_output: int

    @abstractmethod
    def initialise(self, generator: torch.Generator) -> None:
        """Draw fresh weights from the generator alone."""

    @abstractmethod
    def targets(self, answers: Tensor) -> Tensor:
        """Bring answers in reading order, int64 ``[batch, longest_output]``, into the order in
        which the network writes, int64 ``[batch, written]``."""

    @abstractmethod
    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Map token ids, int64 ``[batch, longest_input]``, to the logits of every written symbol,
        ``[batch, written, symbols]``, given the right symbols before it (teacher forcing)."""

    def graph(self) -> onnx.ModelProto | None:
        """The ONNX graph of ``decode``, where it is written by hand; None where it is traced."""
        return None

    def cuda_graph(self) -> onnx.ModelProto | None:
        """A second ONNX graph of ``decode``, for CUDA; None where one serves all devices."""
        return None

    @abstractmethod
    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily; this is what the ONNX file computes.

        Takes token ids, int64 ``[batch, time]`` with time at most ``longest_input``, padded on the
        right with 0. Returns the answers, int64 ``[batch, longest_output]``, and the
        log-probability of each whole answer, float32 ``[batch]``.
        """
