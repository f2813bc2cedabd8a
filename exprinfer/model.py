"""A model that is open: token ids in, answers out, whatever the batches in between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import Alphabet
from exprinfer.batching import by_cost, expected_steps
from exprinfer.model_file import Description, find
from exprinfer.session import Device, Session


class Model:
    """A model file open in a session. Safe to share between threads."""

    def __init__(self, name: str | Path, device: Device = "auto", threads: int | None = None):
        """Open a shipped model by its name, or a file; raises what ``load`` raises."""
        path = find(name)
        self.session = Session(path, device, threads)
        self.description = Description.read(self.session.metadata, path)
        """What the model file says of itself."""
        self.alphabet = Alphabet(self.description.alphabet)

    def answer(
        self, tokens: NDArray[np.uint8], lengths: NDArray[np.int64], batch_size: int
    ) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Answer token ids ``[rows, time]`` of those lengths ``[rows]``.

        Returns answers and log-probabilities, ``[rows]`` each.
        """
        costs = expected_steps(tokens, lengths) if self.description.tapes else lengths.astype(float)
        log_probs = np.zeros(len(tokens), np.float32)
        parts = []
        for rows in by_cost(costs, lengths, batch_size):
            time = int(lengths[rows].max())
            ids, log_probs[rows] = self.session.run(tokens[rows, :time])
            parts.append((rows, self.alphabet.decode(ids)))
        widest = max((texts.dtype.itemsize for _, texts in parts), default=4) // 4
        answers = np.zeros(len(tokens), f"<U{widest}")
        for rows, texts in parts:
            answers[rows] = texts
        return answers, log_probs
