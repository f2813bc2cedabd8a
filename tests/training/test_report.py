from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from exprinfer.language.operands import DEFAULT_OPERANDS
from training import recipe as recipes
from training import report
from training.card import table, write_section
from training.evaluation import DomainMaps, Evaluation
from training.expressions import enumerate_domain

PNG = b"\x89PNG\r\n\x1a\n"


def half_right(_: Path, name: str) -> DomainMaps:
    domain = enumerate_domain()
    random = np.random.default_rng(len(name))
    right = random.random(len(domain)) < 0.5
    answers = np.array(domain.answers())
    log_probs = -random.random(len(domain)).astype(np.float32)
    return DomainMaps.of(DEFAULT_OPERANDS, [Evaluation(domain, answers, log_probs, right)])


def test_a_report_draws_the_plots_and_describes_the_run(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_evaluate", half_right)
    folder = tmp_path / "gist"
    folder.mkdir()
    (folder / "model.onnx").touch()
    for name in ("gist.csv", "gist.json"):
        shutil.copy(repository / "models/gist" / name, folder)
    (folder / "README.md").write_text("a\n<!-- report -->\nold\n<!-- /report -->\nb\n")
    report.report(recipes.load("gist"), tmp_path)
    for plot in ("errors.png", "doubt.png", "curve.png"):
        assert (folder / plot).read_bytes().startswith(PNG)
    card = (folder / "README.md").read_text()
    assert re.search(r"\| updates +\| +500,000 \|", card)
    assert "old" not in card


def test_milestones_are_the_first_rows_that_reach_them() -> None:
    log = [
        {"update": 10.0 * row, "seconds": 60.0 * row, "exact_match": share}
        for row, share in enumerate([0.5, 0.99, 0.98, 0.9995])
    ]
    assert report._milestones(log, batch=2) == [
        ["99.0% exact match after", "1.0 minutes, 20 expressions"],
        ["99.9% exact match after", "3.0 minutes, 60 expressions"],
    ]


def test_a_section_is_replaced_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("<!-- x -->\\1<!-- /x --> <!-- y --> <!-- /y -->")
    write_section(card, "x", r"new \1")
    assert card.read_text() == "<!-- x -->\nnew \\1\n<!-- /x --> <!-- y --> <!-- /y -->"
    with pytest.raises(ValueError, match="<!-- z -->"):
        write_section(card, "z", "")


def test_a_missing_card_is_made_with_the_sections_of_certify_and_report(tmp_path: Path) -> None:
    card = tmp_path / "mine" / "README.md"
    card.parent.mkdir()
    write_section(card, "certify", "right")
    write_section(card, "report", "updates")
    assert card.read_text().startswith("# mine\n\n<!-- certify -->\nright\n<!-- /certify -->\n")
    assert "<!-- report -->\nupdates\n<!-- /report -->" in card.read_text()


def test_a_table_aligns_its_first_column_left_and_numbers_stay_as_they_are() -> None:
    written = table(["a", "b"], [["x", "1,000"], ["y", "0.10"]])
    assert written.splitlines() == [
        "| a   |     b |",
        "|:----|------:|",
        "| x   | 1,000 |",
        "| y   |  0.10 |",
    ]
