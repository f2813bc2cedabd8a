"""What fitting and export need from every encoder-decoder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import onnx
import torch
from torch import Tensor, nn

from exprinfer.language.tokenizer import encode
from training.expressions import Expressions


def pad(tokens: Tensor, width: int) -> Tensor:
    """Widen token ids ``[batch, time]`` to ``[batch, width]`` with padding (0) on the right."""
    padding = tokens.new_zeros(tokens.shape[0], width)
    return torch.cat([tokens, padding], dim=1)[:, :width]


class Network(nn.Module, ABC):
    """A network that is fitted through ``forward`` and exported through ``decode``.

    Attributes:
        longest_input: Longest expression, in symbols.
        longest_output: Longest answer, in symbols.
    """

    longest_input: int
    longest_output: int

    @abstractmethod
    def initialize(self, generator: torch.Generator) -> None:
        """Draw fresh weights; they depend only on the generator."""

    def start_from(self, weights: Mapping[str, Tensor]) -> None:
        """Take over the weights of the run that this one starts from.

        Raises:
            RuntimeError: If they do not fit.
        """
        self.load_state_dict(weights)

    @abstractmethod
    def targets(self, answers: Tensor) -> Tensor:
        """Bring answers into the order in which the network writes.

        Args:
            answers: Token ids in reading order, int64 ``[batch, longest_output]``.

        Returns:
            Token ids in writing order, int64 ``[batch, written]``.
        """

    def written(self, expressions: Expressions) -> Tensor:
        """Return what the network learns to write for expressions, int64 ``[n, written]``."""
        answers, _ = encode(expressions.answers(), self.longest_output)
        return self.targets(torch.from_numpy(answers).long())

    @abstractmethod
    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the logits of every symbol, given the right symbols before it (teacher forcing).

        Args:
            tokens: Token ids, int64 ``[batch, longest_input]``.
            targets: The right symbols in writing order, int64 ``[batch, written]``.

        Returns:
            Logits, ``[batch, written, symbols]``.
        """

    def graph(self) -> onnx.ModelProto | None:
        """Return the ONNX graph of ``decode`` if it is written by hand; None if it is traced."""
        return None

    def cuda_graph(self) -> onnx.ModelProto | None:
        """Return a second ONNX graph of ``decode`` for CUDA; None if one serves all devices."""
        return None

    @abstractmethod
    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily; this is what the ONNX file computes.

        Args:
            tokens: Token ids, int64 ``[batch, time]``, padded on the right with 0; time is at most
                ``longest_input``.

        Returns:
            The answers, int64 ``[batch, longest_output]``, and the log-probability of each whole
            answer in nats, float32 ``[batch]``.
        """
