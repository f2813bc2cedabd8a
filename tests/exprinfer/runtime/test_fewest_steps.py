"""Expressions that surely need more steps than their budget are refused before work begins.

``python -m tests.fuzz.steps 20000`` compares the bound with the steps of so many expressions.
"""

from __future__ import annotations

import numpy as np
import pytest

import exprinfer
from exprinfer import Evaluator
from exprinfer.language.tokenizer import encode
from exprinfer.runtime import model as model_module
from exprinfer.runtime.fewest_steps import fewest_steps, surely_over
from exprinfer.runtime.session import Session
from tests.fuzz.steps import expressions, hostile, steps_taken


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu", threads=1)


def test_no_expression_takes_fewer_steps_than_the_bound() -> None:
    texts = [*expressions(400, seed=14), *hostile(24)]
    taken = steps_taken(texts)
    wrong = [text for text, steps in zip(texts, taken, strict=True) if fewest_steps(text) > steps]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "bound", "taken"),
    [
        ("5+3", 3, 7),
        ("12345678*87654321", 209, 220),
        ("9" * 30 + "/7", 186, 734),
        ("9" * 32 + "/1" * 8, 1_220, 11_115),
        ("9" * 32 + "/" + "7" * 16, 153, 2_808),
    ],
)
def test_the_bound_is_close_for_products_only(text: str, bound: int, taken: int) -> None:
    assert fewest_steps(text) == bound
    assert steps_taken([text]) == [taken]


@pytest.mark.parametrize("divisor", ["0", "00", "-0", "(1-1)", "-(0)"])
def test_nothing_counts_after_a_divisor_that_may_be_zero(divisor: str) -> None:
    text = f"1/{divisor}*{'9' * 50}*{'9' * 50}"
    assert fewest_steps(text) <= steps_taken([text])[0] < 100


def test_leading_zeros_are_no_digits() -> None:
    zeros, nines = "0" * 30, "9" * 30
    for text in (f"{zeros}*{nines}", f"{nines}*{zeros}*{nines}", f"{zeros}7*{zeros}8"):
        assert fewest_steps(text) <= steps_taken([text])[0]


def test_a_product_over_its_budget_is_refused_without_the_model(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = "7" * 40 + "*" + "8" * 40
    evaluator.evaluate("12345*6789")  # the model is open now
    expected = [evaluator.evaluate_batch([product, "123*456"], max_steps=s) for s in (4_000, 9_000)]
    assert [found.answers.tolist()[1] for found in expected] == ["56088", "56088"]

    def refuse(*_: object) -> None:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(Session, "run_limited", refuse)
    with pytest.raises(exprinfer.TooCostlyError, match="it needs more than 4,000 steps"):
        evaluator.evaluate(product, max_steps=4_000)
    with pytest.raises(AssertionError, match="the model was asked"):
        evaluator.evaluate(product, max_steps=9_000)


def test_results_are_those_of_expressions_that_are_stopped(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All columns, and the messages."""
    texts = [*expressions(200, seed=15), "7" * 30 + "*" + "8" * 30, "1+", "1/0", "2*" * 40 + "2"]
    for budget in (20, 60):
        soon = evaluator.evaluate_batch(texts, max_steps=budget)
        with monkeypatch.context() as patched:
            none = lambda tokens, *_: np.zeros(len(tokens), bool)  # noqa: E731
            patched.setattr(model_module, "surely_over", none)
            late = evaluator.evaluate_batch(texts, max_steps=budget)
        refused = surely_over(*encode(texts), budget)
        assert refused.sum() > 10
        assert list(map(repr, soon)) == list(map(repr, late))
        for name in ("answers", "certified", "errors", "positions", "model_index"):
            assert np.array_equal(getattr(soon, name), getattr(late, name)), name


def test_no_bound_holds_for_a_file_without_a_certificate_of_whole_expressions(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    longhand = evaluator._engine.models[-1]
    tokens, lengths = encode(["7" * 40 + "*" + "8" * 40])
    assert longhand.surely_over(tokens, lengths, 4_000).tolist() == [True]
    assert longhand.surely_over(tokens, lengths, None).tolist() == [False]
    exact = evaluator._engine.models[0]
    assert exact.surely_over(tokens, lengths, 4_000).tolist() == [False]
    monkeypatch.setattr(
        type(longhand.info), "certified_domain", property(lambda _: exprinfer.Domain.SEED)
    )
    assert longhand.surely_over(tokens, lengths, 4_000).tolist() == [False]
