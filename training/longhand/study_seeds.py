"""The study ``seeds``: longhand from other expressions, questions and first weights.

The last row is the same fit to the teacher's own table, with all its states given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import click
import torch

from training.files import read_rows, write_rows
from training.longhand.export import write
from training.longhand.fit import LonghandFitting
from training.longhand.memory.card import SEEDS_FILE
from training.longhand.memory.inference import infer
from training.longhand.proof.equivalence import prove
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER
from training.recipe import Recipe, load

#: Added to both seeds of the recipe: that of expressions and questions, and that of the weights.
SEEDS = (0, 1, 2)
Row: TypeAlias = dict[str, object]


def study(runs: Path, models: Path) -> None:
    """Fit and compare what is not yet in ``models/longhand/seeds.csv``.

    The files go to ``runs/longhand-seeds``. The states have the numbers of the automaton there.
    """
    table, recipe = models / "longhand" / SEEDS_FILE, load("longhand")
    torch.set_num_threads(recipe.training.threads)
    rows: list[Row] = [dict(row) for row in read_rows(table)]
    done = {row["name"] for row in rows}
    for name, run in _tries(recipe, runs / "longhand-seeds").items():
        if name not in done:
            began = time.monotonic()
            rows.append({"name": name, **run()})
            rows[-1]["seconds"] = round(time.monotonic() - began)
            write_rows(table, rows)
            click.echo(", ".join(f"{key} {value}" for key, value in rows[-1].items()))


def _tries(recipe: Recipe, folder: Path) -> dict[str, Callable[[], Row]]:
    tries: dict[str, Callable[[], Row]] = {}
    for seed in SEEDS:
        data = replace(recipe.data, seed=recipe.data.seed + seed)
        training = replace(recipe.training, seed=recipe.training.seed + seed)
        seeded = replace(recipe, data=data, training=training)
        file = folder / f"seed{seed}.onnx"
        tries[f"seed {seed}"] = lambda seeded=seeded, file=file: _found(seeded, file)  # type: ignore[misc]
    tries["states given"] = lambda: _given(recipe, folder / "given.onnx")
    return tries


def _found(recipe: Recipe, file: Path) -> Row:
    inferred = infer(recipe.data)
    record = inferred.record
    return {
        "states given": record["states_given"],
        "states found": record["states_found"],
        "expressions": record["expressions"],
        "questions": record["questions"],
        "from the comparison": record["transitions_that_no_expression_showed"],
        **_fitted(recipe, inferred.table, file),
    }


def _given(recipe: Recipe, file: Path) -> Row:
    table = TransitionTable(TEACHER)
    names = "expressions", "questions", "from the comparison"
    states: Row = {"states given": len(table.states), "states found": 0}
    return {**states, **dict.fromkeys(names, 0), **_fitted(recipe, table, file)}


def _fitted(recipe: Recipe, table: TransitionTable, file: Path) -> Row:
    """Fit the network to a table, and compare its file with the teacher."""
    fitting = LonghandFitting(recipe, table, table.transitions)
    for number in range(recipe.training.updates):
        fitting.update(number)
    wrong = int(fitting.row()["wrong"])
    row: Row = {"wrong": wrong, **dict.fromkeys(("state margin", "write margin", "move margin"))}
    if not wrong:
        write(fitting.network, recipe, table, file)
        proof = prove(file, TransitionTable(TEACHER))
        row["state margin"] = proof.smallest_state_margin
        row["write margin"] = proof.smallest_write_margin
        row["move margin"] = proof.smallest_move_margin
    return row
