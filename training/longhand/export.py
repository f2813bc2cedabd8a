"""Write the network and its tapes as one ONNX file, if it decides as the network does.

The file lists every case that can occur: a state and the symbols that it sees. In the file the
network decides each case once, and a loop looks its decisions up.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import onnx
import torch

from training.export import ExportError, copy_logs, metadata
from training.longhand.fit import build
from training.longhand.graph import graph, network_weights
from training.longhand.inference_record import write_record
from training.longhand.machine import LONGEST_INPUT, TAPES
from training.longhand.memory.inference import load
from training.longhand.naming import describe
from training.longhand.proof.decisions import decide
from training.longhand.proof.table import TransitionTable
from training.longhand.renumber import with_teacher_numbers
from training.longhand.teacher import TEACHER
from training.model_file import write_model
from training.networks.longhand import Longhand
from training.recipe import Recipe
from training.run import Run

#: In the metadata, for whoever reads the states there.
STATES_NOTE = (
    "names, operations and signs: derived by a program from what the states do, for readers; order "
    "of the states: the teacher's, for the proof; no decision depends on either"
)


def export(recipe: Recipe, runs: Path, models: Path) -> Path:
    """Write the ONNX file of a run, ``models/NAME/model.onnx``, and copy its log and records.

    The states get the teacher's numbers only here, after the fit. Their names do not come from the
    teacher; see ``naming``.

    Args:
        recipe: The recipe.
        runs: Folder of the runs.
        models: Folder of the models.

    Returns:
        Path of the file.

    Raises:
        FileNotFoundError: If there is no run of the recipe.
        ValueError: If the run was made with another recipe, or its automaton is not the
            teacher's up to the numbers of states.
        ExportError: If PyTorch and ONNX Runtime disagree on any transition; then nothing is
            written.
    """
    teacher = TransitionTable(TEACHER)
    run = Run(runs / recipe.name, recipe)
    run.progress()  # no run is an error that comes first
    inferred = load(recipe.data, run.folder)
    network = build(recipe, inferred.table)
    run.load_weights(network)
    inferred = with_teacher_numbers(network, inferred, teacher)
    file = models / recipe.model.name / "model.onnx"
    write(network, recipe, inferred.table, file)
    copy_logs(recipe, runs, file.parent)
    write_record(file, inferred.record)
    return file


def write(network: Longhand, recipe: Recipe, table: TransitionTable, file: Path) -> None:
    """Write the file of a network whose states have the numbers of the table.

    Args:
        network: The network.
        recipe: Its recipe.
        table: The transitions that it was fitted to.
        file: Where to write.

    Raises:
        ExportError: If PyTorch and ONNX Runtime disagree on any transition.
    """
    model = graph(network_weights(network), table)
    compare(network, model)
    described = metadata(network, recipe, LONGEST_INPUT, LONGEST_INPUT)
    described["tapes"] = json.dumps(TAPES)
    states = describe(table.reads, table.transitions)
    described["states"] = json.dumps([asdict(state) for state in states])
    described["states_note"] = STATES_NOTE
    file.parent.mkdir(parents=True, exist_ok=True)
    write_model(file, model, described)


@torch.no_grad()
def compare(network: Longhand, model: onnx.ModelProto) -> None:
    """Check that network and graph decide the same in every case that the graph lists.

    Raises:
        ExportError: If they do not.
    """
    decided = decide(model)
    logits = network(torch.from_numpy(decided.state), torch.from_numpy(decided.seen))
    next_state, write, move = (scores.argmax(-1).numpy() for scores in logits)
    pairs = {
        "the next state": (next_state, decided.next_state),
        "what to write": (write, decided.write),
        "the moves": (move - 1, decided.move),
    }
    for what, (ours, theirs) in pairs.items():
        if (ours != theirs).any():
            raise ExportError(f"PyTorch and ONNX Runtime disagree on {what}")
