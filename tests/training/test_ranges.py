"""Other operand ranges, by a recipe alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import exprinfer
from exprinfer import Domain, Operands, OutsideDomainError
from training import networks
from training import recipe as recipes
from training.__main__ import main
from training.data import percentile, training_part, validation_part
from training.expressions import domain_parts, domain_size, enumerate_domain, join, sample
from training.recipe import DataSettings
from training.recipe_checks import NETWORK_SETTINGS, OPTIMIZERS
from training.run import _differences

RANGES = [
    Operands((-9, 9), (-9, 9)),
    Operands((-3, 12), (-20, 4)),
    Operands((5, 7), (0, 3)),
    Operands((-2, 0), (-5, -1)),
]

RECIPE = """
[model]
name = "tiny"
version = "0.1"
domain = "seed"
network = "exact"
settings = { units = 32, group = 1, embedding = 8 }

[data]
source = "domain"
seed = 0
a = [0, 2]
b = [1, 3]

[training]
seed = 1
updates = 2_000
batch_size = 64
optimizer = { name = "AdamW", lr = 0.01 }

[log]
every = 20
checkpoint = 20
stop_when_perfect = true
"""


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def test_a_recipe_alone_makes_a_certified_model_of_other_ranges(
    recipe_file: Path, tmp_path: Path
) -> None:
    runs, models = ["--runs", str(tmp_path / "runs")], ["--models", str(tmp_path / "models")]
    options = {"fit": runs, "export": [*runs, *models], "certify": models, "report": models}
    for command, given in options.items():
        result = CliRunner().invoke(main, [command, str(recipe_file), *given])
        assert result.exit_code == 0, result.output
    file = tmp_path / "models" / "tiny" / "model.onnx"
    certificates = [file.with_name("certificate.json")]
    evaluator = exprinfer.load(str(file), "cpu", certificates=certificates)
    model = evaluator.models[0]
    assert model.operands == Operands((0, 2), (1, 3))
    assert model.certified_domain is Domain.SEED
    assert model.right == model.checked == domain_size(model.operands) == 108
    assert json.loads(model.recipe)["data"]["a"] == [0, 2]
    prediction = evaluator.evaluate("-(2*3)")
    assert (prediction.answer, prediction.certified) == ("-6", True)
    with pytest.raises(OutsideDomainError, match=r"a in 0\.\.2 and b in 1\.\.3, without leading"):
        evaluator.evaluate("2*4")
    batch = evaluator.evaluate_batch(["2*4", "3+1", "1/0", "1-1"])
    codes = [row.error.code if row.error else None for row in batch]
    assert codes == ["outside_domain", "outside_domain", "division_by_zero", None]
    guessing = exprinfer.load(str(file), "cpu", allow_out_of_domain=True, certificates=certificates)
    assert guessing.evaluate("2*3").certified
    assert not guessing.evaluate("2*4").certified
    assert "108 of 108 expressions" in file.with_name("README.md").read_text()


@pytest.mark.parametrize("ranges", RANGES)
def test_the_domain_of_other_ranges_has_each_expression_once(ranges: Operands) -> None:
    texts = enumerate_domain(ranges).texts()
    assert len(texts) == len(set(texts)) == domain_size(ranges)
    expected = {
        form.format(f"{a}{operator}{b}")
        for a in range(ranges.a[0], ranges.a[1] + 1)
        for b in range(ranges.b[0], ranges.b[1] + 1)
        for operator in "+-*/"
        for form in ("{}", "({})", "-({})")
        if b
    }
    assert set(texts) == expected
    parts = list(domain_parts(ranges, 7))
    assert max(map(len, parts)) == 7
    assert join(parts).texts() == texts
    assert max(map(len, texts)) == ranges.longest_input
    assert max(map(len, enumerate_domain(ranges).answers())) == ranges.longest_output


@pytest.mark.parametrize("ranges", RANGES)
def test_samples_of_other_ranges_reach_every_operand(ranges: Operands) -> None:
    drawn = sample(5_000, 1, ranges)
    domain = enumerate_domain(ranges)
    assert set(drawn.a.tolist()) == set(domain.a.tolist())
    assert set(drawn.b.tolist()) == set(domain.b.tolist())
    assert set(drawn.texts()) <= set(domain.texts())


def test_the_split_of_other_ranges_gives_each_pair_its_own_part() -> None:
    ranges = Operands((-40, 300), (-300, 200))
    data = DataSettings("domain", 0, percent=88, a=ranges.a, b=ranges.b)
    trained, validation = training_part(data), validation_part(data)
    assert not set(trained.texts()) & set(validation.texts())
    assert 0.87 < len(trained) / domain_size(ranges) < 0.89
    assert 0.015 < len(validation) / domain_size(ranges) < 0.025
    part = percentile(enumerate_domain(ranges), ranges).reshape(3, -1)
    assert (part == part[0]).all()


def test_ranges_too_small_to_hold_out_a_part_are_an_error() -> None:
    with pytest.raises(ValueError, match="too small to hold out"):
        validation_part(DataSettings("domain", 0, percent=88, a=(1, 2), b=(1, 2)))


def test_the_networks_take_the_settings_that_recipes_are_checked_for() -> None:
    assert NETWORK_SETTINGS.keys() == {*networks.NETWORKS, "longhand"}
    model = recipes.load("exact").model
    for name in networks.NETWORKS:
        settings = dict.fromkeys(NETWORK_SETTINGS[name], 4)
        networks.build(dataclasses.replace(model, network=name, settings=settings))


def test_every_optimizer_that_recipes_may_name_takes_a_step() -> None:
    import torch

    for name in OPTIMIZERS:
        weight = torch.nn.Parameter(torch.ones(2, 2))
        optimizer = getattr(torch.optim, name)([weight], lr=0.1)
        weight.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        assert (weight != 1).all()


def test_the_ranges_of_the_gist_are_not_kept_in_files() -> None:
    recipe = recipes.load("exact")
    assert {"a", "b"}.isdisjoint(recipe.as_dict()["data"])
    other = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, a=(-9, 9)))
    assert _differences(recipe.as_dict(), other.as_dict())[0].startswith("[data] a is not set")
    as_in_toml: dict[str, Any] = {"a": [-9, 9]}
    listed = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, **as_in_toml))
    assert not _differences(listed.as_dict(), other.as_dict())


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("a = [0, 2]", "a = [2, 0]", r"\[data\] a must be the lowest .* got \[2, 0\]"),
        ("a = [0, 2]", "a = 2", r"\[data\] a must be a list, got 2"),
        ("a = [0, 2]", 'a = ["0", "2"]', r"\[data\] a must be the lowest .* got \['0', '2'\]"),
        ("a = [0, 2]", "a = [0, 1_000_000_000]", "from -999999999 to 999999999"),
        ("b = [1, 3]", "b = [0, 0]", r"\[data\] b must hold a number other than 0"),
        ("b = [1, 3]", "c = [1, 3]", r"\[data\] has unknown settings \['c'\]; it takes .*'b'"),
        ('domain = "seed"', 'domain = "whole"', 'domain must be "seed" for the source "domain"'),
        ('domain = "seed"', 'domain = "-999..999"', 'domain must be "seed" or "whole"'),
        (
            '"exact"',
            '"nope"',
            "network must be one of exact, exact8, gist, longhand, working, got 'nope'",
        ),
        ('"AdamW"', '"nope"', "has no 'nope' .* choose one of .*, AdamW, "),
        ('source = "domain"', 'source = "nope"', 'source must be "samples" or "domain" or'),
        ("lr = 0.01", 'lr = "0.01"', "lr must be a positive number, got '0.01'"),
        ("lr = 0.01", "lr = -1", "lr must be a positive number, got -1"),
        ("seed = 1", "seed = -1", "seed must be an integer from 0, got -1"),
        ("seed = 1", 'seed = 1\nstart = "nope"', r"\[training\] start: no recipe 'nope'; choose"),
        ("seed = 1", "seed = 1\nwarmup = 3_000", r"warmup must be in 0\.\.2000"),
        ('name = "tiny"', 'name = "../tiny"', r"\[model\] name must be letters"),
        ("units = 32", "layers = 32", r"unknown \['layers'\]; it takes \['units', 'group'"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "export", "certify"])
def test_a_wrong_recipe_is_one_line_before_anything_else(
    command: str, before: str, after: str, reason: str, recipe_file: Path
) -> None:
    assert before in RECIPE
    recipe_file.write_text(RECIPE.replace(before, after, 1))
    result = CliRunner().invoke(main, [command, str(recipe_file)])
    assert result.exit_code == 2
    error = result.stderr.splitlines()[-1]
    with pytest.raises(ValueError, match=reason):
        raise ValueError(error)


def test_a_recipe_that_starts_from_itself_is_an_error(recipe_file: Path) -> None:
    recipe_file.write_text(RECIPE.replace("seed = 1", f'seed = 1\nstart = "{recipe_file}"'))
    with pytest.raises(ValueError, match="start leads back to this recipe"):
        recipes.load(str(recipe_file))


def test_ranges_that_the_gist_cannot_read_are_an_error(recipe_file: Path, tmp_path: Path) -> None:
    text = RECIPE.replace('"exact"', '"gist"').replace("[0, 2]", "[-99_999_999, 99_999_999]")
    text = text.replace("[1, 3]", "[-99_999_999, 99_999_999]").replace(
        "settings = {", "settings = {} #"
    )
    recipe_file.write_text(text)
    result = CliRunner().invoke(main, ["fit", str(recipe_file), "--runs", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the network 'gist' reads at most 20 symbols")


def test_a_start_of_another_network_is_an_error_before_the_long_work(
    recipe_file: Path, tmp_path: Path
) -> None:
    recipe_file.write_text(RECIPE.replace("seed = 1", 'seed = 1\nstart = "exact-split"'))
    result = CliRunner().invoke(main, ["fit", str(recipe_file), "--runs", str(tmp_path / "runs")])
    assert result.exit_code == 1
    assert "the weights of 'exact-split' do not fit into the network of 'tiny'" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_models_of_different_ranges_are_not_opened_together() -> None:
    from exprinfer.runtime.engine import Engine
    from exprinfer.runtime.model import Model

    exact, gist = Model("exact", "cpu"), Model("gist", "cpu")
    gist.info = dataclasses.replace(gist.info, operands=Operands((-9, 9), (-9, 9)))
    with pytest.raises(ValueError, match="'exact' and 'gist' have different operand ranges"):
        Engine([exact, gist], None, None, False, False)
    longhand = Model("longhand", "cpu")
    engine = Engine([gist, longhand], None, None, False, False)
    assert engine.operands == Operands((-9, 9), (-9, 9))
    assert np.array_equal(engine.answer(["50*3"]).model_index, [1])
