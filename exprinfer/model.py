"""A model that is open: token ids in, answers out, batch by batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import Alphabet
from exprinfer.batching import by_cost, expected_steps
from exprinfer.log import tell
from exprinfer.model_file import Description, find, find_for_cuda
from exprinfer.session import Device, Session

_LOGGER = logging.getLogger(__name__)


class Model:
    """A model file open in a session. Safe to share between threads."""

    def __init__(self, name: str | Path, device: Device = "auto") -> None:
        """Open a shipped model by its name, or a file; raises what ``load`` raises."""
        self.session = Session(find(name), device, find_for_cuda(name))
        self.path = self.session.path
        """Where its file lies."""
        self.description = Description.read(self.session.metadata, self.path)
        """What the model file says of itself."""
        self.alphabet = Alphabet(self.description.alphabet)
        described = self.description
        tell(
            _LOGGER,
            logging.INFO,
            "model opened",
            model=described.name,
            version=described.version,
            path=str(self.path),
            file_sha256=described.file_sha256,
            certified_domain=described.certified_domain.name.lower(),
            certified_here=self.session.device in described.certified_on,
        )

    def batches(
        self, tokens: NDArray[np.uint8], lengths: NDArray[np.int64], batch_size: int
    ) -> Iterator[NDArray[np.int64]]:
        """Cut token ids ``[rows, time]`` of those lengths ``[rows]`` into batches of like work;
        yields row numbers."""
        if self.session.width:  # all rows are widened to it, and are the same work
            rows = np.arange(len(tokens))
            return (rows[cut : cut + batch_size] for cut in range(0, len(rows), batch_size))
        if not self.description.tapes:
            return by_cost(lengths.astype(np.uint16), lengths, batch_size)
        return by_cost(expected_steps(tokens, lengths), lengths, batch_size)

    def answer(self, tokens: NDArray[np.uint8]) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Answer one batch of token ids ``[batch, time]``: answers and log-probabilities."""
        began = time.perf_counter()
        ids, log_probs = self.session.run(tokens)
        rows, width = tokens.shape
        seconds = round(time.perf_counter() - began, 6)
        name = self.description.name
        tell(_LOGGER, logging.DEBUG, "batch", model=name, rows=rows, width=width, seconds=seconds)
        return self.alphabet.decode(ids), log_probs
