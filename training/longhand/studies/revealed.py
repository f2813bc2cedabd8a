"""The study ``revealed``: how many of the teacher's states must be told before merging succeeds.

Merging gets the visible workings of some expressions, and asks no questions. In addition it is told
the state of every beginning that is in one of the revealed states. Of the other beginnings it knows
only that they are in none of those.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.merge import UNTOLD, merge
from training.longhand.memory.search import TableMachine, search
from training.longhand.memory.traces import Watcher, draw
from training.longhand.memory.tree import PrefixTree, prefix_tree
from training.longhand.proof.table import TransitionTable
from training.longhand.studies.card import REVEALED
from training.longhand.studies.memory import EXPRESSIONS_SEED, MERGERS
from training.longhand.teacher import TEACHER
from training.tries import Row, make_rows

#: Percent of the states that are revealed, and the seeds that draw them if there is a choice.
PERCENT, SEEDS = (100, 99, 95, 90, 85, 80, 75, 50, 25, 10, 1, 0), (1, 2, 3)
#: Method, number of expressions and percents of the tries.
TRIED = (
    ("merged", 3_000, PERCENT),
    ("surest", 3_000, PERCENT),
    ("merged", 10_000, PERCENT[:8]),
    ("merged", 30_000, (100, 75, 50)),
)


class Workings(NamedTuple):
    """The workings of some expressions, with the teacher's states.

    Attributes:
        tree: Their prefix tree.
        looks: The tapes that the first state looks at, int64 ``[1]``.
        state: The teacher's state of each node, int64 ``[nodes]``.
        shown: Whether each transition of the teacher occurs, bool ``[transitions]``.
    """

    tree: PrefixTree
    looks: NDArray[np.int64]
    state: NDArray[np.int64]
    shown: NDArray[np.bool_]


class Study:
    """The teacher, and merging with some of its states told."""

    def __init__(self) -> None:
        self.table = TransitionTable(TEACHER)
        self.watcher = Watcher(self.table)
        self.workings = cache(self._workings)

    def _workings(self, expressions: int) -> Workings:
        traces = self.watcher.watch(draw(EXPRESSIONS_SEED, expressions))
        tree = prefix_tree(traces)
        t = self.table.transitions
        number = np.full((len(self.table.states), len(self.watcher.alphabet.sights)), -1)
        number[t.state, self.watcher.sight_of] = np.arange(len(t))
        state, shown = np.zeros(len(tree.visits), np.int64), np.zeros(len(t), bool)
        for child, (parent, sight) in enumerate(zip(tree.parent, tree.sight, strict=True), 1):
            row = number[state[parent], sight]
            state[child], shown[row] = t.next_state[row], True
        return Workings(tree, traces.alphabet.looks[traces.sight[:1]], state, shown)

    def merging(self, method: str, expressions: int, percent: int, seed: int) -> Row:
        """Merge with a share of the states revealed, and compare with the teacher."""
        given = self.workings(expressions)
        revealed = reveal(len(self.table.states), percent, seed)
        told = np.where(revealed[given.state], given.state, UNTOLD)
        merged = merge(given.tree, given.looks, MERGERS[method], told)
        found = search(TableMachine(merged, self.watcher.alphabet), self.table, self.watcher)
        wrong = ~np.isin(self.table.transitions.state, found.state)
        wrong[found.failing[:, 1]] = True
        return {
            "expressions": expressions,
            "percent": percent,
            "revealed": int(revealed.sum()),
            "seed": seed,
            "states": len(merged.looks),
            "tried": found.tried,
            "failing": len(found.failing),
            "transitions failing": int(wrong.sum()),
            "not shown": int((~given.shown).sum()),
            "shown failing": int((wrong & given.shown).sum()),
        }


def reveal(states: int, percent: int, seed: int) -> NDArray[np.bool_]:
    """Draw which states are revealed, bool ``[states]``.

    The states of a smaller share are among those of a larger one with the same seed.
    """
    revealed = np.zeros(states, bool)
    order = np.random.default_rng(seed).permutation(states)
    revealed[order[: round(states * percent / 100)]] = True
    return revealed


def study(models: Path, only: tuple[str, ...] = ()) -> None:
    """Try what is not yet in ``models/longhand/revealed.csv``.

    Args:
        models: Folder of the models.
        only: Names of the tries to make, such as ``merged-3000-50-seed1``; empty means all.

    Raises:
        ValueError: If ``only`` names an unknown try.
    """
    make_rows(models / "longhand" / REVEALED, _tries(Study()), only)


def _tries(study: Study) -> dict[str, Callable[[], Row]]:
    return {
        f"{method}-{expressions}-{percent}-seed{seed}": partial(
            study.merging, method, expressions, percent, seed
        )
        for method, expressions, percents in TRIED
        for percent in percents
        for seed in (SEEDS if 0 < percent < 100 else SEEDS[:1])
    }
