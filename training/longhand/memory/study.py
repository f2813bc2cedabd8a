"""The study ``memory``: how far longhand gets if it is told nothing of the teacher's states."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch

from training.files import read_rows, write_rows
from training.longhand.memory.card import MEMORY_FILE
from training.longhand.memory.fit import MemoryFitting, Plan
from training.longhand.memory.loop import close
from training.longhand.memory.merge import EVIDENCE, merge
from training.longhand.memory.search import NetworkMachine, Search, TableMachine, search
from training.longhand.memory.traces import Watcher, draw
from training.longhand.memory.tree import prefix_tree
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER

#: Seeds of the expressions and of the network.
EXPRESSIONS_SEED, NETWORK_SEED = 0, 1
#: Numbers of expressions that are merged, and that are asked about.
MERGED, ASKED = (300, 1_000, 3_000), (300, 1_000, 3_000, 10_000, 30_000)
#: Pairs after which the search of a network gives up; its memories are too many to try all.
NETWORK_PAIRS = 100_000
NETWORK_EXPRESSIONS = 30_000


class Study:
    """The teacher, and what is tried with it."""

    def __init__(self) -> None:
        self.table = TransitionTable(TEACHER)
        self.watcher = Watcher(self.table)

    def network(self, expressions: int) -> dict[str, object]:
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
        return {"questions": 0, **_row(found), "note": note}

    def merging(self, expressions: int, evidence: tuple[int, ...]) -> dict[str, object]:
        """Merge beginnings."""
        traces = self.watcher.watch(draw(EXPRESSIONS_SEED, expressions))
        merged = merge(prefix_tree(traces), traces.alphabet.looks[traces.sight[:1]], evidence)
        machine = TableMachine(merged, self.watcher.alphabet)
        found = search(machine, self.table, self.watcher)
        note = f"{len(merged.looks)} states, {len(merged.state)} transitions"
        return {"questions": 0, **_row(found), "note": note}

    def asking(self, expressions: int) -> dict[str, object]:
        """Ask about what expressions show."""
        traces = self.watcher.watch(draw(EXPRESSIONS_SEED, expressions))
        closed = close(self.table, self.watcher, traces, EXPRESSIONS_SEED)
        notes = [
            f"{one.continuations} continuations: {one.states} states, {one.conflicts} conflicts"
            for one in closed.tries
        ]
        notes.append(f"{closed.counterexamples} steps that no expression showed")
        return {"questions": closed.questions, **_row(closed.found), "note": "; ".join(notes)}


def study(models: Path, only: tuple[str, ...] = ()) -> None:
    """Try what is not yet in ``models/longhand/memory.csv``.

    Args:
        models: Folder of the models.
        only: Names of the tries to make; empty means all.
    """
    torch.set_num_threads(1)
    file = models / "longhand" / MEMORY_FILE
    rows: list[dict[str, object]] = [dict(row) for row in read_rows(file)]
    done = {row["name"] for row in rows}
    for name, (expressions, run) in _tries(Study()).items():
        if name in done or (only and name not in only):
            continue
        began = time.monotonic()
        found = {"name": name, "expressions": expressions, **run()}
        rows.append({**found, "seconds": round(time.monotonic() - began)})
        write_rows(file, rows)
        click.echo(", ".join(f"{key} {value}" for key, value in rows[-1].items()))


def _tries(study: Study) -> dict[str, tuple[int, Callable[[], dict[str, object]]]]:
    tries: dict[str, tuple[int, Callable[[], dict[str, object]]]] = {}
    for count in MERGED:
        for name, evidence in (("merged", (0,)), ("surest", EVIDENCE)):
            tries[f"{name}-{count}"] = (
                count,
                lambda count=count, evidence=evidence: study.merging(count, evidence),  # type: ignore[misc]
            )
    for count in ASKED:
        tries[f"asked-{count}"] = count, lambda count=count: study.asking(count)  # type: ignore[misc]
    tries["network"] = NETWORK_EXPRESSIONS, lambda: study.network(NETWORK_EXPRESSIONS)
    return tries


def _row(found: Search) -> dict[str, object]:
    return {
        "memories": found.memories,
        "pairs": len(found.state),
        "tried": found.tried,
        "failing": len(found.failing),
        "transitions failing": len(np.unique(found.failing[:, 1])),
        "ended": "yes" if found.ended else "no",
    }
