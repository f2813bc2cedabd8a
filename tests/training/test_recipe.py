from __future__ import annotations

from pathlib import Path

import pytest

from training import recipe as recipes
from training.fit import check


def test_the_recipe_of_the_gist() -> None:
    recipe = recipes.load("gist")
    assert recipe.data.samples * 5 == recipe.training.updates == 500_000
    assert recipe.training.batch_size == 1
    assert recipe.training.optimizer == {"name": "RMSprop", "lr": 0.001, "alpha": 0.9, "eps": 1e-8}


@pytest.mark.parametrize("path", sorted(recipes.RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_loads_by_name_and_by_path(path: Path) -> None:
    assert recipes.load(path.stem) == recipes.load(str(path))


def test_an_unknown_recipe_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(FileNotFoundError, match="gist"):
        recipes.load("nothing")


@pytest.mark.parametrize(
    ("name", "before", "after", "reason"),
    [
        ("gist", "batch_size = 1", "batch = 1", r"\[training\] has unknown settings \['batch'\]"),
        ("gist", "[data]", "[datum]", "the sections must be"),
        ("gist", "every = 1_000", "every = 3_000", r"\[log\] checkpoint must be a multiple"),
        ("gist", "updates = 500_000 # 5 epochs", "", r"\[training\] needs the settings .*updates"),
        ("gist", "[data]", "[data", "changed.toml: "),
        ("gist", "seed = 1\n", 'seed = "1"\n', r"\[training\] seed must be an integer, got '1'"),
        ("gist", "batch_size = 1", "batch_size = 0", "batch_size must be a positive integer"),
        ("gist", "samples = 100_000", "", r"\[data\] samples must be a positive integer"),
        ("gist", 'domain = "seed"', 'domain = "all"', 'domain must be "seed" or "whole"'),
        ("gist", 'source = "samples"', 'source = "traces"', "need each other"),
        ("gist", "seed = 1\n", "seed = 1\nfocus = 0.5\n", 'focus needs order "draws"'),
        ("exact", "percent = 100", "percent = 101", r"percent must be in 1\.\.100, got 101"),
        ("exact", "units = 96", "units = 0", "units must be a positive integer"),
        ("exact", 'name = "AdamW", ', "", 'optimizer needs "name" and "lr"'),
        ("exact-split", "[1, 1, 3, 3]", "[1, 1]", "operator_weights must be four"),
        ("longhand", "depth = 3", "depth = 1", "depth 1 is too small for 4 operands"),
        ("longhand", "warmup = 100", 'order = "draws"', 'the source "traces" needs order "epochs"'),
    ],
)
def test_a_wrong_setting_is_an_error_that_names_it(
    name: str, before: str, after: str, reason: str, tmp_path: Path
) -> None:
    text = (recipes.RECIPES / f"{name}.toml").read_text()
    assert before in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(before, after))
    with pytest.raises(ValueError, match=reason):
        recipes.load(str(path))


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('network = "gist"', 'network = "gits"', "network must be one of .* got 'gits'"),
        ("settings = {}", "settings = { units = 3 }", "settings of the network 'gist': .*units"),
        ("RMSprop", "RMSdrop", "torch.optim has no 'RMSdrop'"),
        ("alpha", "alfa", r"\[training\] optimizer: .*alfa"),
    ],
)
def test_an_unknown_network_or_optimizer_is_an_error(
    before: str, after: str, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "changed.toml"
    path.write_text((recipes.RECIPES / "gist.toml").read_text().replace(before, after))
    with pytest.raises(ValueError, match=reason):
        check(recipes.load(str(path)))
