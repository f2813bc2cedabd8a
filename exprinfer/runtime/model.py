"""An open model: token ids in, answers out, batch by batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exprinfer.language import tokenizer
from exprinfer.language.grammar import Domain
from exprinfer.runtime.batching import MIN_ROWS, by_cost
from exprinfer.runtime.log import log_event
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.model_info import ModelInfo
from exprinfer.runtime.session import Device, Session
from exprinfer.runtime.tapes import DIVIDED_BY_ZERO, expected_steps, zero_divisors

_LOGGER = logging.getLogger(__name__)


_NONE = np.zeros(0, np.int64)


class Answers(NamedTuple):
    """The answers to a batch.

    Attributes:
        texts: The answers ``[batch]``; empty if there is none.
        log_probs: Their log-probabilities, float32 ``[batch]``; NaN if there is none.
        zero_divisors: For each row that divides by zero, where the divisor starts.
        cut_off: The rows that were stopped because they need too many steps, int64.
    """

    texts: NDArray[np.str_]
    log_probs: NDArray[np.float32]
    zero_divisors: dict[int, int]
    cut_off: NDArray[np.int64] = _NONE


class Model:
    """A model file open in a session. Threads may share it.

    Attributes:
        session: The open file.
        path: Where the file is.
        info: What the file says about itself.
    """

    def __init__(self, name: str | Path, device: Device = "auto") -> None:
        """Open a shipped model by its name, or a file by its path.

        Raises:
            ModelNotFoundError: If there is no such model.
            ModelFileError: If the file does not follow the contract.
            DeviceError: If the device is not available.
        """
        self.session = Session(find(name), device, find_for_cuda(name))
        self.path = self.session.path
        self.info: ModelInfo = self.session.info
        log_event(
            _LOGGER,
            logging.INFO,
            "model opened",
            model=self.info.name,
            version=self.info.version,
            path=str(self.path),
            file_sha256=self.info.file_sha256,
            certified_domain=self.info.certified_domain.name.lower(),
            certified_here=self.certified_domain.name.lower(),
        )

    @property
    def certified_domain(self) -> Domain:
        """The domain on which the file was verified on this kind of device."""
        verified = self.session.device in self.info.certified_on
        return self.info.certified_domain if verified else Domain.NONE

    def batches(
        self, tokens: NDArray[np.uint8], lengths: NDArray[np.int64], batch_size: int
    ) -> Iterator[NDArray[np.int64]]:
        """Cut rows into batches of similar cost; yield their row numbers.

        Args:
            tokens: Token ids ``[rows, time]``.
            lengths: Lengths of the texts ``[rows]``.
            batch_size: Largest number of rows in a batch.
        """
        if self.session.width:  # all rows are padded to the same length, so all cost the same
            rows = np.arange(len(tokens))
            return (rows[start : start + batch_size] for start in range(0, len(rows), batch_size))
        if not self.info.tapes or len(lengths) <= MIN_ROWS:  # so few share a batch anyway
            return by_cost(lengths.astype(np.uint16), lengths, batch_size)
        return by_cost(expected_steps(tokens, lengths), lengths, batch_size)

    def answer(self, tokens: NDArray[np.uint8], max_steps: int | None = None) -> Answers:
        """Answer one batch of token ids ``[batch, time]``.

        Args:
            tokens: The token ids.
            max_steps: Rows that need more steps than this have no answer. Models that do not work
                on tapes always take the same few steps.
        """
        started = time.perf_counter()
        cut_off = _NONE
        if max_steps is None or not self.info.tapes:
            ids, log_probs = self.session.run(tokens)
        else:
            ids, log_probs, steps = self.session.run_limited(tokens, max_steps + 1)
            # A row that has taken the extra step may have halted or not: it gets no answer.
            cut_off = np.flatnonzero(steps > max_steps)
            ids[cut_off] = 0
            log_probs[cut_off] = np.nan
        rows, width = tokens.shape
        seconds = round(time.perf_counter() - started, 6)
        name = self.info.name
        log_event(
            _LOGGER, logging.DEBUG, "batch", model=name, rows=rows, width=width, seconds=seconds
        )
        texts = tokenizer.decode(ids)
        divided = np.flatnonzero(texts == DIVIDED_BY_ZERO) if self.info.tapes else ()
        if not len(divided):
            return Answers(texts, log_probs, {}, cut_off)
        texts[divided], log_probs[divided] = "", np.nan
        starts = zero_divisors(self.session, tokens[divided])
        return Answers(texts, log_probs, dict(zip(divided, starts, strict=True)), cut_off)

    def answer_one(self, tokens: bytes) -> tuple[str, float]:
        """Answer the token ids of one text of the seed domain, one byte each.

        The seed domain has no division by zero, so this needs none of the work that ``answer`` does
        for other rows.
        """
        ids, log_probs = self.session.run(np.frombuffer(tokens, np.uint8)[None])
        return tokenizer.decode_one(ids[0].tolist()), float(log_probs[0])
