from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import exprinfer
from training import recipe as recipes
from training.export import ExportError
from training.longhand.export import compare, export
from training.longhand.fit import LonghandFitting, build, fit
from training.longhand.graph import graph, network_weights
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER
from training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("inferred_once")


def _short(updates: int) -> Recipe:
    recipe = recipes.load("longhand")
    return replace(
        recipe,
        data=replace(recipe.data, samples=30),
        training=replace(recipe.training, updates=updates),
        log=replace(recipe.log, every=20, checkpoint=20),
    )


def test_it_learns(tmp_path: Path) -> None:
    recipe = _short(400)
    table = TransitionTable(TEACHER)
    fitting = LonghandFitting(recipe, table, table.transitions)
    before = fitting.row()["wrong"]
    for number in range(400):
        fitting.update(number)
    assert fitting.row()["wrong"] < before / 2


def test_a_resumed_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _short(40)
    whole = fit(recipe, tmp_path / "whole")
    original = LonghandFitting.update

    def stop(self: LonghandFitting, number: int, wrong: NDArray[np.int64]) -> None:
        if number == 30:
            raise KeyboardInterrupt
        original(self, number, wrong)

    with monkeypatch.context() as patched:
        patched.setattr(LonghandFitting, "update", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(recipe, tmp_path / "parts")
    resumed = fit(recipe, tmp_path / "parts")
    for ours, theirs in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_an_unfitted_machine_stops_at_its_limits(tmp_path: Path) -> None:
    """Heads stay on the tapes and the number of steps is bounded, whatever the network decides."""
    recipe = _short(20)
    fit(recipe, tmp_path / "runs")
    file = export(recipe, tmp_path / "runs", tmp_path / "models")
    evaluator = exprinfer.load(str(file), "cpu")
    batch = evaluator.evaluate_batch(["12345678901234567890*98765432109876543210", "1+1"])
    assert len(batch) == 2
    assert not batch.certified.any()


def test_the_file_of_another_network_is_refused() -> None:
    recipe = _short(20)
    table = TransitionTable(TEACHER)
    ours, theirs = (LonghandFitting(recipe, table, table.transitions).network for _ in range(2))
    with torch.no_grad():
        theirs.memory.bias.add_(torch.arange(len(table.states)) / 10)
    with pytest.raises(ExportError, match="disagree on the next state"):
        compare(ours, graph(network_weights(theirs), table))


def test_unknown_settings_of_the_network_are_an_error() -> None:
    recipe = _short(20)
    recipe = replace(recipe, model=replace(recipe.model, settings={"layers": 2}))
    with pytest.raises(ValueError, match=r"settings of the network 'longhand': .*layers"):
        build(recipe, TransitionTable(TEACHER))
