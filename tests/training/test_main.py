from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from training import recipe as recipes
from training.__main__ import main
from training.stages import ENCODER_DECODER, TAPE_MACHINE, Stages, stages_of


@pytest.mark.parametrize("command", ["fit", "export", "certify", "report"])
def test_an_unknown_recipe_is_an_error_that_lists_the_known_ones(command: str) -> None:
    result = CliRunner().invoke(main, [command, "nothing"])
    assert result.exit_code == 2
    assert "no recipe 'nothing'; choose one of exact" in result.stderr


def test_missing_runs_and_models_are_one_line_errors(tmp_path: Path) -> None:
    for command, reason in {
        "export": "fit its recipe first",
        "certify": "there is no model file",
        "report": "there is no model file",
    }.items():
        options = ["--models", str(tmp_path)]
        if command == "export":
            options += ["--runs", str(tmp_path)]
        result = CliRunner().invoke(main, [command, "gist", *options])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        assert reason in result.stderr


def test_an_unknown_run_of_a_study_is_an_error_that_lists_the_known_ones() -> None:
    result = CliRunner().invoke(main, ["study", "size", "--only", "exact-1x1"])
    assert result.exit_code == 2
    assert "exact-64x3" in result.stderr


@pytest.mark.parametrize("recipe", ["gist", "longhand"])
def test_an_unusable_device_is_a_one_line_error(recipe: str, tmp_path: Path) -> None:
    options = ["--runs", str(tmp_path), "--device", "gpu"]
    result = CliRunner().invoke(main, ["fit", recipe, *options])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: PyTorch cannot use the device 'gpu'")


def test_only_is_refused_by_studies_without_runs() -> None:
    result = CliRunner().invoke(main, ["study", "length", "--only", "exact-64x3"])
    assert result.exit_code == 2
    assert "--only" in result.stderr


def test_a_vote_needs_a_fitted_network(tmp_path: Path) -> None:
    options = ["--runs", str(tmp_path), "--models", str(tmp_path)]
    result = CliRunner().invoke(main, ["study", "vote", *options])
    assert result.exit_code == 1
    assert "run python -m training study orbits" in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "stages"), [("exact", ENCODER_DECODER), ("longhand", TAPE_MACHINE)]
)
def test_each_kind_of_recipe_has_its_stages(name: str, stages: Stages) -> None:
    assert stages_of(recipes.load(name)) is stages
    assert len({stages.fit, stages.export, stages.certify, stages.report}) == 4


def test_the_command_line_starts_without_torch() -> None:
    code = "import sys, training.__main__; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_certify_and_report_need_no_torch() -> None:
    names = "certify", "report", "longhand.certify", "longhand.report"
    imports = ", ".join(f"training.{name}" for name in names)
    code = f"import sys, {imports}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
