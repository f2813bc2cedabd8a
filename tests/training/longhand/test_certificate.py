from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import exprinfer
from training.longhand.proof.certificate import FILE, CertificateError, prove
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER


@pytest.fixture(scope="module")
def table() -> TransitionTable:
    return TransitionTable(TEACHER)


@pytest.fixture
def shipped(repository: Path) -> Path:
    return repository / "models/longhand/model.onnx"


def test_the_shipped_file_is_equivalent_to_the_teacher(
    shipped: Path, table: TransitionTable
) -> None:
    proof = prove(shipped, table)
    assert (proof.differences, proof.transitions) == (0, len(table.transitions))
    assert proof.states == len(table.states)
    margins = proof.smallest_state_margin, proof.smallest_write_margin, proof.smallest_move_margin
    assert min(margins) > 1_000 * proof.largest_rounding_error
    kept = json.loads((shipped.parent / FILE).read_text())[0]
    found = asdict(proof)
    for varies in ("largest_rounding_error", "onnxruntime", "hardware"):
        del kept[varies], found[varies]
    assert kept == pytest.approx(found, abs=0.01)


def test_the_shipped_file_describes_the_states_of_the_teacher(
    shipped: Path, table: TransitionTable
) -> None:
    states = exprinfer.load(str(shipped), "cpu").models[0].states
    assert states == tuple(TEACHER.describe(state) for state in table.states)


def _changed(shipped: Path, folder: Path, weight: str, place: tuple[int, ...], by: float) -> Path:
    model = onnx.load(shipped)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == weight)
    values = numpy_helper.to_array(tensor).copy()
    values[place] = not values[place] if values.dtype == bool else values[place] + by
    tensor.CopyFrom(numpy_helper.from_array(values, weight))
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("weight", "place", "by", "names"),
    [
        (
            "OUTPUT_BIAS",
            (5,),
            500,
            "in the state '.*', on seeing '.*' on .*",
        ),
        ("OUTPUT_BIAS", (170,), 500, "in the state '.*', on seeing '.*' on .*"),
        ("OUTPUT", (3, 60), 500, "in the state '.*', on seeing"),
        ("SYMBOL_VECTORS", (20, 0), 60, "in the state '.*', on seeing"),
        ("LOOKS", (30, 0, 0), 0, "in the state '.*' it looks at"),
    ],
)
def test_a_change_of_one_weight_is_found(
    shipped: Path,
    table: TransitionTable,
    tmp_path: Path,
    weight: str,
    place: tuple[int, ...],
    by: float,
    names: str,
) -> None:
    file = _changed(shipped, tmp_path, weight, place, by)
    with pytest.raises(CertificateError, match=names):
        prove(file, table)


def test_a_change_too_small_to_change_a_decision_is_accepted(
    shipped: Path, table: TransitionTable, tmp_path: Path
) -> None:
    assert prove(_changed(shipped, tmp_path, "OUTPUT_BIAS", (5,), 1), table).differences == 0


def test_a_difference_in_one_transition_is_found(shipped: Path, table: TransitionTable) -> None:
    other = TransitionTable(TEACHER)
    row = int(np.flatnonzero(other.transitions.move[:, 3] == -1)[-1])
    other.transitions.move[row, 3] = 1
    with pytest.raises(CertificateError, match="moves"):
        prove(shipped, other)
