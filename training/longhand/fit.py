"""Fits the controller to the teacher's decisions, one situation at a time."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.data import Order
from training.fit import make_optimizer, schedule
from training.longhand.simulate import Situations, Table
from training.longhand.teacher import TEACHER
from training.longhand.traces import situations_met
from training.networks.longhand import Longhand
from training.recipe import Recipe
from training.run import Run


def build(recipe: Recipe, table: Table) -> Longhand:
    """Make the recipe's network with a code for each of the table's states, in their order."""
    return Longhand(len(table.states), **recipe.model.settings)


def fit(recipe: Recipe, runs: Path, device: str = "cpu") -> Longhand:
    """Fit the recipe's network and keep the run in ``runs/RECIPE``; go on where it was stopped.

    Every situation counts alike, however often it occurs. Raises ValueError where the folder holds
    a run of another recipe.
    """
    torch.set_num_threads(recipe.training.threads)
    table = Table(TEACHER)
    fitting = Fitting(recipe, table, situations_met(table, recipe.data), device)
    run = Run(runs / recipe.name, recipe)
    progress = run.restore(fitting.network, fitting.optimizer)
    began = time.monotonic() - progress.seconds
    bar = tqdm(total=recipe.training.updates, initial=progress.update, unit="update")
    while progress.update < recipe.training.updates:
        fitting.update(progress.update)
        progress.update += 1
        bar.update()
        if progress.update % recipe.log.every == 0:
            row = {"update": progress.update, **fitting.row(), "seconds": time.monotonic() - began}
            progress.rows.append({name: round(value, 6) for name, value in row.items()})
            bar.set_postfix({name: f"{row[name]:.4g}" for name in ("loss", "wrong")})
        if progress.update % recipe.log.checkpoint == 0:
            progress.seconds = time.monotonic() - began
            run.save(fitting.network, fitting.optimizer, progress)
    bar.close()
    return fitting.network


class Fitting:
    """Network, optimiser and situations."""

    def __init__(
        self, recipe: Recipe, table: Table, situations: Situations, device: str = "cpu"
    ) -> None:
        self.training = recipe.training
        self.network = build(recipe, table)
        self.network.initialise(torch.Generator().manual_seed(self.training.seed))
        self.network.to(device)
        self.optimizer = make_optimizer(self.network, self.training)
        s = situations
        columns = (s.state, s.seen, s.then, s.write, s.move + 1)
        self.columns = [torch.from_numpy(column).to(device) for column in columns]
        self.reads = torch.from_numpy(table.reads).float().to(device)
        self.order = Order(recipe, s.state)
        self._loss = torch.zeros((), device=device)

    def update(self, number: int) -> None:
        """Take one step down the cross-entropy of all decisions."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.training.optimizer["lr"] * schedule(number, self.training)
        rows = torch.from_numpy(self.order.rows(number))
        memory, seen, *decisions = (column[rows] for column in self.columns)
        logits = self.network(memory, seen)
        entropy = nn.functional.cross_entropy
        looks = nn.functional.binary_cross_entropy_with_logits(self.network.looks, self.reads)
        loss = looks + sum(
            entropy(chosen.flatten(0, -2), right.flatten())
            for chosen, right in zip(logits, decisions, strict=True)
        )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self._loss = loss.detach()

    @torch.no_grad()
    def row(self) -> dict[str, float]:
        """The last loss, and in how many situations a decision is wrong or looked at wrongly."""
        memory, seen, *decisions = self.columns
        wrong = ((self.network.looks > 0) != (self.reads > 0)).any(1)[memory]
        for chosen, right in zip(self.network(memory, seen), decisions, strict=True):
            wrong = wrong | _any_differs(chosen.argmax(-1), right)
        return {"loss": float(self._loss), "wrong": int(wrong.sum()), "situations": len(wrong)}


def _any_differs(chosen: Tensor, right: Tensor) -> Tensor:
    return (chosen != right).reshape(len(right), -1).any(1)
