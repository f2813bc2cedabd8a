"""Open files in ONNX Runtime; the only module that imports it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

from exprinfer.errors import InferenceError, ModelFileError, RuntimeMissingError, printable

# The wheels of ONNX Runtime report usage over the network unless this is set before the import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_WARNINGS, _FATAL_ONLY = 2, 4  # ONNX Runtime's log severities; warnings are its default


@cache
def _onnxruntime() -> Any:
    """Import ONNX Runtime when it is first needed: ``exprinfer --version`` works without it.

    Raises:
        RuntimeMissingError: If it is not installed.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise
        raise RuntimeMissingError(
            "exprinfer needs ONNX Runtime, which comes with one of two extras: "
            "pip install 'exprinfer[cpu]', or pip install 'exprinfer[gpu]' for NVIDIA GPUs"
        ) from None
    return onnxruntime


def open_session(
    content: bytes,
    path: Path,
    provider: str,
    cuda_graph: bool = False,
    fixed: Mapping[str, int] | None = None,
    memory_pattern: bool = True,
) -> Any:
    """Open an ``InferenceSession`` that computes on the caller's thread, in full float32.

    Args:
        content: The verified bytes of the model file.
        path: The file, for error messages.
        provider: ``CPU`` or ``CUDA``.
        cuda_graph: Whether CUDA captures each shape when it first runs and then replays it.
        fixed: Sizes of dimensions of the inputs, by their names.
        memory_pattern: Whether each shape of the inputs has one block of memory for all tensors.
            That makes small calls of many operators faster, and large ones slower.

    Raises:
        ModelFileError: If ONNX Runtime cannot open the model.
        RuntimeMissingError: If ONNX Runtime is not installed.
    """
    onnxruntime = _onnxruntime()
    options = onnxruntime.SessionOptions()
    # Without this the content could choose ONNX Runtime's other format, which nobody here checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.intra_op_num_threads = 1
    options.enable_mem_pattern = memory_pattern
    for name, size in (fixed or {}).items():
        options.add_free_dimension_override_by_name(name, size)
    # Errors are reported by exceptions and notes, not on the user's terminal.
    options.log_severity_level = _FATAL_ONLY
    providers: list[Any] = [CPU]
    if provider == CUDA:
        # TF32 would round sums, and so could change answers.
        cuda_options = {"use_tf32": "0", "enable_cuda_graph": "1" if cuda_graph else "0"}
        providers = [(CUDA, cuda_options), CPU]
        onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # ONNX Runtime's exceptions have no common base class
        raise ModelFileError(f"ONNX Runtime cannot open {path}: {error}") from error
    finally:
        if provider == CUDA:
            onnxruntime.set_default_logger_severity(_WARNINGS)


def built_for_cuda() -> bool:
    """Return whether the installed ONNX Runtime supports CUDA; there may still be no GPU."""
    return CUDA in _onnxruntime().get_available_providers()


def preload_cuda() -> str:
    """Load the CUDA libraries that pip installed.

    Return the missing libraries as text for an error message, or an empty string.
    """
    with io.StringIO() as printed, redirect_stdout(printed):
        _onnxruntime().preload_dlls()  # prints on standard output what it does not find
        missing = re.findall(r"Failed to load (\S+):", printed.getvalue())
    return f" ({', '.join(missing)} not found)" if missing else ""


def allocate(shape: list[int], dtype: type, device: str) -> Any:
    """Allocate an ``OrtValue`` of a shape on ``"cpu"`` or ``"cuda"``."""
    return _onnxruntime().OrtValue.ortvalue_from_shape_and_type(shape, dtype, device, 0)


def inference_error(path: Path | str, error: Exception) -> InferenceError:
    """Return the error for what ONNX Runtime raised when it ran a model."""
    return InferenceError(f"ONNX Runtime failed to run {path}: {printable(str(error))}")


def run_options() -> Any:
    """Return run options; a call that is made with them ends if their ``terminate`` is set."""
    return _onnxruntime().RunOptions()


def graph_options(number: int) -> Any:
    """Return run options that make a session capture one CUDA graph and then replay it."""
    options = _onnxruntime().RunOptions()
    options.add_run_config_entry("gpu_graph_id", str(number))
    return options
