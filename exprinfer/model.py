"""A model that is open: token ids in, answers out, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import Alphabet
from exprinfer.batching import by_cost, expected_steps
from exprinfer.model_file import Description, find
from exprinfer.session import Device, Session

#: What a model that works on tapes writes where it came upon a division by zero.
DIVIDED_BY_ZERO = "/"


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

    def answer(self, tokens: NDArray[np.uint8]) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Answer one batch of token ids ``[batch, time]``: answers and log-probabilities."""
        ids, log_probs = self.session.run(tokens)
        return self.alphabet.decode(ids), log_probs
