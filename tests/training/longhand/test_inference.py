from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from exprinfer.runtime.state_info import StateInfo
from training import recipe as recipes
from training.files import read_rows
from training.longhand.export import export
from training.longhand.fit import fit
from training.longhand.inference_record import FILE, read_record
from training.longhand.memory import inference, loop
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.inference import infer_once, load
from training.longhand.memory.loop import close
from training.longhand.memory.table import InferredTable
from training.longhand.memory.traces import Watcher, draw
from training.longhand.naming import describe
from training.longhand.proof.parts import initializers
from training.longhand.proof.table import TransitionTable
from training.longhand.studies.card import SEEDS as SEEDS_FILE
from training.longhand.teacher import TEACHER
from training.model_file import read_metadata, update_metadata
from training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("inferred_once")


@pytest.fixture
def recipe() -> Recipe:
    recipe = recipes.load("longhand")
    return replace(
        recipe,
        data=replace(recipe.data, samples=30),
        training=replace(recipe.training, updates=100),
    )


def _renamed(table: TransitionTable, watcher: Watcher) -> TransitionTable:
    """Return the teacher with its states in another order, the first and last one kept."""
    middle = 1 + np.random.default_rng(3).permutation(len(table.states) - 2)
    number = np.concatenate([[0], middle, [table.halt]])
    label = np.array([watcher.shown(row)[1] for row in range(len(table.transitions))])
    looks = (table.reads @ (1 << np.arange(4)))[np.argsort(number)]
    t = table.transitions
    states = number[t.state], watcher.sight_of, label, number[t.next_state]
    return InferredTable(Automaton(looks, *states), watcher.alphabet)


def _same(ours: Automaton, theirs: Automaton) -> bool:
    pairs = zip(vars(ours).values(), vars(theirs).values(), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def test_the_teachers_numbers_of_states_have_no_effect_on_what_is_inferred() -> None:
    table = TransitionTable(TEACHER)
    watcher = Watcher(table)
    texts = draw(0, 12)
    ours = close(table, watcher, watcher.watch(texts))
    renamed = _renamed(table, watcher)
    asked = Watcher(renamed)
    theirs = close(renamed, asked, asked.watch(texts))
    assert ours.found.closed
    assert _same(ours.automaton, theirs.automaton)
    assert (ours.questions, ours.tries) == (theirs.questions, theirs.tries)


def test_a_run_that_is_continued_does_not_infer_again(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = infer_once(recipe.data, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [inference.FILE]
    monkeypatch.setattr(inference, "infer", None)
    again = infer_once(recipe.data, tmp_path)
    assert _same(first.automaton, again.automaton)
    assert first.record == again.record
    assert first.record["states_given"] == 0
    assert first.record["states_found"] == 172
    assert first.record["expressions"] == 30
    assert first.record["transitions_that_no_expression_showed"] > 1_000


def test_an_automaton_of_other_settings_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    infer_once(recipe.data, tmp_path)
    with pytest.raises(ValueError, match="automaton of another recipe"):
        infer_once(replace(recipe.data, seed=5), tmp_path)
    with pytest.raises(FileNotFoundError, match="no automaton in"):
        load(recipe.data, tmp_path / "other")


def test_an_automaton_that_differs_from_the_teacher_is_refused(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "MOST", loop.FIRST)
    with pytest.raises(ValueError, match="differs from the teacher in"):
        infer_once(replace(recipe.data, seed=9), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_states_get_the_teachers_numbers_after_the_fit_but_not_its_names(
    recipe: Recipe, tmp_path: Path
) -> None:
    teacher = TransitionTable(TEACHER)
    network = fit(recipe, tmp_path / "runs")
    found = load(recipe.data, tmp_path / "runs" / "longhand").table
    described = describe(found.reads, found.transitions)
    assert found.transitions.state.tolist() != teacher.transitions.state.tolist()
    file = export(recipe, tmp_path / "runs", tmp_path / "models")
    model = onnx.load(file)
    rows = np.column_stack([teacher.transitions.state, teacher.transitions.seen])
    assert np.array_equal(initializers(model)["CASES"], np.unique(rows, axis=0))
    # The rows of the weights are those of the fit, in another order.
    cells, fitted = initializers(model)["CELLS"], network.cell.detach().numpy()
    assert not np.array_equal(cells, fitted)
    assert np.array_equal(np.unique(cells, axis=0), np.unique(fitted, axis=0))
    metadata = read_metadata(file)
    assert "derived by a program" in metadata["states_note"]
    # The names are those that the states had under their own numbers.
    states = [StateInfo(**state) for state in json.loads(metadata["states"])]
    order = [np.flatnonzero((fitted == row).all(1)).item() for row in cells]
    assert states == [described[number] for number in order]
    assert not {state.name for state in states} & {str(state) for state in teacher.states[:-1]}


def test_the_record_of_other_weights_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    fit(recipe, tmp_path / "runs")
    file = export(recipe, tmp_path / "runs", tmp_path / "models")
    assert read_record(file)["questions"] > 0
    update_metadata(file, {"weights_sha256": "0" * 64})
    with pytest.raises(ValueError, match="belongs to other weights"):
        read_record(file)
    file.with_name(FILE).unlink()
    with pytest.raises(FileNotFoundError, match="no record"):
        read_record(file)


def test_the_shipped_states_were_inferred(repository: Path) -> None:
    folder = repository / "models/longhand"
    record = read_record(folder / "model.onnx")
    assert (record["states_given"], record["states_found"]) == (0, 172)
    assert (record["transitions"], record["differences"]) == (4_702, 0)
    assert record["expressions"] <= 30_000
    certificate = json.loads((folder / "certificate.json").read_text())
    assert certificate["evidence"]["inference"] == record


def test_every_seed_of_the_committed_study_is_equivalent_to_the_teacher(repository: Path) -> None:
    rows = read_rows(repository / "models/longhand" / SEEDS_FILE)
    assert [row["name"] for row in rows] == ["seed 0", "seed 1", "seed 2", "states given"]
    for row in rows:
        assert row["wrong"] == "0"
        assert min(float(row[f"{what} margin"]) for what in ("state", "write", "move")) > 1
