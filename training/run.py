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
        wrong: Rows of the training data that were wrong at the recipe's last checkpoint, int64.
        sums: What the next row of the log is made from, float32.
    """

    update: int = 0
    seconds: float = 0.0
    perfect: bool = False
    rows: list[dict[str, float]] = field(default_factory=list)
    wrong: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    sums: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))


class Run:
    """One run in its folder; a stopped run continues from its last checkpoint."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder = folder
        self.recipe = recipe

    def save(
        self, network: torch.nn.Module, optimizer: torch.optim.Optimizer, progress: FitProgress
    ) -> None:
        """Write the log, the record and the checkpoint; each file completely or not at all.

        The checkpoint comes last: a run that ends in between is continued from the one before.
        """
        checkpoint = {
            "recipe": self.recipe.as_dict(),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": {
                **vars(progress),
                "wrong": torch.from_numpy(progress.wrong),
                "sums": torch.from_numpy(progress.sums),
            },
        }
        content = io.BytesIO()
        torch.save(checkpoint, content)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_rows(self.folder / LOG, progress.rows)
        record = {
            "recipe": self.recipe.as_dict(),
            "updates": progress.update,
            "seconds": round(progress.seconds, 1),
            "machine": hardware(),
            "versions": versions(),
        }
        write_atomically(self.folder / RECORD, (json.dumps(record, indent=2) + "\n").encode())
        write_atomically(self.folder / CHECKPOINT, content.getvalue())

    def restore(self, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> FitProgress:
        """Load the checkpoint, if there is one, into the network and the optimizer.

        Raises:
            ValueError: If the folder holds a run of another recipe.
        """
        if not self.exists():
            return FitProgress()
        checkpoint = self._load()
        network.load_state_dict(checkpoint["network"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        return _progress(checkpoint)

    def progress(self) -> FitProgress:
        """Return how far the run is.

        Raises:
            FileNotFoundError: If the folder holds no run.
        """
        return _progress(self._load())

    def exists(self) -> bool:
        """Return whether the folder holds a checkpoint."""
        return (self.folder / CHECKPOINT).exists()

    def load_weights(self, network: torch.nn.Module) -> None:
        """Load the weights of the run into a network of its recipe.

        Raises:
            FileNotFoundError: If the folder holds no run.
            ValueError: If it holds a run of another recipe, or one of another network.
        """
        try:
            network.load_state_dict(self.weights())
        except RuntimeError as error:
            raise ValueError(f"the weights in {self.folder} do not fit the network") from error

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights of the run.

        Raises:
            FileNotFoundError: If the folder holds no run.
            ValueError: If it holds a run of another recipe.
        """
        weights: dict[str, torch.Tensor] = self._load()["network"]
        return weights

    def _load(self) -> dict[str, Any]:
        path = self.folder / CHECKPOINT
        if not path.exists():
            raise FileNotFoundError(f"no run in {self.folder}; fit its recipe first")
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if changed := _differences(checkpoint["recipe"], self.recipe.as_dict()):
            raise ValueError(
                f"{self.folder} holds a run of another recipe ({changed[0]}); "
                "remove it, or choose another folder with --runs"
            )
        return checkpoint


def _progress(checkpoint: dict[str, Any]) -> FitProgress:
    arrays = {
        name: checkpoint["progress"][name].numpy()
        for name in ("wrong", "sums")
        if name in checkpoint["progress"]
    }
    return FitProgress(**{**checkpoint["progress"], **arrays})


def _differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Return how two recipes differ, as ``Recipe.as_dict`` gives them, one setting each."""
    # As JSON a tuple is the same as a list.
    ours, theirs = (json.loads(json.dumps(recipe)) for recipe in (ours, theirs))
    names = [
        (section, name)
        for section in {**ours, **theirs}
        for name in {**ours.get(section, {}), **theirs.get(section, {})}
    ]
    found = []
    for section, name in names:
        values = [recipe.get(section, {}).get(name, "not set") for recipe in (ours, theirs)]
        if values[0] != values[1]:
            found.append(f"[{section}] {name} is {values[0]} there and {values[1]} here")
    return found
