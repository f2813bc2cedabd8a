"""The network of the 2017 Keras gist: LSTM(250) -> RepeatVector(20) -> LSTM(100) -> softmax."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from exprinfer.alphabet import SYMBOLS
from training.networks.network import Network

STEPS = 20
ENCODER_UNITS = 250
DECODER_UNITS = 100


class Gist(Network):
    """Reads 20 one-hot symbols, repeats the last state 20 times, writes 20 symbols.

    Keras of 2017 used a hard sigmoid in its LSTM gates; this network uses the true sigmoid, which
    Keras itself took over in 2.3 and for which PyTorch has a fast kernel. Keras has one bias per
    gate where PyTorch adds two, so the second is held at zero.
    """

    longest_input = STEPS
    longest_output = STEPS

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(len(SYMBOLS), ENCODER_UNITS, batch_first=True)
        self.decoder = nn.LSTM(ENCODER_UNITS, DECODER_UNITS, batch_first=True)
        self.output = nn.Linear(DECODER_UNITS, len(SYMBOLS))
        for lstm in (self.encoder, self.decoder):
            lstm.bias_hh_l0.requires_grad_(False)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Keras' defaults of that time: Glorot uniform, orthogonal recurrent, forget bias 1."""
        for lstm in (self.encoder, self.decoder):
            nn.init.xavier_uniform_(lstm.weight_ih_l0, generator=generator)
            nn.init.orthogonal_(lstm.weight_hh_l0, generator=generator)
            lstm.bias_hh_l0.zero_()
            lstm.bias_ih_l0.zero_()
            lstm.bias_ih_l0[lstm.hidden_size : 2 * lstm.hidden_size] = 1  # gate order: i, f, g, o
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        self.output.bias.zero_()

    def targets(self, answers: Tensor) -> Tensor:
        return answers

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the logits; this network is not told what it wrote before."""
        one_hot = nn.functional.one_hot(tokens, len(SYMBOLS)).float()
        _, (state, _) = self.encoder(one_hot)
        repeated = state[0].unsqueeze(1).expand(-1, STEPS, -1)
        written, _ = self.decoder(repeated)
        logits: Tensor = self.output(written)
        return logits

    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily, computed in float64.

        The two likeliest symbols of this network often lie closer together than float32 rounds, and
        then the answer would depend on the batch size and the provider; in float64 it does not.
        ONNX Runtime's LSTM operator takes float32 alone, so the steps are spelled out.
        """
        padding = tokens.new_zeros(tokens.shape[0], STEPS)
        tokens = torch.cat([tokens, padding], dim=1)[:, :STEPS]
        table = self.encoder.weight_ih_l0.t().double()
        read = table[tokens] + self.encoder.bias_ih_l0.double()
        state = _run(self.encoder, read.unbind(1))[-1]
        repeated = state @ self.decoder.weight_ih_l0.t().double() + self.decoder.bias_ih_l0.double()
        written = torch.stack(_run(self.decoder, [repeated] * STEPS), dim=1)
        logits = written @ self.output.weight.t().double() + self.output.bias.double()
        log_prob, answer = logits.log_softmax(-1).max(-1)
        return answer, log_prob.sum(-1).float()


def _run(lstm: nn.LSTM, inputs: list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]:
    """Step an LSTM over gate inputs ``[batch, 4 * units]`` each; return its state after each step.

    Source: Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, as PyTorch
    and Keras have it.
    """
    recurrent = lstm.weight_hh_l0.t().double()
    state = inputs[0].new_zeros(inputs[0].shape[0], lstm.hidden_size)
    cell = state
    states = []
    for gate_input in inputs:
        i, f, g, o = (gate_input + state @ recurrent).chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        state = torch.sigmoid(o) * torch.tanh(cell)
        states.append(state)
    return states
