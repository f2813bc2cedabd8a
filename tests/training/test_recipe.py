from __future__ import annotations

from pathlib import Path

import pytest

from training import recipe as recipes


def test_the_gists_recipe() -> None:
    recipe = recipes.load("gist")
    assert recipe.data.samples * 5 == recipe.training.updates == 500_000
    assert recipe.training.batch_size == 1
    assert recipe.training.optimizer == {"name": "RMSprop", "lr": 0.001, "alpha": 0.9, "eps": 1e-8}


@pytest.mark.parametrize("path", sorted(recipes.RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_is_read_alike_by_name_and_by_path(path: Path) -> None:
    assert recipes.load(path.stem) == recipes.load(str(path))


def test_a_recipe_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(FileNotFoundError, match="gist"):
        recipes.load("nothing")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("batch_size = 1", "batch = 1", "batch"),
        ("[data]", "[datum]", "sections"),
        ("every = 1_000", "every = 3_000", "multiple"),
        ("updates = 500_000 # 5 epochs", "", "updates"),
    ],
)
def test_a_wrong_setting_is_told(before: str, after: str, reason: str, tmp_path: Path) -> None:
    text = (recipes.RECIPES / "gist.toml").read_text()
    assert before in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(before, after))
    with pytest.raises(ValueError, match=reason):
        recipes.load(str(path))
