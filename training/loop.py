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
from torch import Tensor, nn
from tqdm import tqdm

from training.recipe import Recipe, TrainingSettings
from training.run import FitProgress, Run
from training.stop import Stopped, catch_signals

#: Seconds from the start to the first checkpoint, and from each checkpoint to the next, at most.
FIRST_SAVE, SAVE_EVERY = 3.0, 60.0
_NONE = np.empty(0, np.int64)


class Fitting(ABC):
    """A network that is being fitted: what the loop needs to know about it.

    Attributes:
        network: The network.
        optimizer: Its optimizer.
        sums: What the next row of the log is made from, float32; kept in checkpoints.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    sums: Tensor

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

    A stopped run continues from its last checkpoint and ends with the same weights and log as a
    run that was never stopped: an update depends only on the weights before it, the seed, its
    number, and what was wrong at the last checkpoint of the recipe. A checkpoint is written there,
    after a few seconds and then every minute, and when Ctrl-C or SIGTERM stops the run.

    Args:
        recipe: The recipe.
        runs: Folder of the runs.
        prepare: Makes the network with its first weights, the optimizer and the data.
        updates: Stop after this many updates. None means all of the recipe's.

    Returns:
        The fitted network.

    Raises:
        ValueError: If the folder holds a run of another recipe.
        Stopped: If a signal stopped the run; its checkpoint is written.
    """
    torch.set_num_threads(recipe.training.threads)
    run, fitting = Run(runs / recipe.name, recipe), prepare()
    progress = run.restore(fitting.network, fitting.optimizer)
    if len(progress.sums):
        fitting.sums.copy_(torch.from_numpy(progress.sums))
    last = min(recipe.training.updates, updates or recipe.training.updates)
    began = time.monotonic() - progress.seconds
    save_at = time.monotonic() + FIRST_SAVE
    bar = tqdm(total=recipe.training.updates, initial=progress.update, unit="update")
    with bar, catch_signals() as stop:
        while progress.update < last and not progress.perfect:
            fitting.update(progress.update, progress.wrong)
            progress.update += 1
            bar.update()
            if progress.update % recipe.log.every == 0:
                _log(recipe, fitting, progress, began, bar)
            at_checkpoint = progress.update % recipe.log.checkpoint == 0
            if at_checkpoint and recipe.training.focus:
                progress.wrong = fitting.wrong()
            ends = progress.update == last or progress.perfect
            if at_checkpoint or ends or stop.number or time.monotonic() > save_at:
                progress.seconds = time.monotonic() - began
                progress.sums = fitting.sums.cpu().numpy()
                run.save(fitting.network, fitting.optimizer, progress)
                save_at = time.monotonic() + SAVE_EVERY
            if stop.number:
                break
    if stop.number:
        raise Stopped(
            f"stopped after update {progress.update:,} of {recipe.training.updates:,}; the same "
            "command continues from there",
            stop.number,
        )
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
