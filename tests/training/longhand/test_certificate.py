from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from training.longhand.certificate import FILE, CertificateError, prove
from training.longhand.simulate import Table
from training.longhand.teacher import TEACHER


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(TEACHER)


@pytest.fixture
def shipped(repository: Path) -> Path:
    return repository / "models/longhand/model.onnx"


def test_the_shipped_file_and_the_teacher_are_the_same_machine(shipped: Path, table: Table) -> None:
    proof = prove(shipped, table)
    assert (proof.differences, proof.situations) == (0, len(table.situations))
    assert proof.memories == len(table.states)
    gaps = proof.smallest_memory_gap, proof.smallest_write_gap, proof.smallest_move_gap
    assert min(gaps) > 1_000 * proof.largest_rounding_error
    kept = json.loads((shipped.parent / FILE).read_text())[0]
    found = asdict(proof)
    for varies in ("largest_rounding_error", "onnxruntime"):
        del kept[varies], found[varies]
    assert kept == pytest.approx(found, abs=0.01)


def _nudged(shipped: Path, folder: Path, weight: str, place: tuple[int, ...], by: float) -> Path:
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
def test_one_weight_nudged_breaks_it(
    shipped: Path,
    table: Table,
    tmp_path: Path,
    weight: str,
    place: tuple[int, ...],
    by: float,
    names: str,
) -> None:
    file = _nudged(shipped, tmp_path, weight, place, by)
    with pytest.raises(CertificateError, match=names):
        prove(file, table)


def test_a_nudge_too_small_to_change_a_decision_does_not(
    shipped: Path, table: Table, tmp_path: Path
) -> None:
    assert prove(_nudged(shipped, tmp_path, "OUTPUT_BIAS", (5,), 1), table).differences == 0


def test_every_situation_counts(shipped: Path, table: Table) -> None:
    """A teacher that differs in one situation alone is told apart."""
    other = Table(TEACHER)
    row = int(np.flatnonzero(other.situations.move[:, 3] == -1)[-1])
    other.situations.move[row, 3] = 1
    with pytest.raises(CertificateError, match="moves"):
        prove(shipped, other)
