"""The study ``smallest``: how small a network still makes all transitions of longhand."""

from __future__ import annotations

import lzma
from functools import partial
from pathlib import Path

import click
import numpy as np
import torch

from training.longhand.graph import graph, network_weights
from training.longhand.proof.decisions import decide as decide_by_file
from training.longhand.proof.table import Transitions, TransitionTable
from training.longhand.studies.card import SMALLEST
from training.longhand.studies.fitting import compare, decide, fit_rows, looks_right, with_settings
from training.longhand.teacher import TEACHER
from training.networks.longhand import Longhand
from training.recipe import Recipe, load
from training.tries import Row, make_rows

#: Units of the cell and length of the vectors of symbols; the first are those of the recipe.
SIZES = ((64, 32), (48, 24), (32, 16), (24, 12), (20, 10), (16, 8), (12, 8), (8, 8))
#: Updates: those of the recipe, and more for the sizes that fail with them.
UPDATES, MORE = 6_000, 30_000
MORE_SIZES = ((24, 12), (20, 10), (16, 8), (12, 8))


def study(models: Path, only: tuple[str, ...] = ()) -> None:
    """Fit what is not yet in ``models/longhand/smallest.csv``, and print the size of the table.

    Args:
        models: Folder of the models.
        only: Names of the fits to make, such as ``32-units``; empty means all.

    Raises:
        ValueError: If ``only`` names an unknown fit.
    """
    recipe, table = load("longhand"), TransitionTable(TEACHER)
    for name, content in zip(("actions", "with cases"), packed_table(table), strict=True):
        click.echo(f"table, {name}: {len(content)} bytes, compressed {compressed(content)}")
    sizes = {f"{units}-units": (units, embedding, UPDATES) for units, embedding in SIZES}
    sizes |= {f"{units}-units-more": (units, embedding, MORE) for units, embedding in MORE_SIZES}
    tries = {name: partial(_try_size, recipe, table, *size) for name, size in sizes.items()}
    make_rows(models / "longhand" / SMALLEST, tries, only)


def _try_size(
    recipe: Recipe, table: TransitionTable, units: int, embedding: int, updates: int
) -> Row:
    sizes: Row = {"units": units, "embedding": embedding, "updates": updates}
    changed = with_settings(recipe, units=units, embedding=embedding, updates=updates)
    return {**sizes, **fit_size(changed, table)}


def fit_size(recipe: Recipe, table: TransitionTable) -> Row:
    """Fit a network to all transitions; count its numbers, its bytes, and what is wrong.

    What is wrong is counted on the decisions that ONNX Runtime makes with the graph, as the
    certificate does, and on those of PyTorch with all weights rounded to float16.
    """
    network = fit_rows(recipe, table, np.arange(len(table.transitions)))
    weights = network_weights(network)
    model = graph(weights, table)
    decided = decide_by_file(model)
    expected = _in_order(table.transitions)
    looks = looks_right(network, table)
    as_transitions = Transitions(*(getattr(decided, name) for name in vars(expected)))
    wrong = ~compare(as_transitions, expected).whole | ~looks[expected.state]
    round_weights(network)
    rounded = ~compare(decide(network, expected), expected).whole | ~looks[expected.state]
    return {
        "floats": sum(array.size for array in weights.values() if array.dtype == np.float32),
        "graph bytes": len(model.SerializeToString()),
        "wrong": int(wrong.sum()),
        "wrong in float16": int(rounded.sum()),
        "smallest margin": round(min(float(margin.min()) for margin in decided.margins()), 3),
    }


@torch.no_grad()
def round_weights(network: Longhand) -> None:
    """Round all weights of a network to float16."""
    for parameter in network.parameters():
        parameter.copy_(parameter.half().float())


def packed_table(table: TransitionTable) -> tuple[bytes, bytes]:
    """Return all actions of a table as bytes, and with their cases: what a network competes with.

    Returns:
        The actions: two bytes for each transition name one of the different actions, which follow.
        The actions with the cases before them: a state and the symbols on the tapes, a byte each.
    """
    t = table.transitions
    actions = np.hstack([t.next_state[:, None], t.write, t.move])
    different, number = np.unique(actions, axis=0, return_inverse=True)
    packed = number.astype("<u2").tobytes() + different.astype(np.uint8).tobytes()
    cases = np.hstack([t.state[:, None], t.seen]).astype(np.uint8)
    return packed, cases.T.tobytes() + packed


def compressed(content: bytes) -> int:
    """Return the number of bytes after compression by LZMA."""
    return len(lzma.compress(content, preset=9))


def _in_order(transitions: Transitions) -> Transitions:
    """Return the transitions in the order of the cases of a graph."""
    cases = np.column_stack([transitions.state, transitions.seen])
    _, first = np.unique(cases, axis=0, return_index=True)
    return transitions[first]
