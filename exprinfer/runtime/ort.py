"""ONNX Runtime, and how a file is opened in it; nothing else imports it."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from exprinfer.errors import ModelFileError, RuntimeMissingError
from exprinfer.runtime.model_file import read

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

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_WARNINGS, _FATAL_ONLY = 2, 4  # ONNX Runtime's log severities; the first is its default


def open_file(path: Path, provider: str, capture: bool = False) -> Any:
    """An ``InferenceSession`` that computes on the caller's thread alone, in full float32.

    Where ``capture``, CUDA captures each shape when it first runs, and replays it from then on.
    Raises ModelFileError where the file is damaged, not complete in itself, or ONNX Runtime cannot
    open it.
    """
    content = read(path)
    options = onnxruntime.SessionOptions()
    # Without it the content could choose ONNX Runtime's other format, which nobody here checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.intra_op_num_threads = 1
    # What goes wrong is told by exceptions and notes, not on the user's terminal.
    options.log_severity_level = _FATAL_ONLY
    providers: list[Any] = [CPU]
    if provider == CUDA:
        # TF32 would round the states that are added up, and so the answers of another machine.
        cuda_options = {"use_tf32": "0", "enable_cuda_graph": "1" if capture else "0"}
        providers = [(CUDA, cuda_options), CPU]
        onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # ONNX Runtime has no common base class of its own
        raise ModelFileError(f"{path} is no model that ONNX Runtime can open: {error}") from error
    finally:
        if provider == CUDA:
            onnxruntime.set_default_logger_severity(_WARNINGS)


def built_for_cuda() -> bool:
    """Whether the ONNX Runtime installed knows CUDA; there may be no GPU all the same."""
    return CUDA in onnxruntime.get_available_providers()


def preload_cuda() -> str:
    """Load the CUDA libraries that pip installed; return what is missing, for a sentence."""
    with io.StringIO() as printed, redirect_stdout(printed):
        onnxruntime.preload_dlls()  # tells on standard output what it does not find
        missing = re.findall(r"Failed to load (\S+):", printed.getvalue())
    return f" ({', '.join(missing)} not found)" if missing else ""


def buffer(shape: list[int], dtype: type, device: str) -> Any:
    """An ``OrtValue`` of that shape on ``"cpu"`` or ``"cuda"``, not yet filled."""
    return onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, dtype, device, 0)


def capture_options(number: int) -> Any:
    """Run options under which a session captures one graph, and replays it from then on."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("gpu_graph_id", str(number))
    return options
