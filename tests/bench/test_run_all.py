"""``python -m bench all`` runs and writes its results. No test says how fast anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import hardware_peaks, latency, profile, sweeps, throughput
from bench.__main__ import main

COMMANDS = ["all", "endurance", "files", "gpu", "micro-batching", "plot", "ray", "tables"]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (latency, "CALLS", 20),
        (latency, "STARTS", 1),
        (hardware_peaks, "SIDE", 64),
        (hardware_peaks, "COPIED", 1 << 16),
        (hardware_peaks, "EXPRESSIONS", 512),
        (profile, "EXPRESSIONS", 512),
        (sweeps, "EXPRESSIONS", 512),
        (sweeps, "DIGITS", (1, 2)),
        (sweeps, "LONGHAND_DIGITS", (2, 4)),
        (throughput, "CHECKED", 200),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.mark.usefixtures("tiny")
def test_all_writes_results_plots_and_tables(tmp_path: Path, page: Path) -> None:
    sizes = ["--expressions", "1000", "--sweep", "100", "--repeats", "2", "--only", "ort-naive"]
    paths = ["--output", str(tmp_path), "--docs", str(page), "--readme", str(page)]
    run = CliRunner().invoke(main, ["all", *sizes, *paths])
    assert run.exception is None
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["throughput"].keys() == {"ours", "ort-naive"}
    assert len(results["throughput"]["ours"]["seconds"]) == 2
    assert results["machine"]["cores"] > 0
    assert results["versions"].keys() >= {"python", "numpy"}
    assert (tmp_path / "throughput.png").stat().st_size > 10_000
    assert (tmp_path / "sweeps.png").stat().st_size > 10_000
    bench, speed = (
        page.read_text().split(f"<!-- {name} -->")[1].split("<!-- /")[0]
        for name in ("bench", "speed")
    )
    assert "exprinfer (exact and longhand)" in bench
    assert "exprinfer (exact and longhand)" in speed
    assert "ONNX Runtime, one call per expression" in bench


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_says_how_long_it_takes_and_what_it_writes(command: str) -> None:
    run = CliRunner().invoke(main, [command, "--help"])
    assert run.exit_code == 0
    text = " ".join(run.output.split())
    assert "Takes " in text or " takes a few seconds" in text
    assert "rites " in text


def test_the_group_lists_all_commands() -> None:
    assert sorted(main.commands) == COMMANDS
