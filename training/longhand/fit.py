"""Fit the network of longhand to an automaton that was inferred from visible workings.

No state of the teacher is given: the states are those of the automaton, under its own numbers.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data import Order
from training.longhand.memory.inference import infer_once
from training.longhand.proof.table import Transitions, TransitionTable
from training.longhand.teacher import TEACHER
from training.loop import Fitting, check_device, make_optimizer, run_loop, set_learning_rate
from training.networks.longhand import Longhand
from training.recipe import Recipe

_NONE = np.empty(0, np.int64)


def build(recipe: Recipe, table: TransitionTable) -> Longhand:
    """Make the recipe's network, with the states of the table in the same order.

    Raises:
        ValueError: If the network does not take the recipe's settings.
    """
    try:
        return Longhand(len(table.states), **recipe.model.settings)
    except TypeError as error:
        raise ValueError(f"[model] settings of the network 'longhand': {error}") from error


def fit(recipe: Recipe, runs: Path, device: str = "cpu", updates: int | None = None) -> Longhand:
    """Infer an automaton, and fit the recipe's network to all its transitions.

    Args:
        recipe: The recipe.
        runs: Folder of the runs; automaton and run are kept in ``runs/RECIPE``, and continued if
            they are there.
        device: PyTorch device.
        updates: Stop after this many updates. None means all of the recipe's.

    Returns:
        The fitted network; its states have the numbers of the automaton.

    Raises:
        ValueError: If the folder holds a run of another recipe, the recipe has an error, PyTorch
            cannot use the device, or the automaton and the teacher still differ.
        Stopped: If a signal stopped the run; its checkpoint is written.
    """
    check_device(device)
    # Errors in the recipe come before the long work.
    make_optimizer(build(recipe, TransitionTable(TEACHER)), recipe.training)
    table = infer_once(recipe.data, runs / recipe.name).table
    prepare = partial(LonghandFitting, recipe, table, table.transitions, device)
    network = run_loop(recipe, runs, prepare, updates)
    assert isinstance(network, Longhand)
    return network


class LonghandFitting(Fitting):
    """Network, optimizer and transitions. Each transition counts once."""

    network: Longhand

    def __init__(
        self,
        recipe: Recipe,
        table: TransitionTable,
        transitions: Transitions,
        device: str = "cpu",
    ) -> None:
        self.training = recipe.training
        self.network = build(recipe, table)
        self.network.initialize(torch.Generator().manual_seed(self.training.seed))
        self.network.to(device)
        self.optimizer = make_optimizer(self.network, self.training)
        t = transitions
        columns = (t.state, t.seen, t.next_state, t.write, t.move + 1)
        self.columns = [torch.from_numpy(column).to(device) for column in columns]
        self.reads = torch.from_numpy(table.reads).float().to(device)
        self.order = Order(self.training, np.zeros(len(t), np.int64))
        self.sums = torch.zeros(1, device=device)

    def update(self, number: int, wrong: NDArray[np.int64] = _NONE) -> None:
        """Take one step down the cross-entropy of all decisions."""
        set_learning_rate(self.optimizer, number, self.training)
        rows = torch.from_numpy(self.order.rows(number, wrong))
        state, seen, *decisions = (column[rows] for column in self.columns)
        logits = self.network(state, seen)
        entropy = nn.functional.cross_entropy
        looks = nn.functional.binary_cross_entropy_with_logits(self.network.looks, self.reads)
        loss = looks + sum(
            entropy(chosen.flatten(0, -2), right.flatten())
            for chosen, right in zip(logits, decisions, strict=True)
        )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.sums.fill_(loss.detach())

    def row(self) -> dict[str, float]:
        """Return the last loss, the number of transitions that are wrong, and of all.

        The column of all transitions is called ``situations``, as in the committed logs.
        """
        wrong = self._wrong()
        return {"loss": float(self.sums), "wrong": int(wrong.sum()), "situations": len(wrong)}

    def is_perfect(self, row: dict[str, float]) -> bool:
        """Return whether no transition is wrong."""
        return row["wrong"] == 0

    def wrong(self) -> NDArray[np.int64]:
        """Return the transitions that the network gets wrong at present."""
        return np.flatnonzero(self._wrong().cpu().numpy())

    @torch.no_grad()
    def _wrong(self) -> Tensor:
        """Return which transitions have a wrong decision or look at wrong tapes, bool ``[n]``."""
        state, seen, *decisions = self.columns
        wrong = ((self.network.looks > 0) != (self.reads > 0)).any(1)[state]
        for chosen, right in zip(self.network(state, seen), decisions, strict=True):
            wrong = wrong | (chosen.argmax(-1) != right).reshape(len(right), -1).any(1)
        return wrong
