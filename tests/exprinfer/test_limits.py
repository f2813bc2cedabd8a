"""Budgets of one call: symbols, steps and time."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import exprinfer
from exprinfer import Evaluator, TooCostlyError
from exprinfer.language.tokenizer import encode
from exprinfer.runtime.cost import (
    PATIENCE,
    QUICK_STEPS,
    QUICK_SUM_SYMBOLS,
    QUICK_SYMBOLS,
    steps_of,
)
from exprinfer.runtime.limits import Limits
from exprinfer.runtime.tapes import expected_steps
from exprinfer.runtime.tasks import MORE_PATIENCE

#: Seconds of work on any machine, and a minute or more.
COSTLY, VERY_COSTLY = "9" * 64 + "/1" * 32, "9" * 256 + "/1" * 128
#: It needs more than twice the steps that are expected of it, and than a quick batch waits for.
MISJUDGED = "5/(" + "9" * 60 + "/(77777))"
TEXTS = ["5+3", "123*456", "1/0", "77777*(3-5)"]
ANSWERS = ["8", "56088", "", "-155554"]


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu", threads=2)


@pytest.mark.parametrize("name", ["evaluate_many", "stream", "evaluate_batch"])
def test_a_line_over_its_time_is_refused_and_the_others_are_answered(
    evaluator: Evaluator, name: str
) -> None:
    call: Callable[..., Any] = getattr(evaluator, name)
    found = list(call([TEXTS[0], VERY_COSTLY, *TEXTS[1:]], timeout=0.2))
    assert [prediction.answer or "" for prediction in found] == [ANSWERS[0], "", *ANSWERS[1:]]
    assert found[1].error.code == "too_costly"
    assert found[1].error.message.startswith("too costly: it was not done in 0.2 s, which are the")
    assert not found[1].certified


def test_a_time_limit_of_one_call_does_not_change_the_next(evaluator: Evaluator) -> None:
    before = evaluator.evaluate_batch(TEXTS)
    with pytest.raises(TooCostlyError, match=r"it was not done in 0.05 s"):
        evaluator.evaluate(COSTLY, timeout=0.05)
    after = evaluator.evaluate_batch(TEXTS)
    assert after.answers.tolist() == before.answers.tolist() == ANSWERS
    assert np.array_equal(after.log_probs, before.log_probs, equal_nan=True)


def test_rows_that_run_out_of_their_common_time_are_tried_alone(evaluator: Evaluator) -> None:
    """Two rows of the same cost share a batch and its time; the message is about each."""
    result = evaluator.evaluate_batch([VERY_COSTLY, *TEXTS, VERY_COSTLY], timeout=0.05)
    assert result.answers.tolist() == ["", *ANSWERS, ""]
    assert result.timed_out == {0, 5}


def test_limits_hold_for_each_call_and_none_means_the_evaluators_own() -> None:
    evaluator = exprinfer.load(device="cpu", max_symbols=5, max_steps=2_000, timeout=60)
    copy = pickle.loads(pickle.dumps(evaluator))
    assert (copy.max_symbols, copy.max_steps, copy.timeout) == (5, 2_000, 60)
    with pytest.raises(TooCostlyError, match="11 symbols, the budget is 5"):
        copy.evaluate("77777*(3-5)")
    assert copy.evaluate("77777*(3-5)", max_symbols=20).answer == "-155554"
    with pytest.raises(TooCostlyError, match="more than 2,000 steps"):
        copy.evaluate(COSTLY, max_symbols=200)
    with pytest.raises(TooCostlyError, match="3 symbols, the budget is 2"):
        copy.evaluate("5+3", max_symbols=2)
    found = copy.evaluate_many(["5+3", "12*345"], max_symbols=6, max_steps=3)
    assert [p.error and p.error.code for p in found] == [None, "too_costly"]
    for name in ("evaluate_many", "stream", "evaluate_batch"):
        assert next(iter(getattr(copy, name)(["5+3"], max_symbols=2))).error is not None


def test_a_refused_line_says_what_it_may_need(evaluator: Evaluator) -> None:
    with pytest.raises(TooCostlyError, match=r"2,000 steps, .*; it may need about 51,000$"):
        evaluator.evaluate(COSTLY, max_steps=2_000)
    with pytest.raises(TooCostlyError, match="needs more than 2 steps, which are the budget"):
        evaluator.evaluate("123*456", max_steps=2)


@pytest.mark.parametrize("bad", [{"timeout": 0}, {"timeout": "1"}, {"max_steps": 1.5}])
def test_limits_out_of_range_are_refused_before_anything_is_read(
    evaluator: Evaluator, bad: dict[str, Any]
) -> None:
    calls: dict[Callable[..., Any], object] = {evaluator.evaluate: "5+3"}
    calls |= {evaluator.evaluate_many: ["5+3"], evaluator.stream: ["5+3"]}
    for call, argument in calls.items():
        with pytest.raises(ValueError, match=f"{next(iter(bad))} must be a positive"):
            call(argument, **bad)
    with pytest.raises(ValueError, match=next(iter(bad))):
        exprinfer.load(device="cpu", **bad)


def test_the_stricter_of_two_limits() -> None:
    assert Limits(5, None, 1.0).stricter(Limits(None, 7, 2.0)) == Limits(5, 7, 1.0)


def test_a_stream_begins_before_a_costly_line_is_done(evaluator: Evaluator) -> None:
    """If the first result came after the costly one, the process would run for minutes."""
    stream = evaluator.stream([*TEXTS, "9" * 1_024 + "/1" * 512])
    assert [next(stream).answer or "" for _ in TEXTS] == ANSWERS


def test_a_stream_keeps_the_order_of_costly_lines(evaluator: Evaluator) -> None:
    texts = ["9" * n + "*" + "8" * n if n % 3 else str(n) for n in range(17, 40)]
    found = list(evaluator.stream(texts))
    assert [prediction.expression for prediction in found] == texts
    assert [prediction.answer for prediction in found] == [str(eval(text)) for text in texts]


def test_a_misjudged_line_leaves_its_batch_and_is_answered(evaluator: Evaluator) -> None:
    model = evaluator._engine.models[1]
    tokens, lengths = encode([MISJUDGED])
    needed = int(model.session.fetch(["steps"], {"tokens": tokens.astype(np.int64)})[0][0])
    (batch,) = model.batches(tokens, lengths, 64)
    assert not batch.costly
    assert needed > PATIENCE * QUICK_STEPS
    expected = next(iter(evaluator.evaluate_batch([MISJUDGED])))
    assert expected.error is None
    assert expected.certified
    found = evaluator.evaluate_batch([*TEXTS, MISJUDGED])
    assert found.answers.tolist() == [*ANSWERS, expected.answer]
    assert next(iter(evaluator.stream([MISJUDGED]))).answer == expected.answer
    _, deferred = evaluator._evaluate_some([*TEXTS, MISJUDGED], Limits(), only_quick=True)
    assert deferred == [4]
    budget = evaluator.evaluate_batch([MISJUDGED], max_steps=needed - 1)
    assert isinstance(budget.error(0), TooCostlyError)


def test_quick_and_costly_lines_never_share_a_batch(evaluator: Evaluator) -> None:
    texts = [COSTLY, *["12*345"] * 70, "9" * 200 + "*7", *["1+23456789"] * 5]
    model = evaluator._engine.models[1]
    tokens, lengths = encode(texts)
    costly = expected_steps(tokens, lengths) > QUICK_STEPS
    batches = list(model.batches(tokens, lengths, 1_024))
    assert sorted(np.concatenate([batch.rows for batch in batches])) == list(range(len(texts)))
    for batch in batches:
        assert (costly[batch.rows] == batch.costly).all()
    assert [batch.costly for batch in batches] == sorted(batch.costly for batch in batches)


def test_the_estimate_of_one_text_is_that_of_many() -> None:
    rng = random.Random(14)
    texts = ["".join(rng.choices("0123456789+-*/()", k=rng.randrange(1, 60))) for _ in range(500)]
    texts += ["12*34", "-(5)/7", "(12*3)/-45", "1+2*3"]
    assert [steps_of(text) for text in texts] == expected_steps(*encode(texts)).tolist()


def test_texts_of_few_symbols_are_quick(evaluator: Evaluator) -> None:
    """The costliest shape that is known, with every division of so many symbols."""
    session = evaluator._engine.models[1].session
    texts = [
        ("9" * digits + "/1" * QUICK_SYMBOLS)[:QUICK_SYMBOLS].rstrip("/")
        for digits in range(1, QUICK_SYMBOLS - 1)
    ]
    tokens, _ = encode(texts)
    steps = session.fetch(["steps"], {"tokens": tokens.astype(np.int64)})[0]
    assert steps.max() <= QUICK_STEPS


def test_misjudged_lines_leave_their_batch_together(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [MISJUDGED.replace("777", digits) for digits in ("123", "456", "789")]
    expected = [evaluator.evaluate(text).answer for text in texts]
    model, seen = evaluator._engine.models[1], list[tuple[int, int | None]]()
    answer = model.answer

    def record(tokens: Any, limits: Any, patience: int | None, stop: Any) -> Any:
        seen.append((len(tokens), patience))
        return answer(tokens, limits, patience, stop)

    monkeypatch.setattr(model, "answer", record)
    assert evaluator.evaluate_batch(texts).answers.tolist() == expected
    first = PATIENCE * QUICK_STEPS
    assert seen == [(3, first), (3, first * MORE_PATIENCE)]


def test_sums_of_few_symbols_are_quick(evaluator: Evaluator) -> None:
    session = evaluator._engine.models[1].session
    texts = [
        "+".join(["9" * digits] * (QUICK_SUM_SYMBOLS // (digits + 1))) for digits in range(1, 20)
    ]
    steps = session.fetch(["steps"], {"tokens": encode(texts)[0].astype(np.int64)})[0]
    assert steps.max() <= QUICK_STEPS
