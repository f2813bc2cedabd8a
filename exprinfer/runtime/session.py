"""A model file open in ONNX Runtime, on the device that it really runs on."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import ClosedError, DeviceError, ModelFileError
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.cuda_graph import FORKED, SIZES, SLOTS, CudaGraph, shared_device
from exprinfer.runtime.log import log_event
from exprinfer.runtime.metadata import read_metadata
from exprinfer.runtime.model_file import read
from exprinfer.runtime.model_info import ModelInfo
from exprinfer.runtime.ort import (
    CPU,
    CUDA,
    built_for_cuda,
    inference_error,
    open_session,
    preload_cuda,
)
from exprinfer.runtime.single_row import SingleRow
from exprinfer.runtime.stop import Stop

Device = Literal["auto", "cpu", "cuda"]

_LOGGER = logging.getLogger(__name__)

#: Rows of one call on a CPU: enough for full matrix products, few enough for the cache.
BATCH_SIZE = 3_072
#: Single expressions after which a session for them is opened. Who asks for a few does not need it.
SINGLE_CALLS = 16
_IDS = frozenset(range(len(SYMBOLS)))
#: Sums of float32 may put the log-probability of a certain answer above 0 by this much.
ROUNDING = 1e-3
#: Element types and ranks of the contract's tensors, as ONNX Runtime names them.
_INPUTS = {"tokens": ("tensor(int64)", 2)}
_OUTPUTS = {"answer": ("tensor(int64)", 2), "log_prob": ("tensor(float)", 1)}
#: Sessions that were copied by a fork. They are kept, and never used, until the process ends.
_abandoned: list[Any] = []


class Session:
    """Runs one model file on one device. Threads may share it.

    Attributes:
        device: Where the model really runs, ``"cpu"`` or ``"cuda"``.
        note: Why CUDA is not used although ONNX Runtime was built for it; empty otherwise.
        path: The file that is open.
        info: What the file says about itself.
        width: Length in symbols to which all inputs are padded; None if the file takes any length.
        cuda_graph: Replays a file of fixed width on a GPU; None elsewhere.
        batch_size: Number of rows of one call that suits the device.
    """

    def __init__(self, path: Path, device: Device = "auto", cuda_path: Path | None = None) -> None:
        """Open a model file. On a CPU each call runs on the caller's thread.

        Args:
            path: The file.
            device: ``"auto"`` uses CUDA if ONNX Runtime really created it, and the CPU otherwise.
            cuda_path: The file to open instead on CUDA.

        Raises:
            DeviceError: If ``device="cuda"`` is not available.
            ModelFileError: If the file is damaged, not an ONNX model, not complete in itself, or
                does not follow the contract.
        """
        if device not in ("auto", "cpu", "cuda"):
            raise DeviceError(f"device must be 'auto', 'cpu' or 'cuda', got {device!r}")
        self.note = ""
        opened = None if device == "cpu" else self._open_on_cuda(cuda_path or path, device)
        self.device: Literal["cpu", "cuda"] = "cuda" if opened else "cpu"
        self.path = cuda_path or path if opened else path
        self._session = opened or self._open(path, CPU)
        self._verify_signature()
        metadata = read_metadata(self._content, self.path)
        self.info = ModelInfo.read(metadata, self.path, self._file_sha256)
        level = logging.WARNING if self.note else logging.INFO
        log_event(
            _LOGGER, level, "device chosen", device=self.device, requested=device, note=self.note
        )
        self.width = self._fixed_time(self._session.get_inputs(), "tokens")
        self.cuda_graph = self.open_cuda_graph() if self.width and self.device == "cuda" else None
        self._single: SingleRow | None = None
        self._single_calls = 0
        self.batch_size = self.cuda_graph.largest if self.cuda_graph else BATCH_SIZE

    def open_cuda_graph(self, sizes: tuple[int, ...] = SIZES, slots: int = SLOTS) -> CudaGraph:
        """Open the file again as CUDA graphs.

        Args:
            sizes: Batch sizes to capture.
            slots: Number of batches in flight.

        Raises:
            ModelFileError: If the file takes inputs of any length.
        """
        answer_width = self._fixed_time(self._session.get_outputs(), "answer")
        if not (self.width and answer_width):
            raise ModelFileError(f"{self.path} does not fix the length of its input and output")
        return CudaGraph(self.path, self.width, answer_width, self.device, sizes, slots)

    def run(
        self, tokens: NDArray[np.integer], stop: Stop | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Answer a batch of token ids.

        Args:
            tokens: Token ids ``[batch, time]``, padded on the right with 0.
            stop: Ends the call from another thread; a CUDA graph does not watch it.

        Returns:
            Answer ids ``[batch, answer_time]`` and log-probabilities ``[batch]``.

        Raises:
            ModelFileError: If the model returns another number of rows, ids that are no symbols,
                or log-probabilities that cannot be.
            InferenceError: If ONNX Runtime fails.
            ClosedError: If the call was ended.
        """
        if not len(tokens):  # some versions of ONNX Runtime crash on an empty batch
            return np.zeros((0, 1), np.int64), np.zeros(0, np.float32)
        if self.cuda_graph:
            return self._verified(*self.cuda_graph.run(tokens))
        if self.width:
            tokens = np.pad(tokens, ((0, 0), (0, self.width - tokens.shape[1])))
        answer, log_prob = self.fetch(list(_OUTPUTS), {"tokens": tokens.astype(np.int64)}, stop)
        if not len(tokens) == len(answer) == len(log_prob):  # numpy would broadcast a single row
            raise ModelFileError(
                f"{self.path} returns {len(answer)} answers and {len(log_prob)} log-probabilities "
                f"for {len(tokens)} expressions"
            )
        return self._verified(answer, log_prob)

    def run_one(self, tokens: bytes) -> tuple[list[int], float]:
        """Answer one row of token ids, one byte each.

        Returns:
            The ids of the answer, and its log-probability.

        Raises:
            ModelFileError: If the model returns what no valid model returns.
            InferenceError: If ONNX Runtime fails.
        """
        single = self._single_row()
        if single is None or len(tokens) > single.width:
            answer, log_probs = self.run(np.frombuffer(tokens, np.uint8)[None])
            return answer[0].tolist(), log_probs[0].item()
        ids, log_prob = single.run(tokens)
        if not (_IDS.issuperset(ids) and -math.inf < log_prob <= ROUNDING):
            self._verified(np.array([ids]), np.array([log_prob], np.float32))
        return ids, log_prob

    def _single_row(self) -> SingleRow | None:
        """Return the session for single rows; None until some were asked for.

        There is none on CUDA, and none for models that work on tapes: these read inputs of very
        different lengths.
        """
        if self._single and self._single.process == os.getpid():
            return self._single
        self._single_calls += 1
        names = self._session.get_inputs()[0].shape if self._single_calls > SINGLE_CALLS else ()
        if not names or self.device == "cuda" or self.info.tapes or None in names:
            return None
        if self._single:
            _abandoned.append(self._single)
        self._single = SingleRow(self._content, self.path, names, self.info.longest_input)
        return self._single

    def run_limited(
        self, tokens: NDArray[np.integer], limit: int, stop: Stop | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Answer a batch by a model that works on tapes, with at most so many steps for each row.

        Args:
            tokens: Token ids ``[batch, time]``, padded on the right with 0.
            limit: The number of steps. A row that has taken all of them may not be finished.
            stop: Ends the call from another thread.

        Returns:
            Answer ids ``[batch, answer_time]``, log-probabilities ``[batch]`` and the numbers of
            steps taken ``[batch]``.

        Raises:
            ModelFileError: If the model returns what no valid model returns.
            InferenceError: If ONNX Runtime fails.
            ClosedError: If the call was ended.
        """
        feed = {"tokens": tokens.astype(np.int64), "limit": np.array([limit])}
        answer, log_prob, steps = self.fetch([*_OUTPUTS, "steps"], feed, stop)
        if not len(tokens) == len(answer) == len(log_prob) == len(steps):
            raise ModelFileError(f"{self.path} returns another number of rows than it was given")
        return *self._verified(answer, log_prob), steps

    def _verified(
        self, answer: NDArray[np.int64], log_prob: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Refuse what no valid model returns; a file may come from anybody.

        Raises:
            ModelFileError: If an id is not that of a symbol, or a log-probability is positive, NaN
                or infinite.
        """
        # As unsigned integers, negative ids are large ones.
        if answer.size and answer.view(np.uint64).max() >= len(SYMBOLS):
            raise ModelFileError(
                f"{self.path} returns ids from {answer.min()} to {answer.max()}; symbols have the "
                f"ids 0 to {len(SYMBOLS) - 1}"
            )
        if not (log_prob.min() > -np.inf and log_prob.max() <= ROUNDING):  # neither if one is NaN
            raise ModelFileError(
                f"{self.path} returns log-probabilities from {log_prob.min()} to "
                f"{log_prob.max()}; they must be finite and at most 0"
            )
        return answer, log_prob

    def fetch(
        self, names: Sequence[str], feed: dict[str, NDArray[Any]], stop: Stop | None = None
    ) -> list[NDArray[Any]]:
        """Run the graph once and return the outputs with these names.

        Args:
            names: The names.
            feed: The inputs by their names.
            stop: Ends the call from another thread.

        Raises:
            DeviceError: If the session uses CUDA and the process was forked.
            InferenceError: If ONNX Runtime fails.
            ClosedError: If the call was ended.
        """
        if self._process != os.getpid():
            self._reopen()
        with shared_device() if self.device == "cuda" else nullcontext():
            try:
                outputs: list[NDArray[Any]] = self._session.run(names, feed, stop and stop.options)
            except Exception as error:
                if stop and stop.is_set:
                    raise ClosedError("the evaluation was cancelled") from None
                raise inference_error(self.path, error) from error
        return outputs

    def output_names(self) -> set[str]:
        """Return the names of all outputs of the graph."""
        return {value.name for value in self._session.get_outputs()}

    def _open(self, path: Path, provider: str) -> Any:
        file = read(path)
        self._file_sha256, self._content, self._process = file.sha256, file.content, os.getpid()
        return self._open_content(path, provider)

    def _open_content(self, path: Path, provider: str) -> Any:
        # Models that work on tapes run many operators on few rows. The metadata tells which models
        # these are, but it is read later: ONNX Runtime must refuse what is not a model first.
        pattern = provider == CUDA or b"tapes" in self._content
        return open_session(self._content, path, provider, memory_pattern=pattern)

    def _reopen(self) -> None:
        """Open the same content again after a fork.

        A thread that stayed in the parent may hold a mutex of ONNX Runtime in the copied session.

        Raises:
            DeviceError: If the session uses CUDA.
        """
        if self.device == "cuda":
            raise DeviceError(FORKED)
        _abandoned.append(self._session)  # its destructor may wait for that mutex too
        self._session = self._open_content(self.path, CPU)
        self._process = os.getpid()

    def _open_on_cuda(self, path: Path, device: Device) -> Any:
        """Return a session that really has CUDA, or None.

        Raises:
            DeviceError: If there is none and the user insists on it.
        """
        if not built_for_cuda():
            reason = (
                "the installed ONNX Runtime is built for CPUs only; in a fresh environment, run "
                "pip install 'exprinfer[gpu]'"
            )
        else:
            missing = preload_cuda()
            session = self._open(path, CUDA)
            # ONNX Runtime falls back to the CPU silently: look at what it really created.
            if CUDA in session.get_providers():
                return session
            self.note = reason = (
                f"ONNX Runtime could not create its CUDA provider{missing}; it needs an NVIDIA GPU "
                "with its driver, CUDA 13 and cuDNN 9: nvidia-smi shows the driver, "
                "pip install 'onnxruntime-gpu[cuda,cudnn]' installs the libraries"
            )
        if device == "cuda":
            raise DeviceError(f"device 'cuda' is not available: {reason}")
        return None

    def _verify_signature(self) -> None:
        inputs = self._session.get_inputs()
        signature = {value.name: (value.type, len(value.shape)) for value in inputs}
        outputs = {
            value.name: (value.type, len(value.shape)) for value in self._session.get_outputs()
        }
        if signature != _INPUTS or not _OUTPUTS.items() <= outputs.items():
            raise ModelFileError(
                f"{self.path} must have the inputs {_INPUTS} and the outputs {_OUTPUTS}, got "
                f"{signature} and {outputs}"
            )
        if isinstance(inputs[0].shape[0], int):
            raise ModelFileError(
                f"{self.path} must take batches of any size, got only {inputs[0].shape[0]}"
            )

    @staticmethod
    def _fixed_time(values: Sequence[Any], name: str) -> int | None:
        time = next(value.shape[1] for value in values if value.name == name)
        return time if isinstance(time, int) else None
