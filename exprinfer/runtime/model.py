"""An open model: token ids in, answers out, batch by batch."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import ClosedError, ModelFileError
from exprinfer.language import tokenizer
from exprinfer.language.grammar import Domain
from exprinfer.runtime.batching import by_cost
from exprinfer.runtime.cost import PATIENCE, QUICK_STEPS, estimate_costs
from exprinfer.runtime.fewest_steps import surely_over
from exprinfer.runtime.limits import Limits
from exprinfer.runtime.log import log_event
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.model_info import ModelInfo, read_info
from exprinfer.runtime.ort import built_for_cuda
from exprinfer.runtime.session import Device, Session
from exprinfer.runtime.stop import Stop
from exprinfer.runtime.tapes import DIVIDED_BY_ZERO, UNLIMITED, zero_divisors
from exprinfer.runtime.trusted_certificates import (
    Named,
    find_certificate,
    require_certificates_of,
)

_LOGGER = logging.getLogger(__name__)

_NONE = np.zeros(0, np.int64)


class Batch(NamedTuple):
    """Rows that are answered together.

    Attributes:
        rows: Their numbers.
        costly: Whether they are expected to take long.
        patience: Steps after which a row leaves the batch, to be answered later; None means never.
    """

    rows: NDArray[np.int64]
    costly: bool = False
    patience: int | None = None


class Answers(NamedTuple):
    """The answers to a batch.

    Attributes:
        texts: The answers ``[batch]``; empty if there is none.
        log_probs: Their log-probabilities, float32 ``[batch]``; NaN if there is none.
        zero_divisors: For each row that divides by zero, where the divisor starts.
        cut_off: The rows that need more steps or time than their budget, int64.
        unfinished: The rows that left the batch without an answer, int64.
        timed_out: Whether the rows ran out of time, not of steps.
        not_halted: The rows whose machine stopped by itself before it was done, int64.
    """

    texts: NDArray[np.str_]
    log_probs: NDArray[np.float32]
    zero_divisors: dict[int, int]
    cut_off: NDArray[np.int64] = _NONE
    unfinished: NDArray[np.int64] = _NONE
    timed_out: bool = False
    not_halted: NDArray[np.int64] = _NONE


class Model:
    """A model file, and the session that runs it. Threads may share it.

    Attributes:
        path: Where the file is.
        info: What the file says about itself, and its certificate.
        device: Where it runs, ``"cpu"`` or ``"cuda"``.
        note: Why it does not run on CUDA; see ``Session.note``.
    """

    info: ModelInfo
    device: Literal["cpu", "cuda"]

    def __init__(
        self,
        name: str | Path,
        device: Device = "auto",
        certificates: Sequence[Named] = (),
        lazy: bool = False,
    ) -> None:
        """Open a shipped model by its name, or a file by its path.

        Args:
            name: The name or the path.
            device: As for ``Session``.
            certificates: Those that count in addition to the shipped ones.
            lazy: Open the session when it is first needed, if it will run on a CPU anyway. The
                file is read and its checksum is verified at once.

        Raises:
            ModelNotFoundError: If there is no such model.
            ModelFileError: If the file does not follow the contract.
            CertificateError: If a certificate is not valid.
            DeviceError: If the device is not available.
        """
        self.path = find(name)
        self._session: Session | None = None
        if lazy and (device == "cpu" or (device == "auto" and not built_for_cuda())):
            self.info, self.device, self.note = describe(self.path, certificates), "cpu", ""
        else:
            self._session = Session(self.path, device, find_for_cuda(name))
            self.path = self._session.path
            self.info = _with_certificate(self._session.info, self.path, certificates)
            self.device, self.note = self._session.device, self._session.note
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
    def session(self) -> Session:
        """The open file.

        Raises:
            ModelFileError: If it is opened now and does not follow the contract, or is another file
                than the one whose metadata was read.
        """
        if self._session is None:
            # Two threads may both open it, which is harmless; a lock could be held during a fork.
            session = Session(self.path, "cpu")
            if session.info.file_sha256 != self.info.file_sha256:
                raise ModelFileError(f"{self.path} was replaced after it was loaded")
            self._session = session
        return self._session

    @property
    def certified_domain(self) -> Domain:
        """The domain that the certificate of the file covers on this kind of device."""
        verified = self.device in self.info.certified_on
        return self.info.certified_domain if verified else Domain.NONE

    def surely_over(
        self, tokens: NDArray[np.uint8], lengths: NDArray[np.int64], max_steps: int | None
    ) -> NDArray[np.bool_]:
        """Return which rows need more steps than a budget, as far as that is known beforehand.

        It is known of a file whose certificate covers whole expressions: it works as the teacher of
        ``longhand`` does, step by step.

        Args:
            tokens: Token ids ``[rows, time]``.
            lengths: Lengths of the texts ``[rows]``.
            max_steps: The budget; None means no limit.
        """
        if max_steps is None or not (
            self.info.tapes and self.info.certified_domain is Domain.WHOLE
        ):
            return np.zeros(len(tokens), bool)
        return surely_over(tokens, lengths, max_steps)

    def batches(
        self, tokens: NDArray[np.uint8], lengths: NDArray[np.int64], batch_size: int
    ) -> Iterator[Batch]:
        """Cut rows into batches of similar cost, the quick ones first.

        Args:
            tokens: Token ids ``[rows, time]``.
            lengths: Lengths of the texts ``[rows]``.
            batch_size: Largest number of rows in a batch.
        """
        if self.session.width:  # all rows are padded to the same length, so all cost the same
            rows = np.arange(len(tokens))
            for start in range(0, len(rows), batch_size):
                yield Batch(rows[start : start + batch_size])
            return
        if not self.info.tapes:
            yield from map(Batch, by_cost(lengths.astype(np.uint16), lengths, batch_size))
            return
        costs = estimate_costs(tokens, lengths)
        costly = costs > QUICK_STEPS
        quick = np.flatnonzero(~costly)
        for rows in by_cost(costs[quick], lengths[quick], batch_size):
            yield Batch(quick[rows], False, PATIENCE * QUICK_STEPS)
        if not costly.any():
            return
        rest = np.flatnonzero(costly)
        for rows in by_cost(costs[rest], lengths[rest], batch_size, min_rows=1):
            patience = PATIENCE * int(costs[rest[rows]].max()) if len(rows) > 1 else None
            yield Batch(rest[rows], True, patience)

    def answer(
        self,
        tokens: NDArray[np.uint8],
        limits: Limits | None = None,
        patience: int | None = None,
        stop: Stop | None = None,
    ) -> Answers:
        """Answer one batch of token ids.

        Models that do not work on tapes always take the same few steps, whatever the limits.

        Args:
            tokens: The token ids ``[batch, time]``.
            limits: The steps and the time that each row may take. Rows share their time.
            patience: Steps after which rows leave the batch; None means never.
            stop: Ends the call from another thread.

        Raises:
            ClosedError: If the call was ended.
        """
        if not self.info.tapes:
            return self._answer(tokens, UNLIMITED, UNLIMITED, stop)
        limits, stop = limits or Limits(), stop or Stop()
        max_steps = limits.max_steps or UNLIMITED
        seconds = limits.timeout and limits.timeout * len(tokens)
        with stop.after(seconds) as timed:
            try:
                return self._answer(tokens, max_steps, patience or UNLIMITED, timed)
            except ClosedError:
                if stop.is_set:
                    raise
        everything = np.arange(len(tokens))
        texts, log_probs = np.zeros(len(tokens), "<U1"), np.full(len(tokens), np.nan, np.float32)
        if len(tokens) > 1:
            return Answers(texts, log_probs, {}, unfinished=everything, timed_out=True)
        return Answers(texts, log_probs, {}, everything, timed_out=True)

    def _answer(
        self, tokens: NDArray[np.uint8], max_steps: int, patience: int, stop: Stop | None
    ) -> Answers:
        started = time.perf_counter()
        cut_off = unfinished = _NONE
        limit = min(max_steps + 1, patience)
        if limit >= UNLIMITED:
            ids, log_probs = self.session.run(tokens, stop)
        else:
            ids, log_probs, steps = self.session.run_limited(tokens, limit, stop)
            # A row that has taken the last step may have halted or not: it gets no answer.
            ended = np.flatnonzero(steps >= limit)
            cut_off, unfinished = (ended, _NONE) if limit > max_steps else (_NONE, ended)
            ids[ended] = 0
            log_probs[ended] = np.nan
        rows, width = tokens.shape
        seconds = round(time.perf_counter() - started, 6)
        name = self.info.name
        log_event(
            _LOGGER, logging.DEBUG, "batch", model=name, rows=rows, width=width, seconds=seconds
        )
        texts = tokenizer.decode(ids)
        if not self.info.tapes:
            return Answers(texts, log_probs, {})
        # A machine that has halted leaves an answer. An empty one was cut off, by the limit above,
        # or by the file's own limit of steps or a case that the file holds to be impossible.
        empty = np.flatnonzero(texts == "")
        not_halted = np.setdiff1d(empty, np.concatenate([cut_off, unfinished]))
        log_probs[not_halted] = np.nan
        positions: dict[int, int] = {}
        divided = np.flatnonzero(texts == DIVIDED_BY_ZERO)
        if len(divided):
            texts[divided], log_probs[divided] = "", np.nan
            starts = zero_divisors(self.session, tokens[divided], stop)
            positions = dict(zip(divided.tolist(), starts, strict=True))
        return Answers(texts, log_probs, positions, cut_off, unfinished, not_halted=not_halted)

    def answer_one(self, tokens: bytes) -> tuple[str, float]:
        """Answer the token ids of one text of the seed domain, one byte each.

        The seed domain has no division by zero, so this needs none of the work that ``answer`` does
        for other rows.
        """
        ids, log_prob = self.session.run_one(tokens)
        return tokenizer.decode_one(ids), log_prob


def describe(path: Path, certificates: Sequence[Named] = ()) -> ModelInfo:
    """Return what a model file says about itself, with its certificate, without opening it.

    Raises:
        ModelFileError: If the file is damaged, or its metadata does not follow the contract.
        CertificateError: If a certificate is not valid.
    """
    return _with_certificate(read_info(path), path, certificates)


def _with_certificate(info: ModelInfo, path: Path, certificates: Sequence[Named]) -> ModelInfo:
    identity = info.file_sha256, info.name, info.version, info.domain
    return replace(info, certificate=find_certificate(path, *identity, certificates))


def check_certificates(
    names: Sequence[str | Path], device: Device, certificates: Sequence[Named]
) -> None:
    """Check certificates as ``open_models`` does, without opening the models.

    Args:
        names: As for ``open_models``.
        device: ``"cpu"`` or ``"cuda"``; CUDA itself need not be there.
        certificates: As for ``open_models``.

    Raises:
        CertificateError: If a certificate describes another model, or belongs to none of the files.
        ModelNotFoundError: If there is no such model.
        ModelFileError: If a file does not follow the contract.
    """
    paths = [find_for_cuda(name) if device == "cuda" else find(name) for name in names]
    files = {path: describe(path, certificates).file_sha256 for path in paths}
    require_certificates_of(files, certificates)


def open_models(
    names: Sequence[str | Path], device: Device, certificates: Sequence[Named]
) -> list[Model]:
    """Open models together.

    Args:
        names: The name or the path of each.
        device: As for ``Session``.
        certificates: Those that count in addition to the shipped ones.

    Raises:
        CertificateError: If a certificate belongs to none of the files.
        ExprinferError: What ``Model`` raises.
    """
    # Most expressions are for the first model; another one opens when it is needed.
    models = [
        Model(name, device, certificates, lazy=number > 0) for number, name in enumerate(names)
    ]
    require_certificates_of({model.path: model.info.file_sha256 for model in models}, certificates)
    return models
