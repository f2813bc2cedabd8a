"""The graph of longhand: the network that decides all cases, and the loop that looks them up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from training import graphs
from training.export import ExportError
from training.longhand.machine import KEEP, TAPES, UNLIMITED, UNSEEN
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import MOST_STEPS
from training.networks.longhand import Longhand

#: Steps that the graph takes before it looks which machines have stopped. The tapes have a margin
#: of as many cells, so no head leaves its row of numbers meanwhile.
BLOCK = 16
#: The graph puts the stopped machines aside when only this part of the rows is left, a fraction. It
#: waits for all of them if there are at most FEW rows.
PART, FEW = (1, 2), 32
#: Weights of the tapes. A case has the number sum(weight * symbol), so two symbols on any two tapes
#: must have a sum of their own: of two weights without a common divisor, one is at least the number
#: of symbols.
TAPE_WEIGHTS = (19, 17, 18, 1)
#: Weights of the network in the graph.
WEIGHTS = (
    "SYMBOL_VECTORS",
    "INPUT_GATES",
    "HIDDEN_GATES",
    "CELLS",
    "OUTPUT",
    "OUTPUT_BIAS",
    "LOOKS",
)


def graph(weights: Mapping[str, NDArray[np.generic]], table: TransitionTable) -> onnx.ModelProto:
    """Return the graph with the weights of a network; it decides the cases of the table.

    Args:
        weights: The arrays named in ``WEIGHTS``; see ``network_weights`` and ``file_weights``.
        table: The transitions.

    Raises:
        ExportError: If two cases would have the same number.
    """
    transitions = table.transitions
    cases = np.unique(np.column_stack([transitions.state, transitions.seen]), axis=0)
    _check_numbers(cases)
    counts = ", ".join(f"count_{k}" for k in range(BLOCK))
    words = {"_LAST": f"_{BLOCK}", "COUNT_LIST": counts}
    values = {**_constants(len(table.states)), **weights, "CASES": cases.astype(np.uint8)}
    return graphs.build("longhand", values, words, own_values=False, steps=BLOCK)


def _check_numbers(cases: NDArray[np.int64]) -> None:
    """Check that the cases of each state have different numbers; raises ExportError."""
    looks = cases[:, 1:] != UNSEEN
    numbers = np.where(looks, cases[:, 1:] * TAPE_WEIGHTS, 0).sum(1)
    if len(np.unique(np.column_stack([cases[:, 0], numbers]), axis=0)) < len(cases):
        raise ExportError("two cases of one state have the same number")


def _constants(states: int) -> dict[str, NDArray[np.generic]]:
    tapes = len(TAPES)
    integers = {
        "ZERO": [0],
        "ONE": [1],
        "TWO": [2],
        "MINUS_ONE": [-1],
        "ZERO_SCALAR": 0,
        "ONE_SCALAR": 1,
        "PER_SQUARE": [MOST_STEPS[0]],
        "PER_SYMBOL": [MOST_STEPS[1]],
        "AT_LEAST": [MOST_STEPS[2]],
        "FEW": [FEW],
        "PART": [PART[0]],
        "WHOLE": [PART[1]],
        "MARGIN": [BLOCK],
        # Whatever it is added to stays negative.
        "OUTSIDE": -(2**40),
        "TAPES": [tapes],
        "LAST": [tapes - 1],
        "STATES": [states],
        "START": [0],
        "HALT": [states - 1],
        "KEEP": [KEEP],
        "LAST_SYMBOL": [UNSEEN - 1],
        "CASE_SPLIT": [1, tapes],
        "TAPE_ROWS": [[tape * (UNSEEN + 1) for tape in range(tapes)]],
        "WRITE_SHAPE": [-1, tapes, KEEP + 1],
        "MOVE_SHAPE": [-1, tapes, 3],
        "OUTPUT_SPLIT": [states, tapes * (KEEP + 1), tapes * 3],
        "TAPE_WEIGHTS": [TAPE_WEIGHTS],
        "TAPE_NUMBERS": [range(tapes)],
        "ROW_PADS": [0, 0, 1, 0],
        "COUNT_PADS": [0, 0, 0, 1],
        "COLUMN_SHAPE": [-1, 1],
        "limit": [UNLIMITED],
    }
    return {
        **{name: np.array(value, np.int64) for name, value in integers.items()},
        "BLANK": np.array(0, np.uint8),
        "YES": np.ones(1, bool),
        "NO_COUNT": np.zeros(1, np.float64),
        "ONE_STEP": np.array(1, np.float64),
    }


def file_weights(model: onnx.ModelProto) -> dict[str, NDArray[np.generic]]:
    """Return the weights of the network in a file."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    return {name: numpy_helper.to_array(tensors[name]) for name in WEIGHTS}


@torch.no_grad()
def network_weights(network: Longhand) -> dict[str, NDArray[np.generic]]:
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
        "LOOKS": (network.looks > 0).numpy()[:, :, None],
    }
