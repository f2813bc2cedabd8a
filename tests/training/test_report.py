from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from training import recipe as recipes
from training import report
from training.card import table, write_section
from training.certify import Judged
from training.expressions import enumerate_domain

PNG = b"\x89PNG\r\n\x1a\n"


def half_right(_: Path, name: str) -> Judged:
    domain = enumerate_domain()
    random = np.random.default_rng(len(name))
    right = random.random(len(domain)) < 0.5
    answers = np.array(domain.answers())
    return Judged(domain, answers, -random.random(len(domain)).astype(np.float32), right)


def test_a_report_draws_the_pictures_and_tells_of_the_run(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_judge", half_right)
    folder = tmp_path / "gist"
    folder.mkdir()
    for name in ("gist.csv", "gist.json"):
        shutil.copy(repository / "models/gist" / name, folder)
    (folder / "README.md").write_text("a\n<!-- report -->\nold\n<!-- /report -->\nb\n")
    report.report(recipes.load("gist"), tmp_path)
    for picture in ("errors.png", "doubt.png", "curve.png"):
        assert (folder / picture).read_bytes().startswith(PNG)
    card = (folder / "README.md").read_text()
    assert "| updates | 500,000 |" in card
    assert "old" not in card


def test_milestones_are_the_first_rows_that_reach_them() -> None:
    log = [
        {"update": 10.0 * row, "seconds": 60.0 * row, "exact_match": share}
        for row, share in enumerate([0.5, 0.99, 0.98, 0.9995])
    ]
    assert report._milestones(log, batch=2) == [
        ["99.0% of it reached", "1.0 minutes, 20 samples"],
        ["99.9% of it reached", "3.0 minutes, 60 samples"],
    ]


def test_a_section_is_replaced_and_a_missing_one_told(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("<!-- x -->\\1<!-- /x --> <!-- y --> <!-- /y -->")
    write_section(card, "x", r"new \1")
    assert card.read_text() == "<!-- x -->\nnew \\1\n<!-- /x --> <!-- y --> <!-- /y -->"
    with pytest.raises(ValueError, match="<!-- z -->"):
        write_section(card, "z", "")


def test_a_table() -> None:
    assert table(["a", "b"], [["x", 1]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"
