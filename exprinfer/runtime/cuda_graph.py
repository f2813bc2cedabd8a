"""A file of fixed steps on a GPU: buffers that stay there, each shape captured once and replayed.

A captured CUDA graph reads and writes the same memory each time, and ONNX Runtime replays it on the
thread that captured it alone. So each lane has a session, buffers and a thread of its own, and
several lanes keep several batches in flight: one computes while others copy.
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
from exprinfer.runtime.ort import CPU, CUDA, buffer, capture_options, open_file

#: Rows of the batches that are captured; others are filled up to the next of them.
SIZES = (32, 256, 2_048, 8_192, 16_384)
#: Batches in flight.
SLOTS = 2

Outputs = tuple[NDArray[np.int64], NDArray[np.float32]]


class CudaGraph:
    """Answers batches of any size by those captured. Safe to share between threads."""

    def __init__(
        self,
        path: Path,
        width: int,
        answer_width: int,
        device: str,
        sizes: tuple[int, ...] = SIZES,
        lanes: int = SLOTS,
    ) -> None:
        """Open the file, whose inputs are ``width`` symbols wide, in each lane.

        On ``device="cpu"`` the same goes on without capture, which is how it is tested anywhere.
        Raises ModelFileError where the file cannot be captured.
        """
        self._process = os.getpid()
        self.largest = max(sizes)
        """Rows of the largest batch."""
        self._free: SimpleQueue[Slot] = SimpleQueue()
        for _ in range(lanes):
            self._free.put(Slot(path, width, answer_width, device, sizes))

    def run(self, tokens: NDArray[np.integer]) -> Outputs:
        """Answer token ids ``[batch, time]``: answer ids ``[batch, answer_time]`` and
        log-probabilities ``[batch]``. Raises DeviceError in a forked process."""
        cuts = range(0, max(1, len(tokens)), self.largest)
        with self.lane() as lane:
            parts = [lane.run(tokens[start : start + self.largest]) for start in cuts]
        answers, log_probs = zip(*parts, strict=True)
        return np.concatenate(answers), np.concatenate(log_probs)

    @contextmanager
    def lane(self) -> Iterator[Slot]:
        """A lane that nobody else uses meanwhile."""
        if os.getpid() != self._process:
            raise DeviceError(
                "CUDA does not survive a fork: load the model in the new process, or start "
                "processes by 'spawn'"
            )
        lane = self._free.get()
        try:
            yield lane
        finally:
            self._free.put(lane)


class Slot:
    """One session with its buffers on the device, used from one thread of its own."""

    def __init__(
        self, path: Path, width: int, answer_width: int, device: str, sizes: tuple[int, ...]
    ) -> None:
        self._thread = ThreadPoolExecutor(1, "exprinfer-lane")
        self._width, self._device = width, device
        self._sizes = sorted(sizes)
        self._thread.submit(self._open, path, answer_width).result()

    def _open(self, path: Path, answer_width: int) -> None:
        with _alone():
            self._session = open_file(path, CPU if self._device == "cpu" else CUDA, capture=True)
            self._shapes = {
                size: _Shape(self._session, number, size, self._width, answer_width, self._device)
                for number, size in enumerate(self._sizes)
            }
            for shape in self._shapes.values():
                shape.compute()

    def run(self, tokens: NDArray[np.integer]) -> Outputs:
        """Answer at most as many rows as the largest shape has."""
        return self._thread.submit(self._run, tokens).result()

    def _run(self, tokens: NDArray[np.integer]) -> Outputs:
        shape = self._shapes[next(size for size in self._sizes if size >= len(tokens))]
        with beside_others():
            shape.load(tokens)
            shape.compute()
            return shape.fetch(len(tokens))

    def replay(self, times: int) -> None:
        """Answer what the largest shape holds so many times; the answers stay there."""
        self._thread.submit(self._replay, times).result()

    def _replay(self, times: int) -> None:
        with beside_others():
            for _ in range(times):
                self._shapes[self._sizes[-1]].compute()


class _Shape:
    """Buffers on host and device for batches of one size, bound to the session."""

    def __init__(
        self, session: Any, number: int, size: int, width: int, answer_width: int, device: str
    ) -> None:
        self._session = session
        self._host = np.zeros((size, width), np.int64)
        self._host[:, 0] = 1  # a text of one symbol in each row that is still empty
        self._options = capture_options(number + 1)
        self._tokens = buffer([size, width], np.int64, device)
        self._answer = buffer([size, answer_width], np.int64, device)
        self._log_prob = buffer([size], np.float32, device)
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input("tokens", self._tokens)
        self._binding.bind_ortvalue_output("answer", self._answer)
        self._binding.bind_ortvalue_output("log_prob", self._log_prob)
        self._tokens.update_inplace(self._host)

    def load(self, tokens: NDArray[np.integer]) -> None:
        """Copy token ids ``[rows, time]`` to the device; further rows keep what they had."""
        rows, time = tokens.shape
        self._host[:rows, :time] = tokens
        self._host[:rows, time:] = 0
        self._tokens.update_inplace(self._host)

    def compute(self) -> None:
        """Answer what is there; returns when the device is done."""
        self._session.run_with_iobinding(self._binding, self._options)

    def fetch(self, rows: int) -> Outputs:
        """Copy the first answers back."""
        return self._answer.numpy()[:rows].copy(), self._log_prob.numpy()[:rows].copy()


_turn = Condition()
_running = 0


@contextmanager
def beside_others() -> Iterator[None]:
    """Use the device while nobody captures."""
    global _running
    with _turn:
        _running += 1
    try:
        yield
    finally:
        with _turn:
            _running -= 1
            _turn.notify_all()


@contextmanager
def _alone() -> Iterator[None]:
    """Use the device alone: while CUDA captures, no thread of the process may do much else."""
    with _turn:
        _turn.wait_for(lambda: _running == 0)
        yield
