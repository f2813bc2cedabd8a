"""The hardware and the versions that are recorded beside every result."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import version

from cpuinfo import get_cpu_info  # type: ignore[import-untyped]


def hardware() -> dict[str, str | int | None]:
    """Return the processor, its number of cores, and the GPU (None if PyTorch sees none)."""
    return {"processor": processor(), "cores": os.cpu_count(), "gpu": gpu()}


@cache
def processor() -> str:
    """Return the name of the processor."""
    return str(get_cpu_info().get("brand_raw") or platform.machine())


def gpu() -> str | None:
    """Return the name of the GPU; None if PyTorch sees none."""
    import torch  # slow, and not needed for the processor

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def versions() -> dict[str, str]:
    """Return the versions that the weights depend on."""
    return {
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
    }
