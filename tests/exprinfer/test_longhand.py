"""The default models together: which one answers, and numbers of any size."""

from __future__ import annotations

import pickle
from random import Random

import numpy as np
import pytest

import exprinfer
from exprinfer import DivisionByZeroError, Evaluator, TooCostlyError, TooLongError
from exprinfer.language.tokenizer import encode, encode_one
from exprinfer.runtime.batching import by_cost
from exprinfer.runtime.tapes import _divisor_start, expected_steps
from exprinfer.scoring.reference import exact_value
from training.longhand.problems import awkward_problem, problems
from training.longhand.problems.fuzz import read, texts
from training.longhand.problems.trees import STRUCTURED, nested, structured, tree


@pytest.fixture(scope="module")
def auto() -> Evaluator:
    return exprinfer.load(device="cpu")


@pytest.mark.parametrize(
    ("text", "answer", "model"),
    [
        ("-(66+-19)", "-47", "exact"),
        ("100*2", "200", "longhand"),
        ("-(007*-8)", "56", "longhand"),
        ("1-0", "1", "longhand"),
        ("-0+0", "0", "longhand"),
        ("-(-0*5)", "0", "longhand"),
        ("-(5-5)", "0", "exact"),
        ("123456789*987654321", "121932631112635269", "longhand"),
        ("9" * 30 + "+1", "1" + "0" * 30, "longhand"),
        ("1" + "0" * 30 + "-1", "9" * 30, "longhand"),
        ("-7/200", "0", "longhand"),
        ("1000000007/-13", str(-(1000000007 // 13)), "longhand"),
        ("-(12+3*(4-567))/-(8-99)*1000000007", "18000000126", "longhand"),
        ("((((1))))", "1", "longhand"),
        ("-----5", "-5", "longhand"),
        ("1-1-1-1", "-2", "longhand"),
        ("7", "7", "longhand"),
        ("0*(5-5)", "0", "longhand"),
        ("3-(-(5-2))*0", "3", "longhand"),
    ],
)
def test_each_expression_goes_to_the_model_that_is_certified_for_it(
    auto: Evaluator, text: str, answer: str, model: str
) -> None:
    prediction = auto.evaluate(text)
    assert (prediction.answer, prediction.model, prediction.certified) == (answer, model, True)
    assert prediction.log_prob is not None
    assert -1 < prediction.log_prob <= 0


@pytest.mark.parametrize("digits", [1, 12, 60])
@pytest.mark.parametrize("operator", "+-*/")
def test_numbers_far_longer_than_in_training(auto: Evaluator, operator: str, digits: int) -> None:
    rng = Random(f"{digits}{operator}")
    drawn = [awkward_problem(rng, operator, digits, max(1, digits // 2)) for _ in range(40)]
    result = auto.evaluate_batch([problem.text for problem in drawn])
    assert result.answers.tolist() == [str(problem.value) for problem in drawn]
    assert result.certified.all()


def test_operands_of_a_thousand_digits(auto: Evaluator) -> None:
    a, b = int("7" * 1_000), int("4" * 1_000)
    texts = [f"-({-a}--{b})", f"{a}-{b}", f"{a}+{a}"]
    expected = [-(-a + b), a - b, a + a]
    assert [prediction.value for prediction in auto.evaluate_many(texts)] == expected


def test_the_longest_expression(auto: Evaluator) -> None:
    with pytest.raises(TooLongError, match="at most 2048 symbols"):
        auto.evaluate("1+" + "1" * 2_047)
    assert auto.evaluate("1+" + "1" * 2_046).value == int("1" * 2_045 + "2")


@pytest.mark.parametrize("batch_size", [1, 64, 1_024])
def test_neighbors_and_batch_size_do_not_matter(auto: Evaluator, batch_size: int) -> None:
    drawn = list(problems(5, 300, most_digits=7))
    order = np.random.default_rng(batch_size).permutation(len(drawn))
    texts = [drawn[row].text for row in order]
    texts[::7] = ["1/0"] * len(texts[::7])
    texts[3] = "8" * 150 + "/" + "7" * 140
    evaluator = exprinfer.load("longhand", "cpu", batch_size=batch_size)
    alone = auto.evaluate_many(texts)
    for row, prediction in enumerate(evaluator.evaluate_many(texts)):
        assert prediction.answer == alone[row].answer
        if row % 7 and row != 3:
            assert prediction.value == drawn[order[row]].value


def test_answers_keep_their_order_whatever_their_width(
    auto: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["1+1", "9" * 300 + "+1", "", "20000*3", "x"]
    fixed = auto.evaluate_batch(texts).answers
    monkeypatch.setattr("exprinfer.runtime.collector.MAX_FIXED_CHARACTERS", 10)
    free = auto.evaluate_batch(texts).answers
    assert free.dtype != fixed.dtype
    assert fixed.tolist() == free.tolist() == ["2", "1" + "0" * 300, "", "60000", ""]


def test_the_rows_of_a_batch_have_similar_costs() -> None:
    costs = np.array([5.0, 1, 1, 100, 1_000, 5, 1] * 40)
    lengths = np.full(len(costs), 20)
    batches = list(by_cost(costs, lengths, 200))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(costs)))
    for rows in batches:
        assert len(rows) <= 64 or costs[rows].max() <= 2 * costs[rows].min()
    long = list(by_cost(np.ones(50), np.full(50, 100_000), 512))
    assert max(map(len, long)) < 5


def test_expected_steps_order_the_work() -> None:
    texts = ["1+1", "-(1234+5678)", "1234*5678", "123456789/12345"]
    steps = expected_steps(*encode(texts))
    assert list(np.argsort(steps)) == [0, 1, 2, 3]


def test_the_trace_is_what_the_teacher_does(auto: Evaluator) -> None:
    trace = auto.trace("25*-34")
    assert trace.tapes == ("input", "first", "second", "answer")
    assert [step.state for step in trace.steps[:4]] == [
        "begin to copy input to first, +",
        "copy input to first, +",
        "copy input to first, +",
        "begin to copy input to second, +",
    ]
    assert trace.steps[-1].state == "halt"
    assert trace.steps[-1].tapes[3].strip() == "-850"
    assert len(str(trace).splitlines()) == len(trace.steps) + 1
    assert [done.remaining for done in trace.operations] == ["-850"]
    assert "[2]5 * - 3 4" in str(trace).splitlines()[1]


def test_a_model_without_tapes_has_no_trace(gist: Evaluator) -> None:
    with pytest.raises(exprinfer.ModelNotFoundError, match="longhand"):
        gist.trace("1+1")
    with pytest.raises(exprinfer.DivisionByZeroError):
        gist.trace("1/0")


def test_a_trace_that_is_too_long_is_refused(auto: Evaluator) -> None:
    with pytest.raises(TooLongError, match="more than 2,000 steps"):
        auto.trace("9" * 30 + "*" + "8" * 30)


@pytest.mark.parametrize(
    ("text", "position"),
    [("1/(2-2)", 2), ("3-4/-(5-(2+3))*7", 4), ("3/(1/2)", 2), ("(5/(3-3))/(2-2)", 3), ("9/5/0", 4)],
)
def test_a_division_by_zero_is_found_and_is_that_lines_alone(
    auto: Evaluator, text: str, position: int
) -> None:
    before, bad, behind = auto.evaluate_many(["2*(3+4)", text, "2*(3-4)"])
    assert (before.answer, behind.answer) == ("14", "-2")
    assert bad.error is not None
    assert (bad.error.code, bad.error.position) == ("division_by_zero", position)
    assert (bad.answer, bad.value, bad.log_prob, bad.certified) == (None, None, None, False)
    with pytest.raises(DivisionByZeroError, match=f"at position {position}"):
        auto.evaluate(text)


def test_every_text_gets_its_answer_or_its_error(auto: Evaluator) -> None:
    drawn = list(texts(11, 20_000))
    for text, found in zip(drawn, auto.evaluate_batch(drawn), strict=True):
        blanks = len(text) - len(text.lstrip(" "))  # they do not count, but positions count them
        verdict = read(text.strip(" "))
        assert found.certified == (verdict.error is None), text
        if found.error:
            position = None if verdict.position is None else blanks + verdict.position
            assert (found.error.code, found.error.position) == (verdict.error, position)
        else:
            assert found.answer == str(verdict.value), text


@pytest.mark.parametrize("kind", STRUCTURED)
def test_structured_expressions(auto: Evaluator, kind: str) -> None:
    rng = Random(kind)
    drawn = [structured(rng, kind, rng.randint(1, 12)) for _ in range(40)]
    found = auto.evaluate_many([expression.text for expression in drawn])
    assert [prediction.value for prediction in found] == [one.value for one in drawn]


def test_many_operands_and_deep_brackets(auto: Evaluator) -> None:
    rng = Random(4)
    drawn = [tree(rng, 100, 10, 6) for _ in range(10)] + [nested(rng, 200, 3) for _ in range(10)]
    found = auto.evaluate_many([expression.text for expression in drawn])
    assert [prediction.value for prediction in found] == [one.value for one in drawn]


def _value(text: str) -> int | None:
    exact = exact_value(text)
    return exact[1] if exact else None


def test_what_remains_keeps_its_value_to_the_end(auto: Evaluator) -> None:
    rng = Random(9)
    drawn = [tree(rng, rng.randint(2, 8), 4, 3) for _ in range(40)]
    for expression in drawn:
        if expression.value is None:
            continue
        trace = auto.trace(expression.text)
        for done in trace.operations:
            assert _value(done.remaining) == expression.value, (expression.text, done)
            assert str(_value(done.text)) == done.result, (expression.text, done)
        assert trace.operations[-1].remaining == str(expression.value)


def test_a_whole_expression_is_shown_operation_by_operation(auto: Evaluator) -> None:
    trace = auto.trace("-(12+3*(4-567))/-(8-99)*1000000007")
    done = [(operation.text, operation.result) for operation in trace.operations]
    assert done == [
        ("4-567", "-563"),
        ("3*-563", "-1689"),
        ("12-1689", "-1677"),
        ("8-99", "-91"),
        ("1677/91", "18"),
        ("18*1000000007", "18000000126"),
    ]
    assert "12-1689 = -1677" in str(trace)
    assert len(str(trace).splitlines()) == 7
    assert len(trace.table().splitlines()) == len(trace.steps) + 1


@pytest.mark.parametrize(
    ("text", "end", "start"), [("1/(2-2)", 7, 2), ("3-4/-(5/(2+3))*7", 14, 4), ("3/0*2", 3, 2)]
)
def test_where_a_divisor_starts(text: str, end: int, start: int) -> None:
    assert _divisor_start(encode_one(text), end) == start


COSTLY = "9" * 64 + "/1" * 32


def test_a_line_over_its_budget_is_refused_and_the_others_are_answered() -> None:
    texts = ["5+3", "123*456", COSTLY, "1/0", "7" * 100 + "+1", "1+x"]
    budget = exprinfer.load(device="cpu", max_symbols=100, max_steps=2_000)
    result = budget.evaluate_batch([*texts[:2], COSTLY[:100], *texts[3:]])
    codes = [p.error.code if p.error else p.answer for p in result]
    assert codes == [
        "8", "56088", "too_costly", "division_by_zero", "too_costly", "unknown_symbol"
    ]  # fmt: skip
    assert result.certified.tolist() == [True, True, False, False, False, False]
    assert str(result.error(2)) == (
        "too costly: it needs more than 2,000 steps, which are the budget; it may need about 29,000"
    )
    assert str(result.error(4)) == "too costly: it has 102 symbols, the budget is 100"
    assert np.isnan(result.log_probs[2])
    for text in (COSTLY, COSTLY[:100]):
        with pytest.raises(TooCostlyError):
            budget.evaluate(text)


@pytest.mark.parametrize("text", ["123*456", "98765/-7", "12/(5-5)", "-(12+3*(4-567))"])
def test_a_budget_of_just_the_steps_suffices_and_one_less_does_not(
    auto: Evaluator, text: str
) -> None:
    """The expression is never answered by a machine that was stopped before it halted."""
    tokens, _ = encode([text])
    session = auto._engine.models[1].session
    needed = int(session.fetch(["steps"], {"tokens": tokens.astype(np.int64)})[0][0])
    expected = next(iter(auto.evaluate_batch([text])))
    for steps in (1, needed // 2, needed - 1, needed, needed + 1, 10**30):
        (found,) = exprinfer.load("longhand", "cpu", max_steps=steps).evaluate_many([text])
        if steps >= needed:
            assert (found.answer, found.error) == (expected.answer, expected.error)
        else:
            assert found.error
            assert found.error.code == "too_costly"


def test_a_budget_also_holds_for_short_texts_and_after_pickling() -> None:
    evaluator = pickle.loads(pickle.dumps(exprinfer.load("longhand", "cpu", max_steps=2)))
    with pytest.raises(TooCostlyError):
        evaluator.evaluate("5+3")
    with pytest.raises(TooCostlyError, match="3 symbols, the budget is 2"):
        exprinfer.load(device="cpu", max_symbols=2).evaluate("5+3")
    with pytest.raises(ValueError, match="max_steps must be a positive integer, got 0"):
        exprinfer.load(device="cpu", max_steps=0)
