"""What the peers that run our weights share: batches of rows with as many groups of symbols."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import Baseline
from exprinfer.language.tokenizer import SYMBOLS, Alphabet


class Grouped(Baseline):
    """Tokenises as we do, cuts batches by length, and turns the answers around."""

    expressions = 200_000
    group: int
    batch_size = 1_024

    def answer(self, texts: list[str]) -> list[str]:
        """Answer in batches of one width each."""
        alphabet = Alphabet(SYMBOLS)
        tokens, lengths = alphabet.encode(texts)
        groups = -(-lengths // self.group)
        wide = np.zeros((len(texts), int(groups.max()) * self.group), np.int64)
        wide[:, : tokens.shape[1]] = tokens[:, : wide.shape[1]]
        answers = np.zeros(len(texts), "<U6")
        for count in np.unique(groups):
            rows = np.flatnonzero(groups == count)
            for start in range(0, len(rows), self.batch_size):
                batch = rows[start : start + self.batch_size]
                written = self.run(wide[batch, : count * self.group])
                answers[batch] = alphabet.decode(_turned(written))
        return answers.tolist()

    @abstractmethod
    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch, ``[batch, groups * group]``, least significant symbol first."""


def _turned(written: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.arange(written.shape[1])
    ended = np.cumsum(written == 0, axis=1) > 0
    length = np.where(ended.any(1), ended.argmax(1), written.shape[1])[:, None]
    turned = np.take_along_axis(written, np.maximum(length - 1 - place, 0), axis=1)
    return np.where(place < length, turned, 0)
