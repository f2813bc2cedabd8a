"""A model file open in ONNX Runtime: the device that it really runs on, and its contract."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import DeviceError, ModelFileError
from exprinfer.runtime.cuda_graph import SIZES, SLOTS, CudaGraph, beside_others
from exprinfer.runtime.log import log_event
from exprinfer.runtime.ort import CPU, CUDA, built_for_cuda, open_file, preload_cuda

Device = Literal["auto", "cpu", "cuda"]

_LOGGER = logging.getLogger(__name__)

#: Rows of one call on a CPU: enough for full matrix products, few enough for the cache.
BATCH_SIZE = 1_024
#: The element types and ranks of the contract's tensors, as ONNX Runtime names them.
_INPUTS = {"tokens": ("tensor(int64)", 2)}
_OUTPUTS = {"answer": ("tensor(int64)", 2), "log_prob": ("tensor(float)", 1)}
#: What a model that works on tapes tells besides.
_STATES = {"steps", "memory", "tapes", "heads", "looks"}


class Session:
    """Runs one model file on one device. Safe to share between threads."""

    def __init__(self, path: Path, device: Device = "auto", on_cuda: Path | None = None) -> None:
        """Open the file, or another ``on_cuda``; on a CPU each call runs on the caller's thread.

        Raises DeviceError where ``device="cuda"`` cannot be had, ModelFileError where the file is
        damaged, no ONNX model, not complete in itself, or its inputs and outputs are not those of
        the contract.
        """
        if device not in ("auto", "cpu", "cuda"):
            raise DeviceError(f"no device {device!r}: choose 'auto', 'cpu' or 'cuda'")
        self.note = ""
        """Why CUDA is not used although ONNX Runtime was built for it; empty otherwise."""
        opened = None if device == "cpu" else self._open_on_cuda(on_cuda or path, device)
        self.device: Literal["cpu", "cuda"] = "cuda" if opened else "cpu"
        """Where the model really runs."""
        self.path = on_cuda or path if opened else path
        """The file that is open."""
        self._session = opened or open_file(path, CPU)
        self._check_signature()
        level = logging.WARNING if self.note else logging.INFO
        log_event(_LOGGER, level, "device chosen", device=self.device, asked=device, note=self.note)
        self.width = self._fixed_time(self._session.get_inputs(), "tokens")
        """How many symbols all inputs are widened to; None where the file takes any width."""
        self.captured = self.capture() if self.width and self.device == "cuda" else None
        """Where a file of fixed width is replayed on a GPU; None elsewhere."""
        self.batch_size = self.captured.largest if self.captured else BATCH_SIZE
        """Rows of one call that suit the device."""

    def capture(self, sizes: tuple[int, ...] = SIZES, lanes: int = SLOTS) -> CudaGraph:
        """The file, of fixed width, open again for batches of these sizes, so many in flight."""
        answer_width = self._fixed_time(self._session.get_outputs(), "answer")
        if not (self.width and answer_width):
            raise ModelFileError(f"{self.path} fixes no time of its input and its output")
        return CudaGraph(self.path, self.width, answer_width, self.device, sizes, lanes)

    @staticmethod
    def _fixed_time(values: Sequence[Any], name: str) -> int | None:
        time = next(value.shape[1] for value in values if value.name == name)
        return time if isinstance(time, int) else None

    def _open_on_cuda(self, path: Path, device: Device) -> Any:
        """A session that really has CUDA, or None; raises where the user insists on it."""
        if not built_for_cuda():
            reason = (
                "the ONNX Runtime installed is built for CPUs alone; in a fresh environment, "
                "pip install 'exprinfer[gpu]'"
            )
        else:
            missing = preload_cuda()
            session = open_file(path, CUDA)
            # ONNX Runtime falls back to the CPU by itself: look at what it really made.
            if CUDA in session.get_providers():
                return session
            self.note = reason = (
                f"ONNX Runtime could not create its CUDA provider{missing}; it needs an NVIDIA GPU "
                "with its driver, CUDA 13 and cuDNN 9: nvidia-smi shows the driver, "
                "pip install 'onnxruntime-gpu[cuda,cudnn]' brings the libraries"
            )
        if device == "cuda":
            raise DeviceError(f"device 'cuda' cannot be had: {reason}")
        return None

    def _check_signature(self) -> None:
        given = self._session.get_inputs()
        inputs = {value.name: (value.type, len(value.shape)) for value in given}
        told = self._session.get_outputs()
        outputs = {value.name: (value.type, len(value.shape)) for value in told}
        if inputs != _INPUTS or not _OUTPUTS.items() <= outputs.items():
            raise ModelFileError(
                f"{self.path} keeps another contract: inputs {inputs} and outputs {outputs}, "
                f"expected {_INPUTS} and {_OUTPUTS}"
            )
        if isinstance(given[0].shape[0], int):
            raise ModelFileError(
                f"{self.path} takes batches of {given[0].shape[0]} alone, not of any size"
            )

    @property
    def metadata(self) -> dict[str, str]:
        """The file's ``metadata_props``; raises ModelFileError where they are no text."""
        try:
            return dict(self._session.get_modelmeta().custom_metadata_map)
        except UnicodeDecodeError as error:
            raise ModelFileError(f"{self.path} has metadata that are no text: {error}") from error

    def run(self, tokens: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Answer token ids ``[batch, time]``: answer ids ``[batch, answer_time]`` and
        log-probabilities ``[batch]``. Raises ModelFileError where the model gives other shapes."""
        if self.captured:
            return self.captured.run(tokens)
        if self.width:
            tokens = np.pad(tokens, ((0, 0), (0, self.width - tokens.shape[1])))
        feed = {"tokens": tokens.astype(np.int64)}
        with beside_others() if self.device == "cuda" else nullcontext():
            answer, log_prob = self._session.run(list(_OUTPUTS), feed)
        if not len(tokens) == len(answer) == len(log_prob):  # one row's would pass for all
            raise ModelFileError(
                f"{self.path} gives {len(answer)} answers and {len(log_prob)} log-probabilities "
                f"for {len(tokens)} expressions"
            )
        return answer, log_prob

    def states(
        self, tokens: NDArray[np.integer], limits: NDArray[np.int64]
    ) -> dict[str, NDArray[np.generic]]:
        """Where a machine that works on tapes stands after so many steps of each row, ``[batch]``.

        Returns ``_STATES`` by name: steps done and memories ``[batch]``, tapes ``[batch, tapes,
        cells]``, heads and whether they are looked at ``[batch, tapes, 1]``. Raises ModelFileError
        where the model has no tapes.
        """
        if not {value.name for value in self._session.get_outputs()} >= _STATES:
            raise ModelFileError("this model does not work on tapes and has nothing to show")
        names = sorted(_STATES)
        feed = {"tokens": tokens.astype(np.int64), "limit": limits}
        return dict(zip(names, self._session.run(names, feed), strict=True))
