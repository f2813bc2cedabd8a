"""The benchmark of micro-batching writes its results, and notices answers that are mixed up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import exprinfer
from bench import micro_batching
from exprinfer import Prediction

WAYS = ("MicroBatcher", "evaluate in the loop", "asyncio.to_thread(evaluate)")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micro_batching, "CLIENTS", 20)
    monkeypatch.setattr(micro_batching, "REQUESTS", dict.fromkeys(WAYS, 3))


def test_micro_batching_is_measured_and_written(tmp_path: Path, page: Path) -> None:
    options = ["--output", str(tmp_path), "--docs", str(page)]
    run = CliRunner().invoke(micro_batching.command, options)
    assert run.exception is None
    served = json.loads((tmp_path / "micro_batching.json").read_text())["served"]
    assert tuple(served) == WAYS
    for row in served.values():
        assert 0 < row["p50"] <= row["p99"]
        assert row["rate"] > 0
    assert f"| {WAYS[0]} " in page.read_text()


def test_an_answer_to_another_request_is_an_error() -> None:
    evaluator = exprinfer.load(device="cpu")

    async def mixed_up(_: str) -> Prediction:
        return evaluator.evaluate("1+1")

    with pytest.raises(ValueError, match="answers mixed up"):
        asyncio.run(micro_batching._run_clients(evaluator, mixed_up, 2))
