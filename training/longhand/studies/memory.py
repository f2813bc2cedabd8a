"""The study ``memory``: how far longhand gets if it is told nothing of the teacher's states."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from training.longhand.memory.fit import MemoryFitting, Plan
from training.longhand.memory.loop import close
from training.longhand.memory.merge import EVIDENCE, merge
from training.longhand.memory.search import NetworkMachine, Search, TableMachine, search
from training.longhand.memory.traces import Watcher, draw
from training.longhand.memory.tree import prefix_tree
from training.longhand.proof.table import TransitionTable
from training.longhand.studies.card import MEMORY
from training.longhand.teacher import TEACHER
from training.tries import Row, make_rows

#: Seeds of the expressions and of the network.
EXPRESSIONS_SEED, NETWORK_SEED = 0, 1
#: Numbers of expressions that are merged, and that are asked about.
MERGED, ASKED = (300, 1_000, 3_000), (300, 1_000, 3_000, 10_000, 30_000)
#: Evidence that a merger needs, by method; see ``merge``.
MERGERS: dict[str, tuple[int, ...]] = {"merged": (0,), "surest": EVIDENCE}
#: Pairs after which the search of a network gives up; its memories are too many to try all.
NETWORK_PAIRS = 100_000
NETWORK_EXPRESSIONS = 30_000


class Study:
    """The teacher, and what is tried with it."""

    def __init__(self) -> None:
        self.table = TransitionTable(TEACHER)
        self.watcher = Watcher(self.table)

    def network(self, expressions: int) -> Row:
        """Fit a network with bits of its own."""
        traces = self.watcher.watch(draw(EXPRESSIONS_SEED, expressions))
        fitting = MemoryFitting(traces, NETWORK_SEED, Plan())
        while fitting.done < fitting.plan.updates:
            fitting.update()
        right = fitting.refresh()
        machine = NetworkMachine(fitting.network)
        found = search(machine, self.table, self.watcher, NETWORK_PAIRS)
        alike = fitting.situations.share(right)
        note = f"right steps {right.mean():.4f}, each kind counted once {alike:.4f}"
        return {"expressions": expressions, "questions": 0, **_row(found), "note": note}

    def merging(self, expressions: int, evidence: tuple[int, ...]) -> Row:
        """Merge beginnings."""
        traces = self.watcher.watch(draw(EXPRESSIONS_SEED, expressions))
        merged = merge(prefix_tree(traces), traces.alphabet.looks[traces.sight[:1]], evidence)
        machine = TableMachine(merged, self.watcher.alphabet)
        found = search(machine, self.table, self.watcher)
        note = f"{len(merged.looks)} states, {len(merged.state)} transitions"
        return {"expressions": expressions, "questions": 0, **_row(found), "note": note}

    def asking(self, expressions: int) -> Row:
        """Ask about what expressions show."""
        traces = self.watcher.watch(draw(EXPRESSIONS_SEED, expressions))
        closed = close(self.table, self.watcher, traces, EXPRESSIONS_SEED)
        notes = [
            f"{one.continuations} continuations: {one.states} states, {one.conflicts} conflicts"
            for one in closed.tries
        ]
        notes.append(f"{closed.counterexamples} steps that no expression showed")
        counts: Row = {"expressions": expressions, "questions": closed.questions}
        return {**counts, **_row(closed.found), "note": "; ".join(notes)}


def study(models: Path, only: tuple[str, ...] = ()) -> None:
    """Try what is not yet in ``models/longhand/memory.csv``.

    Args:
        models: Folder of the models.
        only: Names of the tries to make; empty means all.

    Raises:
        ValueError: If ``only`` names an unknown try.
    """
    torch.set_num_threads(1)
    make_rows(models / "longhand" / MEMORY, _tries(Study()), only, time.monotonic)


def _tries(study: Study) -> dict[str, Callable[[], Row]]:
    tries: dict[str, Callable[[], Row]] = {}
    for count in MERGED:
        for name, evidence in MERGERS.items():
            tries[f"{name}-{count}"] = partial(study.merging, count, evidence)
    for count in ASKED:
        tries[f"asked-{count}"] = partial(study.asking, count)
    tries["network"] = partial(study.network, NETWORK_EXPRESSIONS)
    return tries


def _row(found: Search) -> Row:
    return {
        "memories": found.memories,
        "pairs": len(found.state),
        "tried": found.tried,
        "failing": len(found.failing),
        "transitions failing": len(np.unique(found.failing[:, 1])),
        "ended": "yes" if found.ended else "no",
    }
