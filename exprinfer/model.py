"""A model that is open: token ids in, answers out, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import Alphabet
from exprinfer.batching import by_cost, expected_steps
from exprinfer.checker import divisor_begins
from exprinfer.model_file import Description, find
from exprinfer.session import Device, Session

#: What a model that works on tapes writes where it came upon a division by zero.
DIVIDED_BY_ZERO = "/"
#: More steps than any model takes.
UNLIMITED = 2**62


class Answers(NamedTuple):
    """What a model made of a batch."""

    texts: NDArray[np.str_]
    """The answers, ``[batch]``; empty where there is none."""
    log_probs: NDArray[np.float32]
    """Their log-probabilities, ``[batch]``; NaN where there is none."""
    divided_by_zero: dict[int, int]
    """By row, where the divisor begins that the model found to be zero, in symbols from 0."""


class Model:
    """A model file open in a session. Safe to share between threads."""

    def __init__(self, name: str | Path, device: Device = "auto") -> None:
        """Open a shipped model by its name, or a file; raises what ``load`` raises."""
        self.path = find(name)
        """Where its file lies."""
        self.session = Session(self.path, device)
        self.description = Description.read(self.session.metadata, self.path)
        """What the model file says of itself."""
        self.alphabet = Alphabet(self.description.alphabet)

    def batches(
        self, tokens: NDArray[np.uint8], lengths: NDArray[np.int64], batch_size: int
    ) -> Iterator[NDArray[np.int64]]:
        """Cut token ids ``[rows, time]`` of those lengths ``[rows]`` into batches of like work;
        yields row numbers."""
        if not self.description.tapes:
            return by_cost(lengths.astype(np.uint16), lengths, batch_size)
        return by_cost(expected_steps(tokens, lengths), lengths, batch_size)

    def answer(self, tokens: NDArray[np.uint8]) -> Answers:
        """Answer one batch of token ids ``[batch, time]``."""
        ids, log_probs = self.session.run(tokens)
        texts = self.alphabet.decode(ids)
        rows = np.flatnonzero(texts == DIVIDED_BY_ZERO) if self.description.tapes else ()
        if not len(rows):
            return Answers(texts, log_probs, {})
        texts[rows], log_probs[rows] = "", np.nan
        return Answers(texts, log_probs, dict(zip(rows, self._divisors(tokens[rows]), strict=True)))

    def _divisors(self, tokens: NDArray[np.uint8]) -> list[int]:
        """Where the zero divisors begin: the head on the input is left right behind them."""
        states = self.session.states(tokens, np.array([UNLIMITED]))
        ends = states["heads"][:, 0, 0] - states["tapes"].shape[2] // 2
        return [
            divisor_begins(row.tobytes(), end)
            for row, end in zip(tokens, ends.tolist(), strict=True)
        ]
