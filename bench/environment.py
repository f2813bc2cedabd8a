"""The hardware and the library versions that are recorded beside every result."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import cpuinfo  # type: ignore[import-untyped]

#: The packages whose versions matter to a result.
PACKAGES = (
    "exprinfer", "numpy", "onnxruntime", "onnxruntime-gpu", "torch",
    "openvino", "keras", "jax", "pyarrow", "ray",
)  # fmt: skip


#: Instruction sets that ONNX Runtime chooses its kernels by, as py-cpuinfo names them.
INSTRUCTION_SETS = ("avx", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")


def hardware() -> dict[str, Any]:
    """Return the processor, its instruction sets, the number of cores, and the GPU or None."""
    found = cpuinfo.get_cpu_info()
    flags = set(found.get("flags", ()))
    return {
        "processor": found.get("brand_raw") or platform.machine(),
        "instruction sets": [name for name in INSTRUCTION_SETS if name in flags],
        "cores": os.cpu_count(),
        "gpu": _gpu(),
    }


def folder_name(machine: dict[str, Any]) -> str:
    """Return a folder name for the results of a machine.

    >>> folder_name({"processor": "AMD EPYC", "cores": 2, "gpu": None})
    'amd-epyc-2-cores'
    """
    processor = re.sub(r"\((r|tm)\)|processor|cpu", "", machine["processor"].lower())
    words = re.findall(r"[a-z0-9]+", processor)
    return "-".join([*words, str(machine["cores"]), "cores"])


def versions() -> dict[str, str]:
    """Return the version of Python and of each package that is installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _gpu() -> str | None:
    try:
        import torch
    except ImportError:
        return None
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None
