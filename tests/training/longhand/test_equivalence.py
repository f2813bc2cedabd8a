from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from training.longhand.graph import file_weights, graph
from training.longhand.proof.equivalence import NotEquivalentError, prove
from training.longhand.proof.runs import RunsDifferError, compare
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
    certificate = json.loads((shipped.parent / "certificate.json").read_text())
    kept = certificate["evidence"]["equivalence"][0]
    found = asdict(proof)
    assert kept["runs"]["tables"] > 1
    for varies in ("largest_rounding_error", "onnxruntime", "hardware", "runs"):
        del kept[varies], found[varies]
    assert kept == pytest.approx(found, abs=0.01)


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
    with pytest.raises(NotEquivalentError, match=names):
        prove(file, table)


def test_a_change_too_small_to_change_a_decision_is_accepted(
    shipped: Path, table: TransitionTable, tmp_path: Path
) -> None:
    assert prove(_changed(shipped, tmp_path, "OUTPUT_BIAS", (5,), 1), table).differences == 0


def test_a_difference_in_one_transition_is_found(shipped: Path, table: TransitionTable) -> None:
    other = TransitionTable(TEACHER)
    row = int(np.flatnonzero(other.transitions.move[:, 3] == -1)[-1])
    other.transitions.move[row, 3] = 1
    with pytest.raises(NotEquivalentError, match="moves"):
        prove(shipped, other)


def test_the_shipped_graph_is_what_the_export_writes(shipped: Path, table: TransitionTable) -> None:
    model = onnx.load(shipped)
    written = graph(file_weights(model), table)
    assert written.graph.SerializeToString() == model.graph.SerializeToString()


def test_a_case_that_the_file_does_not_list_is_found(
    shipped: Path, table: TransitionTable, tmp_path: Path
) -> None:
    model = onnx.load(shipped)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "CASES")
    cases = numpy_helper.to_array(tensor)
    tensor.CopyFrom(numpy_helper.from_array(np.delete(cases, 7, axis=0), "CASES"))
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(NotEquivalentError, match=r"on seeing .* the file has no case"):
        prove(tmp_path / "model.onnx", table)


def test_graph_and_interpreters_agree_on_random_tables(shipped: Path) -> None:
    compared = compare(onnx.load(shipped), seed=5, tables=2, rows=4, steps=60)
    assert compared.tables == 3
    assert compared.steps > 50


@pytest.mark.parametrize(("name", "value"), [("ONE_STEP", 2.0), ("TAPE_WEIGHTS", 1)])
def test_a_changed_graph_does_not_agree(shipped: Path, name: str, value: float) -> None:
    model = onnx.load(shipped)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    array = np.full_like(numpy_helper.to_array(tensor), value)
    tensor.CopyFrom(numpy_helper.from_array(array, name))
    with pytest.raises(RunsDifferError, match=r"step \d+ of .* is another one"):
        compare(model, seed=5, tables=1, rows=4, steps=60)


def test_a_machine_that_meets_an_impossible_case_has_no_answer(shipped: Path) -> None:
    """Two operators in a row are no expression, so no file lists what comes next."""
    tokens = np.array([[3, 13, 14, 4], [3, 11, 4, 0]])  # 2*/3 and 2+3
    session = onnxruntime.InferenceSession(str(shipped), providers=["CPUExecutionProvider"])
    answer, state = session.run(["answer", "state"], {"tokens": tokens})
    assert not answer[0].any()
    assert state[0] != 171
    assert (answer[1, 0], state[1]) == (6, 171)


def test_decisions_do_not_depend_on_the_optimizer(shipped: Path) -> None:
    tokens = np.array([[3, 13, 4, 11, 9], [3, 11, 4, 0, 0]])
    names = ["answer", "steps", "decisions", "log_prob"]
    found = []
    for level in ("ORT_DISABLE_ALL", "ORT_ENABLE_ALL"):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        session = onnxruntime.InferenceSession(
            str(shipped), options, providers=["CPUExecutionProvider"]
        )
        found.append(session.run(names, {"tokens": tokens}))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_decisions_are_made_once_when_the_file_is_opened(shipped: Path, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    onnxruntime.InferenceSession(str(shipped), options, providers=["CPUExecutionProvider"])
    optimized = onnx.load(tmp_path / "optimized.onnx")
    operators = {node.op_type for node in optimized.graph.node}
    assert not operators & {"Gemm", "Sigmoid", "Tanh", "LogSoftmax", "CumSum"}
