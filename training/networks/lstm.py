"""One LSTM layer: PyTorch's fast kernel for fitting, single steps for export."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Lstm(nn.LSTM):
    """An LSTM layer over ``[batch, time, inputs]`` (Hochreiter and Schmidhuber 1997; forget gate:
    Gers et al. 2000).

    PyTorch adds two biases and Keras has one, so the second is fixed at zero.
    """

    weight_ih_l0: nn.Parameter
    weight_hh_l0: nn.Parameter
    bias_ih_l0: nn.Parameter
    bias_hh_l0: nn.Parameter

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__(inputs, units, batch_first=True)
        self.bias_hh_l0.requires_grad_(False)

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw weights with Keras' defaults.

        Glorot uniform inputs, an orthogonal recurrent matrix, forget bias 1, other biases 0.
        """
        nn.init.xavier_uniform_(self.weight_ih_l0, generator=generator)
        nn.init.orthogonal_(self.weight_hh_l0, generator=generator)
        self.bias_hh_l0.zero_()
        self.bias_ih_l0.zero_()
        self.bias_ih_l0[self.hidden_size : 2 * self.hidden_size] = 1  # gate order: i, f, g, o

    def gate_inputs(self, inputs: Tensor) -> Tensor:
        """Return what inputs ``[..., inputs]`` and bias add to the gates, ``[..., 4 * units]``."""
        weight, bias = self.weight_ih_l0.to(inputs.dtype), self.bias_ih_l0.to(inputs.dtype)
        return inputs @ weight.t() + bias

    def step(self, gate_inputs: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next state and cell, ``[batch, units]``, in the dtype of the inputs."""
        gates = gate_inputs + state @ self.weight_hh_l0.to(gate_inputs.dtype).t()
        i, f, g, o = gates.chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(cell), cell
