"""Sharing an evaluator changes no answer; the full count is ``python -m bench.endurance``."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

import exprinfer
from bench import endurance
from exprinfer import BatchResult, Evaluator
from training.expressions import sample


@pytest.mark.parametrize(
    ("how", "evaluations"), [("threads", 3_000), ("fork", 5_000), ("spawn", 5_000)]
)
def test_who_shares_an_evaluator_gets_the_answers_of_one_thread(
    repository: Path, how: str, evaluations: int
) -> None:
    # In a process of its own: other tests' libraries have threads that no fork survives.
    code = f"from bench import endurance; print(endurance.differing({how!r}, {evaluations}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True)
    assert done.stdout == "0\n"


def test_a_wrong_answer_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate_batch = Evaluator.evaluate_batch

    def mistaken(self: Evaluator, expressions: list[str]) -> BatchResult:
        column = evaluate_batch(self, expressions)
        if len(expressions) == endurance.AT_ONCE:
            column.answers[7] = "1" + column.answers[7]
        return column

    monkeypatch.setattr(Evaluator, "evaluate_batch", mistaken)
    assert endurance.differing("threads", 500) == endurance.SHARED_BY["threads"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_stays_flat() -> None:
    with exprinfer.load(device="cpu") as evaluator:
        sizes = []
        for seed in range(24):
            endurance.step(evaluator, sample(1_000, seed).texts())
            gc.collect()
            sizes.append(endurance.resident())
    assert sizes[-1] - sizes[len(sizes) // 3] < 20, sizes
