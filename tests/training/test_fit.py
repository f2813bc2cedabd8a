from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from exprinfer.language.tokenizer import decode
from training import recipe as recipes
from training.data import training_part
from training.expressions import sample
from training.fit import EncoderDecoderFitting, fit, to_tensors
from training.recipe import LogSettings, Recipe


def small(name: str) -> Recipe:
    """Return the recipe with few enough updates for a test."""
    recipe = recipes.load(name)
    data = dataclasses.replace(recipe.data, source="samples", samples=30)
    training = dataclasses.replace(recipe.training, updates=80, batch_size=1, start="")
    return dataclasses.replace(recipe, data=data, training=training, log=LogSettings(10, 20))


@pytest.mark.parametrize("name", ["gist", "exact-split"])
def test_a_resumed_run_ends_with_the_same_weights_and_log(name: str, tmp_path: Path) -> None:
    recipe = small(name)
    whole = fit(recipe, tmp_path / "whole").state_dict()
    fit(recipe, tmp_path / "stopped", updates=40)
    resumed = fit(recipe, tmp_path / "stopped").state_dict()
    assert all(torch.equal(weight, resumed[key]) for key, weight in whole.items())
    logs = []
    for run in ("whole", "stopped"):
        with (tmp_path / run / name / "training.csv").open() as file:
            logs.append([{**row, "seconds": None} for row in csv.DictReader(file)])
    assert logs[0] == logs[1]
    assert len(logs[0]) == 8


def test_an_answer_counts_only_by_the_margin(tmp_path: Path) -> None:
    recipe = small("exact-split")
    fitting = EncoderDecoderFitting(recipe, tmp_path, "cpu")
    training = dataclasses.replace(recipe.training, margin=1e-3)
    with_margin = EncoderDecoderFitting(
        dataclasses.replace(recipe, training=training), tmp_path, "cpu"
    )
    for number in range(150):
        fitting.update(number)
    with_margin.network.load_state_dict(fitting.network.state_dict())
    right, secure = fitting._right(fitting.tokens, fitting.targets)
    assert right.any()
    assert (secure == right).all()  # without a margin
    with_margin.training = dataclasses.replace(training, margin=1e3)
    assert (with_margin._right(fitting.tokens, fitting.targets)[0] == right).all()
    assert len(with_margin.wrong()) == len(right)
    with_margin.sums += 1
    with_margin.row()
    assert not with_margin.is_perfect({"exact_match": 1})
    with_margin.all_secure = True
    assert with_margin.is_perfect({"exact_match": 1})


def test_fitting_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    recipe = small("gist")
    fit(recipe, tmp_path)
    before = (tmp_path / "gist" / "checkpoint.pt").read_bytes()
    fit(recipe, tmp_path)
    assert (tmp_path / "gist" / "checkpoint.pt").read_bytes() == before


def test_a_run_of_another_recipe_is_not_continued(tmp_path: Path) -> None:
    recipe = small("gist")
    fit(recipe, tmp_path, updates=20)
    other = dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, seed=9))
    with pytest.raises(ValueError, match="another recipe"):
        fit(other, tmp_path)


def test_the_record_has_seeds_versions_hardware_and_time(tmp_path: Path) -> None:
    fit(small("gist"), tmp_path)
    record = json.loads((tmp_path / "gist" / "training.json").read_text())
    assert record["recipe"]["training"]["seed"] == 1
    assert record["recipe"]["data"]["seed"] == 2017
    assert record["updates"] == 80
    assert record["seconds"] > 0
    assert record["versions"]["torch"] == torch.__version__
    assert record["machine"]["cores"] >= 1


def test_a_network_learns_and_decoding_agrees_with_teacher_forcing(tmp_path: Path) -> None:
    recipe = small("exact-split")
    training = dataclasses.replace(
        recipe.training, updates=300, batch_size=64, order="epochs", focus=0.0
    )
    data = dataclasses.replace(recipe.data, source="samples", samples=64)
    recipe = dataclasses.replace(recipe, data=data, training=training, log=LogSettings(100, 300))
    network = fit(recipe, tmp_path)
    with (tmp_path / recipe.name / "training.csv").open() as file:
        accuracy = [float(row["symbol_accuracy"]) for row in csv.DictReader(file)]
    assert accuracy[0] < accuracy[1] < accuracy[2]
    assert accuracy[2] > 0.95

    shown, unseen = training_part(data), sample(500, seed=99)
    for expressions in (shown, unseen):
        tokens, targets = to_tensors(expressions, network, "cpu")
        with torch.no_grad():
            forced = (network(tokens, targets).argmax(-1) == targets).all(1)
            answers, _ = network.decode(tokens)
        right = decode(answers.numpy()) == np.array(expressions.answers())
        assert right.tolist() == forced.tolist()
        assert 0 < right.sum() < len(right) or expressions is shown
