"""The network of the 2017 Keras gist: LSTM(250) -> RepeatVector(20) -> LSTM(100) -> softmax."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS
from training.networks.lstm import Lstm
from training.networks.network import Network, pad

STEPS = 20
ENCODER_UNITS = 250
DECODER_UNITS = 100


class Gist(Network):
    """Reads 20 one-hot symbols, repeats the last state 20 times, and writes 20 symbols.

    Keras of 2017 had a hard sigmoid in the gates of an LSTM. This network has the true sigmoid,
    which later became the default of Keras too, and for which PyTorch has a fast kernel.
    """

    longest_input = STEPS
    longest_output = STEPS

    def __init__(self, operands: Operands = DEFAULT_OPERANDS) -> None:
        super().__init__()
        if operands.longest_input > STEPS:
            raise ValueError(
                f"the network 'gist' reads at most {STEPS} symbols, and the operand ranges of "
                f"[data] need {operands.longest_input}"
            )
        self.encoder = Lstm(len(SYMBOLS), ENCODER_UNITS)
        self.decoder = Lstm(ENCODER_UNITS, DECODER_UNITS)
        self.output = nn.Linear(DECODER_UNITS, len(SYMBOLS))

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Draw weights with Keras' defaults of 2017."""
        for lstm in (self.encoder, self.decoder):
            lstm.initialize(generator)
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        self.output.bias.zero_()

    def targets(self, answers: Tensor) -> Tensor:
        """Return the answers as they are: this network writes in reading order."""
        return answers

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the logits. The targets have no effect: this network never sees what it wrote."""
        del targets
        _, (state, _) = self.encoder(nn.functional.one_hot(tokens, len(SYMBOLS)).float())
        repeated = state[0].unsqueeze(1).expand(-1, STEPS, -1)
        written, _ = self.decoder(repeated)
        logits: Tensor = self.output(written)
        return logits

    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Answer a batch greedily, computed in float64.

        The two likeliest symbols of this network are sometimes closer together than the rounding
        errors of float32. The answer would then depend on the batch size and the provider; in
        float64 it does not. ONNX Runtime's LSTM operator takes only float32, so the steps are
        written out.
        """
        table = self.encoder.weight_ih_l0.t().double() + self.encoder.bias_ih_l0.double()
        read = [table[symbol] for symbol in pad(tokens, STEPS).unbind(1)]
        state = _run(self.encoder, read)[-1]
        repeated = self.decoder.gate_inputs(state)
        written = torch.stack(_run(self.decoder, [repeated] * STEPS), dim=1)
        logits = written @ self.output.weight.t().double() + self.output.bias.double()
        log_prob, answer = logits.log_softmax(-1).max(-1)
        return answer, log_prob.sum(-1).float()


def _run(lstm: Lstm, gate_inputs: list[Tensor]) -> list[Tensor]:
    """Return the states after each gate input, ``[batch, units]``, starting from zero."""
    state = cell = gate_inputs[0].new_zeros(gate_inputs[0].shape[0], lstm.hidden_size)
    states = []
    for inputs in gate_inputs:
        state, cell = lstm.step(inputs, state, cell)
        states.append(state)
    return states
