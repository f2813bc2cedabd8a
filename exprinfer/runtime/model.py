"""A model that is open: token ids in, answers out, batch by batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import Alphabet
from exprinfer.language.validation import divisor_start
from exprinfer.runtime.batching import FEW, by_cost, expected_steps
from exprinfer.runtime.log import log_event
from exprinfer.runtime.model_file import ModelInfo, find, find_for_cuda
from exprinfer.runtime.session import Device, Session

_LOGGER = logging.getLogger(__name__)

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
        self.session = Session(find(name), device, find_for_cuda(name))
        self.path = self.session.path
        """Where its file lies."""
        self.description = ModelInfo.read(self.session.metadata, self.path)
        """What the model file says of itself."""
        self.alphabet = Alphabet(self.description.alphabet)
        described = self.description
        log_event(
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
        if not self.description.tapes or len(lengths) <= FEW:  # so few share a batch anyway
            return by_cost(lengths.astype(np.uint16), lengths, batch_size)
        return by_cost(expected_steps(tokens, lengths), lengths, batch_size)

    def answer(self, tokens: NDArray[np.uint8]) -> Answers:
        """Answer one batch of token ids ``[batch, time]``."""
        began = time.perf_counter()
        ids, log_probs = self.session.run(tokens)
        rows, width = tokens.shape
        seconds = round(time.perf_counter() - began, 6)
        name = self.description.name
        log_event(
            _LOGGER, logging.DEBUG, "batch", model=name, rows=rows, width=width, seconds=seconds
        )
        texts = self.alphabet.decode(ids)
        divided = np.flatnonzero(texts == DIVIDED_BY_ZERO) if self.description.tapes else ()
        if not len(divided):
            return Answers(texts, log_probs, {})
        texts[divided], log_probs[divided] = "", np.nan
        found = self._divisors(tokens[divided])
        return Answers(texts, log_probs, dict(zip(divided, found, strict=True)))

    def _divisors(self, tokens: NDArray[np.uint8]) -> list[int]:
        """Where the zero divisors begin: the head on the input is left right behind them."""
        states = self.session.states(tokens, np.array([UNLIMITED]))
        ends = states["heads"][:, 0, 0] - states["tapes"].shape[2] // 2
        return [
            divisor_start(row.tobytes(), end)
            for row, end in zip(tokens, ends.tolist(), strict=True)
        ]
