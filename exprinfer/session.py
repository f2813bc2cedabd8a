"""A model file open in ONNX Runtime: device, threads, provider check. Nothing else imports it."""

from __future__ import annotations

import io
import logging
import os
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import DeviceError, ModelFileError, RuntimeMissingError
from exprinfer.log import tell
from exprinfer.model_file import read

# Its wheels report usage over the network unless they are told not to before they are loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
try:
    import onnxruntime
except ModuleNotFoundError as error:
    if error.name != "onnxruntime":
        raise
    raise RuntimeMissingError(
        "exprinfer needs ONNX Runtime, which comes with one of its two extras: "
        "pip install 'exprinfer[cpu]' or, for NVIDIA GPUs, pip install 'exprinfer[gpu]'"
    ) from None

Device = Literal["auto", "cpu", "cuda"]

_LOGGER = logging.getLogger(__name__)

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_WARNINGS, _FATAL_ONLY = 2, 4  # ONNX Runtime's log severities; the first is its default
#: The element types and ranks of the contract's tensors, as ONNX Runtime names them.
_INPUTS = {"tokens": ("tensor(int64)", 2)}
_OUTPUTS = {"answer": ("tensor(int64)", 2), "log_prob": ("tensor(float)", 1)}
#: What a model that works on tapes tells besides.
_STATES = {"steps", "memory", "tapes", "heads", "looks"}


class Session:
    """Runs one model file on one device. Safe to share between threads."""

    def __init__(self, path: Path, device: Device = "auto") -> None:
        """Open the file; on a CPU each call runs on the caller's thread alone.

        Raises DeviceError where ``device="cuda"`` cannot be had, ModelFileError where the file is
        damaged, no ONNX model, not complete in itself, or its inputs and outputs are not those of
        the contract.
        """
        if device not in ("auto", "cpu", "cuda"):
            raise DeviceError(f"no device {device!r}: choose 'auto', 'cpu' or 'cuda'")
        self.note = ""
        """Why CUDA is not used although ONNX Runtime was built for it; empty otherwise."""
        on_cuda = None if device == "cpu" else self._open_on_cuda(path, device)
        self.device: Literal["cpu", "cuda"] = "cuda" if on_cuda else "cpu"
        """Where the model really runs."""
        self._session = on_cuda or _open(path, _CPU)
        self._path = path
        self._check_signature(path)
        level = logging.WARNING if self.note else logging.INFO
        tell(_LOGGER, level, "device chosen", device=self.device, asked=device, note=self.note)

    def _open_on_cuda(self, path: Path, device: Device) -> Any:
        """A session that really has CUDA, or None; raises where the user insists on it."""
        if _CUDA not in onnxruntime.get_available_providers():
            reason = (
                "the ONNX Runtime installed is built for CPUs alone; in a fresh environment, "
                "pip install 'exprinfer[gpu]'"
            )
        else:
            missing = _preload_cuda()
            session = _open(path, _CUDA)
            # ONNX Runtime falls back to the CPU by itself: look at what it really made.
            if _CUDA in session.get_providers():
                return session
            self.note = reason = (
                f"ONNX Runtime could not create its CUDA provider{missing}; it needs an NVIDIA GPU "
                "with its driver, CUDA 13 and cuDNN 9: nvidia-smi shows the driver, "
                "pip install 'onnxruntime-gpu[cuda,cudnn]' brings the libraries"
            )
        if device == "cuda":
            raise DeviceError(f"device 'cuda' cannot be had: {reason}")
        return None

    def _check_signature(self, path: Path) -> None:
        given = self._session.get_inputs()
        inputs = {value.name: (value.type, len(value.shape)) for value in given}
        told = self._session.get_outputs()
        outputs = {value.name: (value.type, len(value.shape)) for value in told}
        if inputs != _INPUTS or not _OUTPUTS.items() <= outputs.items():
            raise ModelFileError(
                f"{path} keeps another contract: inputs {inputs} and outputs {outputs}, "
                f"expected {_INPUTS} and {_OUTPUTS}"
            )
        if isinstance(given[0].shape[0], int):
            raise ModelFileError(
                f"{path} takes batches of {given[0].shape[0]} alone, not of any size"
            )

    @property
    def metadata(self) -> dict[str, str]:
        """The file's ``metadata_props``; raises ModelFileError where they are no text."""
        try:
            return dict(self._session.get_modelmeta().custom_metadata_map)
        except UnicodeDecodeError as error:
            raise ModelFileError(f"{self._path} has metadata that are no text: {error}") from error

    def run(self, tokens: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Answer token ids ``[batch, time]``: answer ids ``[batch, answer_time]`` and
        log-probabilities ``[batch]``. Raises ModelFileError where the model gives other shapes."""
        feed = {"tokens": tokens.astype(np.int64)}
        answer, log_prob = self._session.run(list(_OUTPUTS), feed)
        if not len(tokens) == len(answer) == len(log_prob):  # one row's would pass for all
            raise ModelFileError(
                f"{self._path} gives {len(answer)} answers and {len(log_prob)} log-probabilities "
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


def _preload_cuda() -> str:
    """Load the CUDA libraries that pip installed; return what is missing, for a sentence."""
    with io.StringIO() as printed, redirect_stdout(printed):
        onnxruntime.preload_dlls()  # tells on standard output what it does not find
        missing = re.findall(r"Failed to load (\S+):", printed.getvalue())
    return f" ({', '.join(missing)} not found)" if missing else ""


def _open(path: Path, provider: str) -> Any:
    content = read(path)
    options = onnxruntime.SessionOptions()
    # Without it the content could choose ONNX Runtime's other format, which nobody here checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.intra_op_num_threads = 1
    # What goes wrong is told by the exceptions and notes above, not on the user's terminal.
    options.log_severity_level = _FATAL_ONLY
    providers = [provider] if provider == _CPU else [provider, _CPU]
    if provider == _CUDA:
        onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # ONNX Runtime has no common base class of its own
        raise ModelFileError(f"{path} is no model that ONNX Runtime can open: {error}") from error
    finally:
        if provider == _CUDA:
            onnxruntime.set_default_logger_severity(_WARNINGS)
