"""The benches of micro-batching and of Ray write what they measured; how fast, no test says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import exprinfer
from bench import micro_batching
from exprinfer import Prediction

HOW = ("MicroBatcher", "evaluate in the loop", "asyncio.to_thread(evaluate)")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micro_batching, "CLIENTS", 20)
    monkeypatch.setattr(micro_batching, "REQUESTS", dict.fromkeys(HOW, 3))


def test_micro_batching_is_measured_and_written(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- micro_batching -->\n<!-- /micro_batching -->\n")
    options = ["--output", str(tmp_path), "--readme", str(readme)]
    run = CliRunner().invoke(micro_batching.main, options)
    assert run.exception is None
    found = json.loads((tmp_path / "micro_batching.json").read_text())["served"]
    assert tuple(found) == HOW
    for row in found.values():
        assert 0 < row["p50"] <= row["p99"]
        assert row["rate"] > 0
    assert f"| {HOW[0]} | " in readme.read_text()


def test_a_crossed_answer_is_no_measurement() -> None:
    evaluator = exprinfer.load(device="cpu")

    async def crossed(_: str) -> Prediction:
        return evaluator.evaluate("1+1")

    with pytest.raises(ValueError, match="answers crossed"):
        asyncio.run(micro_batching._clients(evaluator, crossed, 2))


def test_more_workers_are_reckoned_from_those_measured() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    from bench import ray_scaling

    found = {
        n: {"rate": rate, "short": 1, "long": 2}
        for n, rate in enumerate([300_000, 450_000], start=1)
    }
    lines = ray_scaling.section({"workers": found}).splitlines()
    assert lines[3].startswith("| 2, measured | 450,000 |")
    assert lines[4].startswith("| 8, reckoned | 1,800,000 |")
    assert len(lines) == 6
