"""The common part of the baselines that run the shipped weights in another library."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import Baseline
from exprinfer.language import tokenizer


class Grouped(Baseline):
    """Tokenizes, forms batches and decodes the answers.

    The network reads and writes ``group`` symbols at a time. All rows of a batch have the same
    number of groups, so no row is padded by a whole group.
    """

    expressions = 200_000
    group: int
    batch_size = 1_024

    def answer(self, texts: list[str]) -> list[str]:
        """Return the answers to the texts, in order."""
        tokens, lengths = tokenizer.encode(texts)
        groups = -(-lengths // self.group)
        padded = np.zeros((len(texts), int(groups.max()) * self.group), np.int64)
        padded[:, : tokens.shape[1]] = tokens[:, : padded.shape[1]]
        answers = np.zeros(len(texts), "<U6")
        for count in np.unique(groups):
            rows = np.flatnonzero(groups == count)
            for start in range(0, len(rows), self.batch_size):
                batch = rows[start : start + self.batch_size]
                written = self.run(padded[batch, : count * self.group])
                answers[batch] = tokenizer.decode(_reversed(written))
        return answers.tolist()

    @abstractmethod
    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch.

        Args:
            tokens: Token ids, int64 ``[batch, groups * group]``.

        Returns:
            Token ids of the answers, int64 ``[batch, steps * group]``, last symbol first.
        """


def _reversed(written: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the answers ``[batch, time]`` in reading order; each ends at its first padding."""
    place = np.arange(written.shape[1])
    ended = np.cumsum(written == 0, axis=1) > 0
    length = np.where(ended.any(1), ended.argmax(1), written.shape[1])[:, None]
    in_order = np.take_along_axis(written, np.maximum(length - 1 - place, 0), axis=1)
    return np.where(place < length, in_order, 0)
