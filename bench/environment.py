"""The hardware and the library versions that are recorded beside every result."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import cpuinfo  # type: ignore[import-untyped]

#: The packages whose versions matter to a result.
PACKAGES = (
    "exprinfer", "numpy", "onnxruntime", "onnxruntime-gpu", "torch",
    "openvino", "keras", "jax", "pyarrow", "ray",
)  # fmt: skip


def hardware() -> dict[str, str | int | None]:
    """Return the name of the processor, the number of cores and the name of the GPU, or None."""
    processor = cpuinfo.get_cpu_info().get("brand_raw") or platform.machine()
    return {"processor": processor, "cores": os.cpu_count(), "gpu": _gpu()}


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
