"""Writes the controller and its tapes as one ONNX file, if it decides as the network does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from training import graphs
from training.export import ExportError, keep_logs, metadata, write_model
from training.longhand.fit import build
from training.longhand.program import TAPES
from training.longhand.simulate import Table
from training.longhand.step import Step
from training.longhand.teacher import MOST_STEPS, TEACHER
from training.networks.longhand import KEEP, UNSEEN, Longhand
from training.recipe import Recipe
from training.run import Run

#: Symbols of the longest expression: two operands of 1,000 digits, signs and brackets, and more.
LONGEST_INPUT = 2_048
#: Rows of which half may have halted before the others go on without them.
FEW = 16
#: Steps that are done where the caller sets no limit of its own: the graph's limit alone counts.
UNLIMITED = 2**62


def export(recipe: Recipe, runs: Path, models: Path) -> Path:
    """Write ``models/NAME/model.onnx`` from the run ``runs/RECIPE``; copy its log and record.

    Raises FileNotFoundError where the run is missing, ExportError where PyTorch and ONNX Runtime
    decide otherwise in any situation; then nothing is written.
    """
    table = Table(TEACHER)
    network = build(recipe, table)
    Run.load_weights(runs / recipe.name, network)
    folder = models / recipe.model.name
    folder.mkdir(parents=True, exist_ok=True)
    model = graph(network)
    described = metadata(network, recipe, LONGEST_INPUT, LONGEST_INPUT)
    described["tapes"] = json.dumps(TAPES)
    described["memories"] = json.dumps([str(state) for state in table.states])
    compare(network, model, table)
    write_model(folder / "model.onnx", model, described)
    keep_logs(recipe, runs, folder)
    return folder / "model.onnx"


def graph(network: Longhand) -> onnx.ModelProto:
    """The graph with the network's weights in it."""
    return graphs.build("longhand", {**_constants(network.codes), **_weights(network)})


def _constants(codes: int) -> dict[str, NDArray[np.generic]]:
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
        "HALT": [codes - 1],
        "HEAD_AXES": [1, 2],
        "EMBEDDED_AXES": [1, 2],
        "WRITE_SHAPE": [-1, len(TAPES), KEEP + 1],
        "MOVE_SHAPE": [-1, len(TAPES), 3],
        "OUTPUT_SPLIT": [codes, len(TAPES) * (KEEP + 1), len(TAPES) * 3],
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
    """The weights as the graph takes them: products with a table's rows are taken beforehand."""
    units = network.cell.shape[1]
    # From PyTorch's order i, f, g, o to i, f, o and the candidate g apart.
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
def compare(network: Longhand, model: onnx.ModelProto, table: Table) -> None:
    """Check that both decide alike in every situation; raises ExportError."""
    situations = table.situations
    decided = Step(model).decide(situations.state, situations.seen)
    scores = network(torch.from_numpy(situations.state), torch.from_numpy(situations.seen))
    then, write, move = (score.argmax(-1).numpy() for score in scores)
    pairs = {
        "remember": (then, decided.then),
        "write": (write, decided.write),
        "move": (move - 1, decided.move),
    }
    for what, (ours, theirs) in pairs.items():
        if (ours != theirs).any():
            raise ExportError(f"PyTorch and ONNX Runtime differ in what to {what}")
