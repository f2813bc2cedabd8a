"""Baselines answer as the shipped models do, and are timed only if they do."""

from __future__ import annotations

import sys

import pytest

import exprinfer
from bench import throughput
from bench.baselines import BASELINES, ON_GPU, Baseline, UnavailableError
from bench.baselines.baseline import requirements
from exprinfer.runtime.model_file import find
from exprinfer.runtime.session import Session
from training.expressions import sample

TEXTS = sample(300, seed=8).texts()
NO_GPU = Session(find("gist"), "auto").device != "cuda"


@pytest.mark.parametrize(
    "key", [key for key in BASELINES if key not in ("eval", "gist", "longhand")]
)
def test_every_installed_baseline_answers_as_the_model_does(key: str) -> None:
    try:
        baseline = BASELINES[key]()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    expected = exprinfer.load(baseline.answers_like, "cpu").evaluate_batch(TEXTS).answers.tolist()
    answers = baseline.answer(TEXTS)
    baseline.close()
    assert sum(ours != theirs for ours, theirs in zip(expected, answers, strict=True)) <= 3


@pytest.mark.skipif(NO_GPU, reason="needs an NVIDIA GPU and onnxruntime-gpu")
@pytest.mark.parametrize("key", ON_GPU)
def test_on_a_gpu_every_baseline_answers_as_the_model_does(key: str) -> None:
    try:
        baseline = ON_GPU[key]()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    expected = exprinfer.load("exact", "cpu").evaluate_batch(TEXTS).answers.tolist()
    answers = baseline.answer(TEXTS)
    assert sum(ours != theirs for ours, theirs in zip(expected, answers, strict=True)) <= 3


class WrongAnswers(Baseline):
    name = "always one"
    expressions = 200

    def answer(self, texts: list[str]) -> list[str]:
        return ["1"] * len(texts)


def test_wrong_answers_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BASELINES, "wrong", WrongAnswers)
    with pytest.raises(ValueError, match=r"always one: \d+ of 200 answers differ"):
        throughput.measure(("wrong",), 200, 1)


def test_a_baseline_that_cannot_run_is_skipped_with_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unavailable() -> Baseline:
        raise UnavailableError("keras is not installed")

    monkeypatch.setitem(BASELINES, "keras-best", unavailable)
    timing = throughput.measure(("keras-best",), 10, 1)["keras-best"]
    assert timing.skipped == "keras is not installed"
    assert timing.as_row() == {"name": "keras-best", "skipped": "keras is not installed"}


def test_a_missing_library_makes_a_baseline_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(UnavailableError, match="keras is not installed"):
        BASELINES["keras-best"]()
    with pytest.raises(UnavailableError, match="no_such_library is not installed"), requirements():
        import no_such_library  # type: ignore[import-not-found]  # noqa: F401
