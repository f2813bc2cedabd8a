"""Short runs of the fuzzers, and the inputs in their corpus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

import exprinfer
from tests.fuzz import (
    damage,
    lines,
    notations,
    oracle,
    target_grammar,
    target_model_file,
    target_tokenizer,
)

CORPUS = Path(__file__).parent / "corpus"
TARGETS: dict[str, Callable[[bytes], None]] = {
    "tokenizer": target_tokenizer.try_one,
    "grammar": target_grammar.try_one,
    "model_file": target_model_file.try_one,
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus(name: str) -> None:
    inputs = sorted((CORPUS / name).iterdir())
    assert inputs
    for path in inputs:
        TARGETS[name](path.read_bytes())
    assert sum(path.stat().st_size for path in inputs) < 20_000


def test_a_target_fails_if_the_grammar_and_the_oracle_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(oracle, "value", lambda text: 0)
    with pytest.raises(AssertionError):
        target_grammar.try_one(b"1+2")


def test_fuzzed_lines_are_scored_right() -> None:
    counts = lines.count(6_000, seed=7)
    assert counts.total() == 6_000
    assert counts["certified, and right"] > 1_000
    assert {"not_text", "empty", "unknown_symbol", "malformed", "division_by_zero"} <= set(counts)


def test_fuzzed_lines_are_normalized_right() -> None:
    counts = lines.count(6_000, seed=8, normalize=True)
    assert counts.total() == 6_000
    assert counts["certified, and right, read as another text"] > 500
    assert counts["certified, and right"] > 1_000


def test_every_other_notation_is_read_with_its_meaning() -> None:
    random = Random(9)
    evaluator = exprinfer.load(device="cpu", normalize=True)
    plains = [lines.good(random).decode() for _ in range(2_000)]
    texts = [notations.written(random, plain) for plain in plains]
    rewritten = 0
    for plain, text, prediction in zip(plains, texts, evaluator.stream(texts), strict=True):
        try:
            expected = oracle.value(plain)
        except ZeroDivisionError:
            assert prediction.error is not None
            assert prediction.error.code == "division_by_zero"
            continue
        assert (prediction.value, prediction.certified) == (expected, True), text
        assert prediction.read_as in (None, plain)
        rewritten += prediction.read_as is not None
    assert rewritten > 1_000


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("1 2", "12"),
        ("1,000", "1000"),
        ("0x10", "0*10"),
        ("3²", "32"),
        ("5+3", "53"),
        ("2 - 3", "23"),
    ],
)
def test_the_judge_refuses_a_change_of_meaning(text: str, read_as: str) -> None:
    assert not notations.explains(text, read_as)


@pytest.mark.parametrize("change", [{"answer": "4"}, {"value": 4}, {"expression": "1+3"}])
def test_a_wrong_certified_answer_fails(
    change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    correct: dict[str, object] = {"expression": "1+2", "answer": "3", "value": 3}
    result = {**correct, "certified": True, "error": None, **change}
    monkeypatch.setattr(lines, "fuzzed", lambda *_: iter([b"1+2"]))
    monkeypatch.setattr(lines, "score", lambda *_: iter([result]))
    with pytest.raises(AssertionError):
        lines.count(1, seed=0)


@pytest.mark.parametrize("results", [0, 2])
def test_a_missing_or_extra_result_fails(results: int, monkeypatch: pytest.MonkeyPatch) -> None:
    result: dict[str, object] = {"expression": "x", "answer": None, "certified": False}
    monkeypatch.setattr(lines, "fuzzed", lambda *_: iter([b"x"]))
    monkeypatch.setattr(lines, "score", lambda *_: iter([{**result, "error": "empty"}] * results))
    with pytest.raises(AssertionError, match="results than lines"):
        lines.count(1, seed=0)


def test_damaged_model_files_are_refused() -> None:
    counts = damage.count(140, seed=3)
    assert all(by_outcome.total() == 20 for by_outcome in counts.values())
    assert sum(by_outcome["refused"] for by_outcome in counts.values()) >= 130


def test_the_values_of_the_oracle() -> None:
    values = {
        "-(66+-19)": -47,
        "-7/2": -3,
        "7/-2": -3,
        "2+3*4": 14,
        "2*-(3+4)/5": -2,
        "10-4-3": 3,
        "100/7/2": 7,
        "--5+007": 12,
        "((1))": 1,
    }
    assert {text: oracle.value(text) for text in values} == values
    for text in ("", "1+", "(1", "1)", "1 +2", "*2", "()", "٣", "1(2)", "~1"):
        assert oracle.value(text) is None
    with pytest.raises(ZeroDivisionError):
        oracle.value("1/(2-2)")
