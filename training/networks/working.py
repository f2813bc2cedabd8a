"""The network of ``exact`` that writes its working before the answer."""

from __future__ import annotations

import torch
from torch import Tensor

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS, encode
from training.expressions import Expressions
from training.networks.exact import Exact, reverse
from training.workings import MARK, workings

#: Workings have room for products of a number up to this one and a digit.
LARGEST = 100
#: The longest working: seven groups of three digits.
LONGEST_WORKING = 21


class Working(Exact):
    """Writes a working, a mark, and the answer, least significant digit first.

    Reading and the steps are those of ``Exact``; there are more of them.
    """

    def __init__(
        self,
        units: int = 128,
        group: int = 3,
        embedding: int = 32,
        operands: Operands = DEFAULT_OPERANDS,
    ) -> None:
        super().__init__(units, group, embedding, operands)
        if max(map(abs, (*operands.a, *operands.b))) > LARGEST:
            raise ValueError(
                f"[data] a and b must be in -{LARGEST}..{LARGEST} for the network 'working', "
                f"got a in {operands.a} and b in {operands.b}"
            )
        self.steps = -(-(LONGEST_WORKING + len(MARK) + self.longest_output) // group)

    def written(self, expressions: Expressions) -> Tensor:
        """Return working, mark and answer, in whole groups."""
        pairs = zip(workings(expressions), expressions.answers(), strict=True)
        texts = [working + MARK + answer[::-1] for working, answer in pairs]
        tokens, _ = encode(texts, self.steps * self.group)
        return torch.from_numpy(tokens).long()

    def decode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Write greedily, and answer with what follows the mark, in reading order.

        The answer is empty if there is no mark.
        """
        written, log_prob = self._write_greedily(tokens)
        marks = (written == SYMBOLS.index(MARK)).int().cumsum(1)
        start = 1 + (marks == 0).sum(1, keepdim=True)
        place = start + torch.arange(self.longest_output, device=tokens.device)
        inside = place < written.shape[1]
        symbols = written.gather(1, place.clamp(max=written.shape[1] - 1))
        return reverse(torch.where(inside, symbols, torch.zeros_like(symbols))), log_prob
