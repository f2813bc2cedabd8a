"""The study ``held-out``: what longhand makes of transitions that it was not fitted to."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.longhand.proof.table import Transitions, TransitionTable
from training.longhand.studies.card import HELD_OUT
from training.longhand.studies.fitting import Right, compare, decide, fit_rows, with_settings
from training.longhand.teacher import TEACHER
from training.recipe import Recipe, load
from training.tries import make_rows

#: Percent of the transitions that the network is fitted to.
PERCENT = (50, 75, 90, 95, 99)
#: Each seed draws the transitions held out, the first weights, and the order of the data.
SEEDS = (1, 2, 3)


def study(models: Path, only: tuple[str, ...] = ()) -> None:
    """Fit what is not yet in ``models/longhand/held-out.csv``.

    Args:
        models: Folder of the models.
        only: Names of the fits to make, such as ``90-seed1``; empty means all.

    Raises:
        ValueError: If ``only`` names an unknown fit.
    """
    recipe, table = load("longhand"), TransitionTable(TEACHER)
    tries = {
        f"{percent}-seed{seed}": partial(hold_out, recipe, table, percent, seed)
        for seed in SEEDS
        for percent in PERCENT
    }
    make_rows(models / "longhand" / HELD_OUT, tries, only)


def hold_out(recipe: Recipe, table: TransitionTable, percent: int, seed: int) -> dict[str, int]:
    """Fit the network to a share of the transitions, and count what is right of the others.

    The transitions of a smaller share are among those of a larger one with the same seed.
    """
    t = table.transitions
    order = np.random.default_rng(seed).permutation(len(t))
    count = len(t) * percent // 100
    fitted, unseen = order[:count], order[count:]
    network = fit_rows(with_settings(recipe, seed=seed), table, fitted)
    right = compare(decide(network, t[unseen]), t[unseen])
    common = compare(commonest(t[fitted], t[unseen], len(table.states)), t[unseen])
    wrong = ~compare(decide(network, t[fitted]), t[fitted]).whole
    return {
        "percent": percent,
        "seed": seed,
        "fitted": count,
        "fitted wrong": int(wrong.sum()),
        "unseen": len(unseen),
        **_counts(right, ""),
        **_counts(common, "commonest "),
    }


def commonest(known: Transitions, asked: Transitions, states: int) -> Transitions:
    """Return the commonest decisions of each state, one by one: what needs no network.

    Args:
        known: The transitions to count.
        asked: The transitions whose states and symbols to answer.
        states: Number of states; one without a known transition decides 0.
    """

    def most(column: NDArray[np.int64]) -> NDArray[np.int64]:
        counts = np.zeros((states, int(column.max()) + 1), np.int64)
        np.add.at(counts, (known.state, column), 1)
        chosen: NDArray[np.int64] = counts.argmax(1)[asked.state]
        return chosen

    write = np.stack([most(column) for column in known.write.T], 1)
    move = np.stack([most(column + 1) - 1 for column in known.move.T], 1)
    return Transitions(asked.state, asked.seen, most(known.next_state), write, move)


def _counts(right: Right, before: str) -> dict[str, int]:
    return {
        f"{before}right": int(right.whole.sum()),
        f"{before}state": int(right.state.sum()),
        f"{before}write": int(right.write.sum()),
        f"{before}move": int(right.move.sum()),
    }
