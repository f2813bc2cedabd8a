"""Write the controller and its tapes as one ONNX file, if it decides as the network does."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from training import graphs
from training.export import ExportError, copy_logs, metadata
from training.longhand.fit import build
from training.longhand.machine import KEEP, LONGEST_INPUT, TAPES, UNLIMITED, UNSEEN
from training.longhand.proof.step import Step
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import MOST_STEPS, TEACHER
from training.model_file import write_model
from training.networks.longhand import Longhand
from training.recipe import Recipe
from training.run import Run

#: While more than twice as many rows as this are going, the graph removes the halted rows each time
#: that half of the rows have halted.
FEW = 16


def export(recipe: Recipe, runs: Path, models: Path) -> Path:
    """Write the ONNX file of a run, ``models/NAME/model.onnx``, and copy its log and record.

    Args:
        recipe: The recipe.
        runs: Folder of the runs.
        models: Folder of the models.

    Returns:
        Path of the file.

    Raises:
        FileNotFoundError: If there is no run of the recipe.
        ValueError: If the run was made with another recipe.
        ExportError: If PyTorch and ONNX Runtime disagree on any transition; then nothing is
            written.
    """
    table = TransitionTable(TEACHER)
    network = build(recipe, table)
    Run(runs / recipe.name, recipe).load_weights(network)
    folder = models / recipe.model.name
    folder.mkdir(parents=True, exist_ok=True)
    model = graph(network)
    described = metadata(network, recipe, LONGEST_INPUT, LONGEST_INPUT)
    described["tapes"] = json.dumps(TAPES)
    described["states"] = json.dumps([asdict(TEACHER.describe(state)) for state in table.states])
    compare(network, model, table)
    write_model(folder / "model.onnx", model, described)
    copy_logs(recipe, runs, folder)
    return folder / "model.onnx"


def graph(network: Longhand) -> onnx.ModelProto:
    """Return the graph with the weights of the network."""
    return graphs.build("longhand", {**_constants(network.states), **_weights(network)})


def _constants(states: int) -> dict[str, NDArray[np.generic]]:
    integers = {
        "ZERO": [0],
        "ONE": [1],
        "TWO": [2],
        "PER_SQUARE": [MOST_STEPS[0]],
        "PER_SYMBOL": [MOST_STEPS[1]],
        "AT_LEAST": [MOST_STEPS[2]],
        "FEW": [FEW],
        "ZERO_SCALAR": 0,
        "ONE_SCALAR": 1,
        "TAPES": [len(TAPES)],
        "LAST": [len(TAPES) - 1],
        "START": [0],
        "HALT": [states - 1],
        "HEAD_AXES": [1, 2],
        "EMBEDDED_AXES": [1, 2],
        "WRITE_SHAPE": [-1, len(TAPES), KEEP + 1],
        "MOVE_SHAPE": [-1, len(TAPES), 3],
        "OUTPUT_SPLIT": [states, len(TAPES) * (KEEP + 1), len(TAPES) * 3],
        "limit": [UNLIMITED],
    }
    rows = np.arange(len(TAPES), dtype=np.int32)[:, None] * (UNSEEN + 1)
    return {
        **{name: np.array(value, np.int64) for name, value in integers.items()},
        "BLANK": np.array(0, np.uint8),
        "BLANK_TAPE": np.zeros((1, 1, 1), np.uint8),
        "ZERO_LOG_PROB": np.zeros(1, np.float32),
        "YES": np.ones(1, bool),
        "UNSEEN": np.array([UNSEEN], np.int32),
        "KEEP": np.array([KEEP], np.uint8),
        "TAPE_ROWS": rows,
    }


@torch.no_grad()
def _weights(network: Longhand) -> dict[str, NDArray[np.generic]]:
    """Return the weights for the graph; matrix products with table rows are done beforehand."""
    units = network.cell.shape[1]
    # From PyTorch's order i, f, g, o to i, f, o and the candidate g.
    order = torch.arange(4 * units).reshape(4, units)[[0, 1, 3, 2]].flatten()
    hidden_gates = network.hidden.double() @ network.hidden_gates.weight.double().t()
    decisions = (network.memory, network.write, network.move)
    weights = {
        "SYMBOL_VECTORS": network.symbols.flatten(0, 1),
        "INPUT_GATES": network.input_gates.weight.t()[:, order],
        "HIDDEN_GATES": (hidden_gates + network.input_gates.bias.double())[:, order],
        "CELLS": network.cell,
        "OUTPUT": torch.cat([linear.weight for linear in decisions]).t(),
        "OUTPUT_BIAS": torch.cat([linear.bias for linear in decisions]),
    }
    return {
        **{name: weight.float().contiguous().numpy() for name, weight in weights.items()},
        "GATES_SPLIT": np.array([3 * units, units], np.int64),
        "LOOKS": (network.looks > 0).numpy()[:, :, None],
    }


@torch.no_grad()
def compare(network: Longhand, model: onnx.ModelProto, table: TransitionTable) -> None:
    """Check that network and graph decide the same in every transition of the table.

    Raises:
        ExportError: If they do not.
    """
    transitions = table.transitions
    decided = Step(model).decide(transitions.state, transitions.seen)
    logits = network(torch.from_numpy(transitions.state), torch.from_numpy(transitions.seen))
    next_state, write, move = (scores.argmax(-1).numpy() for scores in logits)
    pairs = {
        "the next state": (next_state, decided.next_state),
        "what to write": (write, decided.write),
        "the moves": (move - 1, decided.move),
    }
    for what, (ours, theirs) in pairs.items():
        if (ours != theirs).any():
            raise ExportError(f"PyTorch and ONNX Runtime disagree on {what}")
