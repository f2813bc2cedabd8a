"""The fitting loop of every network: resume, update, log, save, and show the progress."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from training.recipe import Recipe, TrainingSettings
from training.run import FitProgress, Run

_NONE = np.empty(0, np.int64)


class Fitting(ABC):
    """A network that is being fitted: what the loop needs to know about it."""

    network: nn.Module
    optimizer: torch.optim.Optimizer

    @abstractmethod
    def update(self, number: int, wrong: NDArray[np.int64] = _NONE) -> None:
        """Take one optimizer step.

        Args:
            number: Number of the update, from 0.
            wrong: Rows of the training data that were wrong at the last checkpoint.
        """

    @abstractmethod
    def row(self) -> dict[str, float]:
        """Return the next row of the log, without update and seconds."""

    @abstractmethod
    def is_perfect(self, row: dict[str, float]) -> bool:
        """Return whether a row of the log shows that nothing is wrong."""

    @abstractmethod
    def wrong(self) -> NDArray[np.int64]:
        """Return the rows of the training data that the network gets wrong at present."""


def run_loop(
    recipe: Recipe, runs: Path, prepare: Callable[[], Fitting], updates: int | None = None
) -> nn.Module:
    """Fit a network and keep the run in ``runs/RECIPE``.

    A stopped run continues from its last checkpoint and ends with the same weights as a run that
    was never stopped: an update depends only on the seed, its number and the last checkpoint.

    Args:
        recipe: The recipe.
        runs: Folder of the runs.
        prepare: Makes the network with its first weights, the optimizer and the data.
        updates: Stop after this many updates, at a checkpoint. None means all of the recipe's.

    Returns:
        The fitted network.

    Raises:
        ValueError: If the folder holds a run of another recipe.
    """
    torch.set_num_threads(recipe.training.threads)
    run, fitting = Run(runs / recipe.name, recipe), prepare()
    progress = run.restore(fitting.network, fitting.optimizer)
    last = min(recipe.training.updates, updates or recipe.training.updates)
    began = time.monotonic() - progress.seconds
    with tqdm(total=recipe.training.updates, initial=progress.update, unit="update") as bar:
        while progress.update < last and not progress.perfect:
            fitting.update(progress.update, progress.wrong)
            progress.update += 1
            bar.update()
            if progress.update % recipe.log.every == 0:
                _log(recipe, fitting, progress, began, bar)
            at_checkpoint = progress.update % recipe.log.checkpoint == 0
            if at_checkpoint or progress.update == last or progress.perfect:
                if recipe.training.focus:
                    progress.wrong = fitting.wrong()
                progress.seconds = time.monotonic() - began
                run.save(fitting.network, fitting.optimizer, progress)
    return fitting.network


def _log(
    recipe: Recipe, fitting: Fitting, progress: FitProgress, began: float, bar: tqdm[None]
) -> None:
    """Add a row to the log and show it."""
    found = fitting.row()
    row = {"update": progress.update, **found, "seconds": time.monotonic() - began}
    progress.rows.append({name: round(value, 6) for name, value in row.items()})
    progress.perfect = recipe.log.stop_when_perfect and fitting.is_perfect(found)
    bar.set_postfix({name: f"{value:.4g}" for name, value in found.items()})


def check_device(device: str) -> None:
    """Check that PyTorch can use a device.

    Raises:
        ValueError: If it cannot.
    """
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"PyTorch cannot use the device {device!r}: {error}") from error


def make_optimizer(network: nn.Module, training: TrainingSettings) -> torch.optim.Optimizer:
    """Return the recipe's optimizer of the weights that are fitted.

    Raises:
        ValueError: If ``torch.optim`` has no such optimizer, or the optimizer no such setting.
    """
    settings = dict(training.optimizer)
    name = settings.pop("name")
    kind: type[torch.optim.Optimizer] | None = getattr(torch.optim, str(name), None)
    if kind is None:
        raise ValueError(f"[training] optimizer: torch.optim has no {name!r}")
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    try:
        return kind(weights, **settings)
    except TypeError as error:
        raise ValueError(f"[training] optimizer: {error}") from error


def set_learning_rate(
    optimizer: torch.optim.Optimizer, update: int, training: TrainingSettings
) -> None:
    """Set the learning rate of an update: linear warm-up, then half a cosine down to zero."""
    for group in optimizer.param_groups:
        group["lr"] = training.optimizer["lr"] * schedule(update, training)


def schedule(update: int, training: TrainingSettings) -> float:
    """Return the share of the full learning rate, 0..1."""
    if not training.warmup:
        return 1.0
    if update < training.warmup:
        return (update + 1) / training.warmup
    done = (update - training.warmup) / (training.updates - training.warmup)
    return 0.5 * (1 + math.cos(math.pi * done))
