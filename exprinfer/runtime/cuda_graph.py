"""Run a file of fixed shapes on a GPU: capture each batch size once, then replay it.

A captured CUDA graph always reads and writes the same memory, and ONNX Runtime replays it only on
the thread that captured it. So each slot has its own session, buffers and thread, and several slots
keep several batches in flight: one computes while others copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Condition
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import DeviceError
from exprinfer.runtime.model_file import read
from exprinfer.runtime.ort import CPU, CUDA, allocate, graph_options, inference_error, open_session

#: Batch sizes that are captured; other batches are padded to the next one.
SIZES = (32, 256, 2_048, 8_192, 16_384)
#: Why CUDA fails in a forked process.
FORKED = (
    "CUDA does not survive a fork: load the model in the new process, or start processes with "
    "'spawn'"
)
#: Batches in flight.
SLOTS = 2

Outputs = tuple[NDArray[np.int64], NDArray[np.float32]]


class CudaGraph:
    """Answers batches of any size with the captured ones. Threads may share it.

    Attributes:
        largest: Rows of the largest captured batch.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        answer_width: int,
        device: str,
        sizes: tuple[int, ...] = SIZES,
        slots: int = SLOTS,
    ) -> None:
        """Open the file once for each slot.

        On ``device="cpu"`` the same code runs without capture, so that it can be tested anywhere.

        Args:
            path: The model file.
            width: Length of its inputs in symbols.
            answer_width: Length of its answers in symbols.
            device: ``"cpu"`` or ``"cuda"``.
            sizes: Batch sizes to capture.
            slots: Number of batches in flight.

        Raises:
            ModelFileError: If the file cannot be captured.
        """
        self._process = os.getpid()
        self.largest = max(sizes)
        self._free: SimpleQueue[Slot] = SimpleQueue()
        for _ in range(slots):
            self._free.put(Slot(path, width, answer_width, device, sizes))

    def run(self, tokens: NDArray[np.integer]) -> Outputs:
        """Answer a batch of token ids.

        Args:
            tokens: Token ids ``[batch, time]``.

        Returns:
            Answer ids ``[batch, answer_time]`` and log-probabilities ``[batch]``.

        Raises:
            DeviceError: In a forked process.
        """
        starts = range(0, max(1, len(tokens)), self.largest)
        with self.slot() as slot:
            parts = [slot.run(tokens[start : start + self.largest]) for start in starts]
        answers, log_probs = zip(*parts, strict=True)
        return np.concatenate(answers), np.concatenate(log_probs)

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Borrow a slot that nobody else uses at the same time.

        Raises:
            DeviceError: In a forked process.
        """
        if os.getpid() != self._process:
            raise DeviceError(FORKED)
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)


class Slot:
    """One session with its buffers on the device, used by one thread of its own."""

    def __init__(
        self, path: Path, width: int, answer_width: int, device: str, sizes: tuple[int, ...]
    ) -> None:
        self._thread = ThreadPoolExecutor(1, "exprinfer-slot")
        self._width, self._device = width, device
        self._sizes = sorted(sizes)
        self._thread.submit(self._open, path, answer_width).result()

    def _open(self, path: Path, answer_width: int) -> None:
        provider = CPU if self._device == "cpu" else CUDA
        with _exclusive_device():
            session = open_session(read(path).content, path, provider, cuda_graph=True)
            self._batches = {
                size: _CapturedBatch(session, number, size, self._width, answer_width, self._device)
                for number, size in enumerate(self._sizes)
            }
            for batch in self._batches.values():
                batch.compute()

    def run(self, tokens: NDArray[np.integer]) -> Outputs:
        """Answer a batch that is not larger than the largest captured one."""
        return self._thread.submit(self._run, tokens).result()

    def _run(self, tokens: NDArray[np.integer]) -> Outputs:
        batch = self._batches[next(size for size in self._sizes if size >= len(tokens))]
        with shared_device():
            batch.load(tokens)
            batch.compute()
            return batch.fetch(len(tokens))

    def replay(self, times: int) -> None:
        """Answer the content of the largest batch this many times; the answers stay there."""
        self._thread.submit(self._replay, times).result()

    def _replay(self, times: int) -> None:
        with shared_device():
            for _ in range(times):
                self._batches[self._sizes[-1]].compute()


class _CapturedBatch:
    """Buffers on host and device for batches of one size, bound to the session."""

    def __init__(
        self, session: Any, number: int, size: int, width: int, answer_width: int, device: str
    ) -> None:
        self._session = session
        self._host = np.zeros((size, width), np.int64)
        self._host[:, 0] = 1  # a text of one symbol in each row that is still empty
        self._options = graph_options(number + 1)
        self._tokens = allocate([size, width], np.int64, device)
        self._answer = allocate([size, answer_width], np.int64, device)
        self._log_prob = allocate([size], np.float32, device)
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input("tokens", self._tokens)
        self._binding.bind_ortvalue_output("answer", self._answer)
        self._binding.bind_ortvalue_output("log_prob", self._log_prob)
        self._tokens.update_inplace(self._host)

    def load(self, tokens: NDArray[np.integer]) -> None:
        """Copy token ids ``[rows, time]`` to the device; the other rows keep what they had."""
        rows, time = tokens.shape
        self._host[:rows, :time] = tokens
        self._host[:rows, time:] = 0
        self._tokens.update_inplace(self._host)

    def compute(self) -> None:
        """Answer what is on the device; return when the device has finished.

        Raises:
            InferenceError: If ONNX Runtime fails.
        """
        try:
            self._session.run_with_iobinding(self._binding, self._options)
        except Exception as error:
            raise inference_error("a CUDA graph", error) from error

    def fetch(self, rows: int) -> Outputs:
        """Copy the first answers back."""
        return self._answer.numpy()[:rows].copy(), self._log_prob.numpy()[:rows].copy()


_users_changed = Condition()
_users = 0


@contextmanager
def shared_device() -> Iterator[None]:
    """Use the device together with others, but not while a graph is captured."""
    global _users
    with _users_changed:
        _users += 1
    try:
        yield
    finally:
        with _users_changed:
            _users -= 1
            _users_changed.notify_all()


@contextmanager
def _exclusive_device() -> Iterator[None]:
    """Use the device alone: CUDA allows little else in the process while it captures."""
    with _users_changed:
        _users_changed.wait_for(lambda: _users == 0)
        yield
