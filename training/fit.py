"""Fits a network as its recipe says, and goes on where a stopped run left off."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from training import networks
from training.data import Order, to_tensors, training_part, watched_part
from training.expressions import OPERATORS
from training.networks import Network
from training.recipe import Recipe, Training, load
from training.run import Run

#: Rows of one forward pass where nothing is learned.
JUDGED_AT_ONCE = 8_192


def fit(recipe: Recipe, runs: Path, device: str = "cpu", updates: int | None = None) -> Network:
    """Fit the recipe's network, and the one it goes on from, and keep the run in ``runs/RECIPE``.

    A run that was stopped goes on from its last checkpoint and ends with the same weights as one
    that was not: what an update learns from depends on seed, update and checkpoint alone.
    ``updates`` ends the run early, at a checkpoint that a later call goes on from. Raises
    ValueError where the folder holds a run of another recipe.
    """
    start = recipe.training.start
    if start and not (runs / recipe.name).exists():
        fit(load(start), runs, device)
    torch.set_num_threads(recipe.training.threads)
    run = Run(runs / recipe.name, recipe)
    fitting = Fitting(recipe, runs, device)
    progress = run.restore(fitting.network, fitting.optimizer)
    last = min(recipe.training.updates, updates or recipe.training.updates)

    began = time.monotonic() - progress.seconds
    bar = tqdm(total=recipe.training.updates, initial=progress.update, unit="update")
    while progress.update < last and not progress.perfect:
        fitting.update(progress.update, progress.wrong)
        progress.update += 1
        bar.update()
        if progress.update % recipe.log.every == 0:
            row = {"update": progress.update, **fitting.row(), "seconds": time.monotonic() - began}
            progress.rows.append({name: round(value, 6) for name, value in row.items()})
            progress.perfect = recipe.log.stop_when_perfect and row["exact_match"] == 1
            bar.set_postfix(
                {name: f"{row[name]:.4f}" for name in row if name not in ("update", "seconds")}
            )
        if (
            progress.update % recipe.log.checkpoint == 0
            or progress.update == last
            or progress.perfect
        ):
            if recipe.training.focus:
                progress.wrong = fitting.wrong()
            progress.seconds = time.monotonic() - began
            run.save(fitting.network, fitting.optimizer, progress)
    bar.close()
    return fitting.network


class Fitting:
    """Network, optimiser and data, and the sums behind the next row of the log."""

    def __init__(self, recipe: Recipe, runs: Path, device: str) -> None:
        self.training = recipe.training
        self.device = device
        self.network = networks.build(recipe.model)
        self.network.initialise(torch.Generator().manual_seed(self.training.seed))
        if self.training.start:
            Run.load_weights(runs / self.training.start, self.network)
        self.network.to(device)
        self.optimizer = make_optimizer(self.network, self.training)
        part, watched = training_part(recipe.data), watched_part(recipe.data)
        self.tokens, self.targets = to_tensors(part, self.network, device)
        self.watched = to_tensors(watched, self.network, device)
        self.watched_operator = watched.operator
        self.order = Order(recipe, part.operator)
        self._sums = torch.zeros(3, device=device)

    def update(self, number: int, wrong: NDArray[np.int64]) -> None:
        """Take one step down the cross-entropy of all written symbols, padding included."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.training.optimizer["lr"] * schedule(number, self.training)
        rows = self.order.rows(number, wrong)
        targets = self.targets[rows]
        kind = torch.device(self.device).type
        with torch.autocast(kind, torch.bfloat16, self.training.precision == "bfloat16"):
            logits = self.network(self.tokens[rows], targets).float()
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        right = logits.detach().argmax(-1) == targets
        self._sums += torch.stack([loss.detach(), right.float().mean(), torch.ones_like(loss)])

    def row(self) -> dict[str, float]:
        """Loss and accuracy per symbol since the last row; exact match on what is watched."""
        loss, accuracy, count = self._sums.tolist()
        self._sums.zero_()
        right = self._right(*self.watched)
        per_operator = {
            f"exact_match {symbol}": float(right[self.watched_operator == index].mean())
            for index, symbol in enumerate(OPERATORS)
        }
        row = {"loss": loss / count, "symbol_accuracy": accuracy / count}
        return {**row, "exact_match": float(right.mean()), **per_operator}

    def wrong(self) -> NDArray[np.int64]:
        """Rows of the training data that the network gets wrong at present."""
        return np.flatnonzero(~self._right(self.tokens, self.targets))

    @torch.no_grad()
    def _right(self, tokens: Tensor, targets: Tensor) -> NDArray[np.bool_]:
        """Which rows are right as a whole. Teacher forcing judges this as greedy decoding would:
        up to its first wrong symbol, the decoder has been fed the right ones. In float32, as the
        network is shipped."""
        parts = []
        for start in range(0, len(tokens), JUDGED_AT_ONCE):
            rows = slice(start, start + JUDGED_AT_ONCE)
            logits = self.network(tokens[rows], targets[rows])
            parts.append((logits.argmax(-1) == targets[rows]).all(dim=1).cpu().numpy())
        return np.concatenate(parts)


def make_optimizer(network: nn.Module, training: Training) -> torch.optim.Optimizer:
    """The recipe's optimiser over the weights that are fitted."""
    settings = dict(training.optimizer)
    kind: type[torch.optim.Optimizer] = getattr(torch.optim, settings.pop("name"))
    return kind([weight for weight in network.parameters() if weight.requires_grad], **settings)


def schedule(update: int, training: Training) -> float:
    """Share of the full learning rate: linear warm-up, then half a cosine down to zero."""
    if not training.warmup:
        return 1.0
    if update < training.warmup:
        return (update + 1) / training.warmup
    done = (update - training.warmup) / (training.updates - training.warmup)
    return 0.5 * (1 + math.cos(math.pi * done))
