from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import exprinfer
from training import recipe as recipes
from training.export import ExportError
from training.longhand.export import compare, export, graph
from training.longhand.fit import Fitting, fit
from training.longhand.simulate import Table
from training.longhand.teacher import TEACHER
from training.recipe import Recipe


def _short(updates: int) -> Recipe:
    recipe = recipes.load("longhand")
    return replace(
        recipe,
        data=replace(recipe.data, samples=2_000),
        training=replace(recipe.training, updates=updates),
        log=replace(recipe.log, every=20, checkpoint=20),
    )


def test_it_learns(tmp_path: Path) -> None:
    recipe = _short(400)
    table = Table(TEACHER)
    fitting = Fitting(recipe, table, table.situations)
    before = fitting.row()["wrong"]
    for number in range(400):
        fitting.update(number)
    assert fitting.row()["wrong"] < before / 2


def test_a_stopped_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _short(40)
    whole = fit(recipe, tmp_path / "whole")
    original = Fitting.update

    def stop(self: Fitting, number: int) -> None:
        if number == 30:
            raise KeyboardInterrupt
        original(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(Fitting, "update", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(recipe, tmp_path / "parts")
    resumed = fit(recipe, tmp_path / "parts")
    for ours, theirs in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_an_unfitted_machine_is_stopped_by_its_limits(tmp_path: Path) -> None:
    """Heads stay on the tapes and the steps are bounded, whatever the network decides."""
    recipe = _short(20)
    fit(recipe, tmp_path / "runs")
    file = export(recipe, tmp_path / "runs", tmp_path / "models")
    evaluator = exprinfer.load(str(file), "cpu")
    column = evaluator.evaluate_batch(["12345678901234567890*98765432109876543210", "1+1"])
    assert len(column) == 2
    assert not column.certified.any()


def test_another_networks_file_is_refused() -> None:
    recipe = _short(20)
    table = Table(TEACHER)
    ours, theirs = (Fitting(recipe, table, table.situations).network for _ in range(2))
    with torch.no_grad():
        theirs.memory.bias.add_(torch.arange(len(table.states)) / 10)
    with pytest.raises(ExportError, match="differ in what to remember"):
        compare(ours, graph(theirs), table)
