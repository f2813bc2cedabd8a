"""The folder of one training run: checkpoint, log and record, each written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"
LOG = "training.csv"
RECORD = "training.json"


@dataclass
class Progress:
    """Everything besides weights and optimiser that a run needs to go on."""

    update: int = 0
    seconds: float = 0.0
    rows: list[dict[str, float]] = field(default_factory=list)


class Run:
    """Keeps what a run needs to be resumed, and what the model card tells of it."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.recipe = recipe

    def save(
        self, network: torch.nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
    ) -> None:
        """Write checkpoint, log and record."""
        state = {
            "recipe": self.recipe.as_dict(),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": vars(progress),
        }
        partial = self.folder / f"{CHECKPOINT}.partial"
        torch.save(state, partial)
        os.replace(partial, self.folder / CHECKPOINT)
        self._write_log(progress.rows)
        record = {
            "recipe": self.recipe.as_dict(),
            "updates": progress.update,
            "seconds": round(progress.seconds, 1),
            "machine": machine(),
            "versions": versions(),
        }
        write_text(self.folder / RECORD, json.dumps(record, indent=2) + "\n")

    def restore(
        self, network: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None
    ) -> Progress:
        """Load the checkpoint, if there is one, into network and optimiser.

        Raises ValueError where the folder holds a run of another recipe.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return Progress()
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["recipe"] != self.recipe.as_dict():
            raise ValueError(
                f"{path} belongs to another recipe; remove it or choose another folder with --runs"
            )
        network.load_state_dict(state["network"])
        if optimizer is not None:
            optimizer.load_state_dict(state["optimizer"])
        return Progress(**state["progress"])

    def _write_log(self, rows: list[dict[str, float]]) -> None:
        partial = self.folder / f"{LOG}.partial"
        with partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys() if rows else [], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(partial, self.folder / LOG)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text)
    os.replace(partial, path)


def machine() -> dict[str, Any]:
    """Processor, cores and accelerator, as they stand beside every measurement."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def versions() -> dict[str, str]:
    """Versions that the weights may depend on."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
