"""The study ``seeds``: longhand from other expressions, questions and first weights.

The last row is the same fit to the teacher's own table, with all its states given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from training.longhand.export import write
from training.longhand.memory.inference import infer
from training.longhand.proof.equivalence import prove
from training.longhand.proof.table import TransitionTable
from training.longhand.studies.card import SEEDS as FILE
from training.longhand.studies.fitting import fit_transitions
from training.longhand.teacher import TEACHER
from training.recipe import Recipe, load
from training.tries import Row, make_rows

#: Added to both seeds of the recipe: that of expressions and questions, and that of the weights.
SEEDS = (0, 1, 2)


def study(runs: Path, models: Path) -> None:
    """Fit and compare what is not yet in ``models/longhand/seeds.csv``.

    The files go to ``runs/longhand-seeds``. The states have the numbers of the automaton there.
    """
    table, recipe = models / "longhand" / FILE, load("longhand")
    torch.set_num_threads(recipe.training.threads)
    make_rows(table, _tries(recipe, runs / "longhand-seeds"), clock=time.monotonic)


def _tries(recipe: Recipe, folder: Path) -> dict[str, Callable[[], Row]]:
    tries: dict[str, Callable[[], Row]] = {}
    for seed in SEEDS:
        data = replace(recipe.data, seed=recipe.data.seed + seed)
        training = replace(recipe.training, seed=recipe.training.seed + seed)
        seeded = replace(recipe, data=data, training=training)
        tries[f"seed {seed}"] = partial(_found, seeded, folder / f"seed{seed}.onnx")
    tries["states given"] = partial(_given, recipe, folder / "given.onnx")
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
    fitting = fit_transitions(recipe, table, table.transitions)
    wrong = int(fitting.row()["wrong"])
    row: Row = {"wrong": wrong, **dict.fromkeys(("state margin", "write margin", "move margin"))}
    if not wrong:
        write(fitting.network, recipe, table, file)
        proof = prove(file, TransitionTable(TEACHER))
        row["state margin"] = proof.smallest_state_margin
        row["write margin"] = proof.smallest_write_margin
        row["move margin"] = proof.smallest_move_margin
    return row
