"""Sharing an evaluator changes no answer. ``python -m bench endurance`` runs the full count."""

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
    ("way", "evaluations"), [("threads", 3_000), ("fork", 5_000), ("spawn", 5_000)]
)
def test_a_shared_evaluator_gives_the_answers_of_a_single_thread(
    repository: Path, way: str, evaluations: int
) -> None:
    # In a process of its own: threads of the libraries that other tests use do not survive a fork.
    code = f"from bench import endurance; print(endurance.count_differing({way!r}, {evaluations}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True)
    assert done.stdout == "0\n"


def test_a_different_answer_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate_batch = Evaluator.evaluate_batch

    def mistaken(self: Evaluator, expressions: list[str]) -> BatchResult:
        result = evaluate_batch(self, expressions)
        if len(expressions) == endurance.TURN_ROWS:
            result.answers[7] = "1" + result.answers[7]
        return result

    monkeypatch.setattr(Evaluator, "evaluate_batch", mistaken)
    assert endurance.count_differing("threads", 500) == endurance.WORKERS["threads"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_stays_flat() -> None:
    with exprinfer.load(device="cpu") as evaluator:
        sizes = []
        for seed in range(24):
            endurance.use_in_every_way(evaluator, sample(1_000, seed).texts())
            gc.collect()
            sizes.append(endurance.resident_megabytes())
    assert sizes[-1] - sizes[len(sizes) // 3] < 20, sizes


def test_the_table_of_memory_shows_the_same_minutes_for_every_run() -> None:
    results = {
        "command": "python -m bench endurance",
        "machine": {"processor": "some", "cores": 2, "gpu": None},
        "versions": {},
        "workers": {"threads": 8},
        "evaluations by each": 1_000,
        "differing": {"threads": 0},
        "megabytes": [[20.0 * third, 100.0 + third / 3] for third in range(2, 91)],
    }
    rows = endurance.section(results).split("\n\n")[-1].splitlines()[2:]
    shown = [[cell.strip() for cell in row.split("|")[1:3]] for row in rows]
    minutes = (1, 2, 5, 10, 20, 30)
    assert shown == [[f"{minute}.0", str(100 + minute)] for minute in minutes]
