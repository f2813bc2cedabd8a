"""Fit the network of longhand to some transitions, and see which of all it then makes right."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from training.longhand.fit import LonghandFitting
from training.longhand.proof.table import Transitions, TransitionTable, kept
from training.networks.longhand import Longhand
from training.recipe import Recipe


class Right(NamedTuple):
    """Which decisions are right, bool ``[transitions]`` each.

    Attributes:
        state: The next state.
        write: The symbols to write on all tapes.
        move: The moves of all heads.
    """

    state: NDArray[np.bool_]
    write: NDArray[np.bool_]
    move: NDArray[np.bool_]

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which transitions are right in all three."""
        return self.state & self.write & self.move


def compare(decided: Transitions, expected: Transitions) -> Right:
    """Compare transitions, row by row. To write the symbol that is there is to keep it."""
    writes = [kept(one.write, one.seen) for one in (decided, expected)]
    return Right(
        decided.next_state == expected.next_state,
        (writes[0] == writes[1]).all(1),
        (decided.move == expected.move).all(1),
    )


def with_settings(
    recipe: Recipe,
    *,
    units: int | None = None,
    embedding: int | None = None,
    updates: int | None = None,
    seed: int | None = None,
) -> Recipe:
    """Return a recipe with some settings changed; None leaves one as it is."""
    sizes = {"units": units, "embedding": embedding}
    changed = {name: size for name, size in sizes.items() if size is not None}
    training = recipe.training
    return replace(
        recipe,
        model=replace(recipe.model, settings={**recipe.model.settings, **changed}),
        training=replace(
            training,
            updates=training.updates if updates is None else updates,
            seed=training.seed if seed is None else seed,
        ),
    )


def fit_transitions(
    recipe: Recipe, table: TransitionTable, transitions: Transitions
) -> LonghandFitting:
    """Fit the recipe's network to some transitions of the table, with all updates of the recipe."""
    torch.set_num_threads(recipe.training.threads)
    fitting = LonghandFitting(recipe, table, transitions)
    for number in range(recipe.training.updates):
        fitting.update(number)
    return fitting


def fit_rows(recipe: Recipe, table: TransitionTable, rows: NDArray[np.int64]) -> Longhand:
    """Return the network after ``fit_transitions`` on some rows of the table."""
    return fit_transitions(recipe, table, table.transitions[rows]).network


@torch.no_grad()
def decide(network: Longhand, transitions: Transitions) -> Transitions:
    """Return the transitions that a network makes in the states and on the symbols of others."""
    t = transitions
    logits = network(torch.from_numpy(t.state), torch.from_numpy(t.seen))
    next_state, write, move = (one.argmax(-1).numpy() for one in logits)
    return Transitions(t.state, t.seen, next_state, write, move - 1)


@torch.no_grad()
def looks_right(network: Longhand, table: TransitionTable) -> NDArray[np.bool_]:
    """Return which states look at the right tapes, bool ``[states]``."""
    right: NDArray[np.bool_] = ((network.looks > 0).numpy() == table.reads).all(1)
    return right
