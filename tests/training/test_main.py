from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from training.__main__ import main


@pytest.mark.parametrize("command", ["fit", "export", "certify", "report"])
def test_an_unknown_recipe_is_told_with_those_there_are(command: str) -> None:
    result = CliRunner().invoke(main, [command, "nothing"])
    assert result.exit_code == 2
    assert "no recipe 'nothing'; there are: exact" in result.stderr


def test_what_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    for command, reason in {
        "export": "fit its recipe first",
        "certify": "no model file",
        "report": "no model file",
    }.items():
        options = ["--models", str(tmp_path)]
        if command == "export":
            options += ["--runs", str(tmp_path)]
        result = CliRunner().invoke(main, [command, "gist", *options])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        assert reason in result.stderr


def test_an_unknown_run_of_a_study_is_told() -> None:
    result = CliRunner().invoke(main, ["study", "size", "--only", "exact-1x1"])
    assert result.exit_code == 2
    assert "exact-64x3" in result.stderr
