"""The folder of one training run: checkpoint, log and record, each written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.machine import machine, versions
from training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"
LOG = "training.csv"
RECORD = "training.json"


@dataclass
class Progress:
    """Everything besides weights and optimiser that a run needs to go on."""

    update: int = 0
    seconds: float = 0.0
    perfect: bool = False
    rows: list[dict[str, float]] = field(default_factory=list)
    wrong: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Rows of the training data that were wrong at the last checkpoint."""


class Run:
    """Keeps what a run needs to be resumed, and what the model card tells of it."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
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
            "progress": {**vars(progress), "wrong": torch.from_numpy(progress.wrong)},
        }
        content = io.BytesIO()
        torch.save(state, content)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / CHECKPOINT, content.getvalue())
        write_rows(self.folder / LOG, progress.rows)
        record = {
            "recipe": self.recipe.as_dict(),
            "updates": progress.update,
            "seconds": round(progress.seconds, 1),
            "machine": machine(),
            "versions": versions(),
        }
        write_whole(self.folder / RECORD, (json.dumps(record, indent=2) + "\n").encode())

    def restore(self, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
        """Load the checkpoint, if there is one, into network and optimiser.

        Raises ValueError where the folder holds a run of another recipe.
        """
        if not (self.folder / CHECKPOINT).exists():
            return Progress()
        state = _load(self.folder)
        if state["recipe"] != self.recipe.as_dict():
            raise ValueError(
                f"{self.folder} holds a run of another recipe; "
                "remove it or choose another place with --runs"
            )
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        return _progress(state)

    def progress(self) -> Progress:
        """How far the run has come; raises FileNotFoundError where there is none."""
        return _progress(_load(self.folder))

    @staticmethod
    def load_weights(folder: Path, network: torch.nn.Module) -> None:
        """Load the weights of a run; raises FileNotFoundError where there is none in ``folder``."""
        network.load_state_dict(_load(folder)["network"])


def _progress(state: dict[str, Any]) -> Progress:
    progress = state["progress"]
    return Progress(**{**progress, "wrong": progress["wrong"].numpy()})


def _load(folder: Path) -> dict[str, Any]:
    path = folder / CHECKPOINT
    if not path.exists():
        raise FileNotFoundError(f"no run in {folder}: fit its recipe first")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows of the same keys as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
