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

BESIDE = "MicroBatcher beside costly requests"
WAYS = ("MicroBatcher", BESIDE, "evaluate in the loop", "asyncio.to_thread(evaluate)")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micro_batching, "CLIENTS", 20)
    monkeypatch.setattr(micro_batching, "REQUESTS", dict.fromkeys(WAYS, 3))
    monkeypatch.setattr(micro_batching, "COSTLY_SHARE", 0.1)


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
    assert "Beside costly requests, 10% as many, the others have " in page.read_text()


def test_costly_requests_that_end_too_soon_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micro_batching, "COSTLY", "5+3")
    with (
        exprinfer.load(device="cpu") as evaluator,
        pytest.raises(ValueError, match="ended before the others"),
    ):
        asyncio.run(micro_batching._serve(evaluator, BESIDE))


def test_an_answer_to_another_request_is_an_error() -> None:
    evaluator = exprinfer.load(device="cpu")

    async def mixed_up(_: str) -> Prediction:
        return evaluator.evaluate("1+1")

    with pytest.raises(ValueError, match="answers mixed up"):
        asyncio.run(micro_batching._run_clients(evaluator, mixed_up, 2))
