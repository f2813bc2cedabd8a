"""The folder of one fitting run: checkpoint, log and record."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.files import write_atomically, write_rows
from training.hardware import hardware, versions
from training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"
LOG = "training.csv"
RECORD = "training.json"


@dataclass
class FitProgress:
    """Everything that a run needs to continue, apart from weights and optimizer.

    Attributes:
        update: Number of updates done.
        seconds: Time spent so far.
        perfect: Whether the run stopped because nothing was wrong any more.
        rows: The rows of the log.
        wrong: Rows of the training data that were wrong at the last checkpoint, int64.
    """

    update: int = 0
    seconds: float = 0.0
    perfect: bool = False
    rows: list[dict[str, float]] = field(default_factory=list)
    wrong: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


class Run:
    """One run in its folder; a stopped run continues from its last checkpoint."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder = folder
        self.recipe = recipe

    def save(
        self, network: torch.nn.Module, optimizer: torch.optim.Optimizer, progress: FitProgress
    ) -> None:
        """Write the checkpoint, the log and the record; each file completely or not at all."""
        checkpoint = {
            "recipe": self.recipe.as_dict(),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": {**vars(progress), "wrong": torch.from_numpy(progress.wrong)},
        }
        content = io.BytesIO()
        torch.save(checkpoint, content)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / CHECKPOINT, content.getvalue())
        write_rows(self.folder / LOG, progress.rows)
        record = {
            "recipe": self.recipe.as_dict(),
            "updates": progress.update,
            "seconds": round(progress.seconds, 1),
            "machine": hardware(),
            "versions": versions(),
        }
        write_atomically(self.folder / RECORD, (json.dumps(record, indent=2) + "\n").encode())

    def restore(self, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> FitProgress:
        """Load the checkpoint, if there is one, into the network and the optimizer.

        Raises:
            ValueError: If the folder holds a run of another recipe.
        """
        if not (self.folder / CHECKPOINT).exists():
            return FitProgress()
        checkpoint = _load(self.folder)
        if checkpoint["recipe"] != self.recipe.as_dict():
            raise ValueError(
                f"{self.folder} holds a run of another recipe; "
                "remove it, or choose another folder with --runs"
            )
        network.load_state_dict(checkpoint["network"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        return _progress(checkpoint)

    def progress(self) -> FitProgress:
        """Return how far the run is.

        Raises:
            FileNotFoundError: If the folder holds no run.
        """
        return _progress(_load(self.folder))

    @staticmethod
    def load_weights(folder: Path, network: torch.nn.Module) -> None:
        """Load the weights of the run in a folder into a network.

        Raises:
            FileNotFoundError: If the folder holds no run.
        """
        network.load_state_dict(_load(folder)["network"])


def _progress(checkpoint: dict[str, Any]) -> FitProgress:
    progress = checkpoint["progress"]
    return FitProgress(**{**progress, "wrong": progress["wrong"].numpy()})


def _load(folder: Path) -> dict[str, Any]:
    path = folder / CHECKPOINT
    if not path.exists():
        raise FileNotFoundError(f"no run in {folder}; fit its recipe first")
    checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return checkpoint
