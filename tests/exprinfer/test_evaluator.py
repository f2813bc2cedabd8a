from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

import exprinfer
from exprinfer import (
    DivisionByZeroError,
    EmptyError,
    Evaluator,
    ExpressionError,
    MalformedError,
    NotTextError,
    OutsideDomainError,
    Prediction,
    TooLongError,
    UnknownSymbolError,
)
from exprinfer.results import FIELDS
from training.expressions import sample

TEXTS = sample(3_000, seed=5).texts()


@pytest.mark.parametrize("batch_size", [1, 7, 256, 4_096])
def test_batch_size_order_and_neighbors_change_nothing(gist: Evaluator, batch_size: int) -> None:
    expected = gist.evaluate_batch(TEXTS)
    order = np.random.default_rng(batch_size).permutation(len(TEXTS))
    mixed = [TEXTS[index] for index in order]
    mixed[::10] = ["junk"] * len(mixed[::10])
    kept = np.flatnonzero(np.arange(len(order)) % 10)
    other = exprinfer.load("gist", "cpu", batch_size=batch_size, threads=1).evaluate_batch(mixed)
    assert (other.answers[kept] == expected.answers[order][kept]).all()
    assert np.allclose(other.log_probs[kept], expected.log_probs[order][kept], rtol=1e-5)
    assert (other.errors > 0).sum() == len(mixed[::10])


def test_threads_share_an_evaluator(gist: Evaluator) -> None:
    parts = [TEXTS[start::8] for start in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(gist.evaluate_batch, parts))
    for part, result in zip(parts, together, strict=True):
        assert (result.answers == gist.evaluate_batch(part).answers).all()


def test_evaluate_many_stream_and_batch_agree(gist: Evaluator) -> None:
    texts = [*TEXTS[:50], "1/0", "", *TEXTS[50:60]]
    many = gist.evaluate_many(texts)
    assert many == list(gist.stream(iter(texts))) == list(gist.evaluate_batch(texts))
    assert [prediction.expression for prediction in many] == texts
    for prediction in many:
        if prediction.error is None:
            assert gist.evaluate(prediction.expression) == prediction


def test_the_fields_of_a_prediction(gist: Evaluator) -> None:
    prediction = gist.evaluate("-(66+-19)")
    assert prediction.expression == "-(66+-19)"
    assert prediction.answer
    assert prediction.value == int(prediction.answer)
    assert prediction.log_prob is not None
    assert prediction.log_prob < 0
    assert prediction.probability == pytest.approx(np.exp(prediction.log_prob))
    assert not prediction.certified
    assert prediction.model == "gist"
    assert prediction.error is None
    assert tuple(prediction.as_dict()) == FIELDS
    assert pickle.loads(pickle.dumps(prediction)) == prediction
    with pytest.raises(FrozenInstanceError):
        prediction.value = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "kind", "position"),
    [
        ("", EmptyError, None),
        ("1+x", UnknownSymbolError, 2),
        ("1++3", MalformedError, 2),
        ("--5+3", OutsideDomainError, 1),
        ("1/0", DivisionByZeroError, 2),
        ("100*2", OutsideDomainError, 2),
        ("1+100", OutsideDomainError, 4),
        ("1+" + "1" * 30, TooLongError, 20),
        (None, NotTextError, None),
        (5, NotTextError, None),
        (b"1+2", NotTextError, None),
        (b"1+\xff", NotTextError, None),
    ],
)
def test_a_bad_expression_raises_alone_and_is_a_result_among_many(
    gist: Evaluator, given: Any, kind: type[ExpressionError], position: int | None
) -> None:
    with pytest.raises(kind) as raised:
        gist.evaluate(given)
    assert raised.value.position == position

    before, bad, behind = gist.evaluate_many(["1+2", given, "3*4"])
    assert before.error is None
    assert behind.error is None
    assert bad.error is not None
    assert (bad.error.code, bad.error.position) == (kind.code, position)
    assert bad.error.message == raised.value.message
    assert (bad.answer, bad.value, bad.log_prob, bad.certified) == (None, None, None, False)
    shown = {b"1+2": "1+2", b"1+\xff": "1+\\xff", None: "None", 5: "5"}
    assert bad.expression == shown.get(given, given)


def test_answers_outside_the_domain_must_be_allowed_and_are_never_certified() -> None:
    permissive = exprinfer.load("exact", device="cpu", allow_out_of_domain=True)
    inside, outside, wrong = permissive.evaluate_many(["5+3", "100*2", "100*"])
    assert outside.error is None
    assert outside.answer is not None
    assert not outside.certified
    assert inside == exprinfer.load(device="cpu").evaluate("5+3")
    assert wrong.error is not None


def test_errors_are_also_the_matching_builtin_exceptions(gist: Evaluator) -> None:
    for text, kind in {"1/0": ZeroDivisionError, "x": ValueError}.items():
        with pytest.raises(kind):
            gist.evaluate(text)
    with pytest.raises(TypeError):
        gist.evaluate(5)  # type: ignore[arg-type]


def test_no_expressions_give_no_results(gist: Evaluator) -> None:
    assert gist.evaluate_many([]) == []
    assert len(gist.evaluate_batch([])) == 0


def test_a_numpy_array_is_a_batch(gist: Evaluator) -> None:
    result = gist.evaluate_batch(np.array(TEXTS[:10]))
    assert (result.answers == gist.evaluate_batch(TEXTS[:10]).answers).all()
    assert result.positions.tolist() == [-1] * 10


@pytest.mark.parametrize("call", ["evaluate_many", "stream", "evaluate_batch"])
@pytest.mark.parametrize("single", ["1+2", b"1+2"])
def test_a_single_expression_is_refused_if_many_are_expected(
    gist: Evaluator, call: str, single: object
) -> None:
    with pytest.raises(TypeError, match="use evaluate"):
        getattr(gist, call)(single)


def test_a_stream_is_lazy(gist: Evaluator) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "bad"

    stream = gist.stream(endless())
    assert taken == 0
    assert isinstance(next(stream), Prediction)
    assert taken < 10_000


@pytest.mark.parametrize("number", [0, -1, 1.5, "5"])
def test_a_bad_batch_size_or_number_of_threads_is_refused(number: Any) -> None:
    with pytest.raises(ValueError, match="batch_size must be a positive integer"):
        exprinfer.load("gist", "cpu", batch_size=number)
    with pytest.raises(ValueError, match="threads must be a positive integer"):
        exprinfer.load("gist", "cpu", threads=number)


def test_a_subclass_of_str_is_taken_as_text(gist: Evaluator) -> None:
    class Named(str):
        def __str__(self) -> str:
            return "a name"

    good, bad = gist.evaluate_many([Named("5+3"), Named("1+x")])
    assert type(good.expression) is type(bad.expression) is str
    assert good == gist.evaluate("5+3")
    assert bad.error is not None
    assert bad.error.message.startswith("unknown symbol 'x' at position 2: ")


def test_a_row_with_an_answer_has_no_error(gist: Evaluator) -> None:
    result = gist.evaluate_batch(["1+2", "1+"])
    assert result.error(1).code == "malformed"
    with pytest.raises(ValueError, match="row 0 has an answer"):
        result.error(0)


def test_an_answer_that_is_not_an_integer_has_no_value(gist: Evaluator) -> None:
    result = gist.evaluate_batch(TEXTS[:3])
    result.answers[:] = ["1 2", "--3", "-4"]
    assert [prediction.value for prediction in result] == [None, None, -4]


def _answers(evaluator: Evaluator, texts: list[str]) -> list[str]:
    answers: list[str] = evaluator.evaluate_batch(texts).answers.tolist()
    return answers


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_processes_share_an_evaluator(how: str) -> None:
    evaluator = exprinfer.load(device="cpu", batch_size=64)
    expected = _answers(evaluator, TEXTS)  # its threads have run before the fork
    parts = [TEXTS[start::4] for start in range(4)]
    with multiprocessing.get_context(how).Pool(2) as pool:
        found = pool.starmap(_answers, [(evaluator, part) for part in parts])
    assert found == [expected[start::4] for start in range(4)]


def test_a_pickled_evaluator_keeps_its_options() -> None:
    evaluator = exprinfer.load("exact", "cpu", batch_size=7, allow_out_of_domain=True, threads=1)
    copy = pickle.loads(pickle.dumps(evaluator))
    assert (copy.batch_size, copy.allow_out_of_domain, copy.models) == (7, True, evaluator.models)
    assert copy.evaluate("5+3").value == 8


def test_a_closed_evaluator_answers_again() -> None:
    with exprinfer.load("exact", "cpu", batch_size=64) as evaluator:
        expected = _answers(evaluator, TEXTS)
    assert _answers(evaluator, TEXTS) == expected
    evaluator.close()
    evaluator.close()


def test_closing_while_others_evaluate_loses_nothing() -> None:
    evaluator = exprinfer.load("exact", "cpu", batch_size=32)
    expected = _answers(evaluator, TEXTS)
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(_answers, evaluator, TEXTS) for _ in range(12)]
        while not all(future.done() for future in found):
            evaluator.close()
    assert all(future.result() == expected for future in found)


def test_a_file_verified_on_another_device_is_not_certified_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = exprinfer.load("exact", "cpu").models[0].certificate
    assert here
    elsewhere = replace(here, devices=("cuda",))
    monkeypatch.setattr("exprinfer.runtime.model.find_certificate", lambda *_: elsewhere)
    evaluator = exprinfer.load("exact", "cpu")
    assert not evaluator.evaluate("5+3").certified
    assert not evaluator.evaluate_batch(["5+3", "1+1"]).certified.any()


def test_a_subclass_of_str_cannot_change_its_length() -> None:
    class Odd(str):
        def __len__(self) -> int:
            return 99

    assert exprinfer.load(device="cpu").evaluate(Odd("100+1")).value == 101


class Unbound:
    """Fails when it is shown, and when it is asked for its class, as some proxies do."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("not bound")

    def __repr__(self) -> str:
        raise RuntimeError("not bound")


def items_that_cannot_be_shown() -> list[Any]:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    return [10**5_000, nested, Unbound()]


def test_items_that_cannot_be_shown_do_not_fail_their_batch(gist: Evaluator) -> None:
    result = gist.evaluate_batch(["5+3", *items_that_cannot_be_shown(), "1+2"])
    first, *bad, last = result
    assert (first.error, last.error) == (None, None)
    assert [p.error.code for p in bad if p.error] == ["not_text"] * 3
    assert [p.expression for p in bad] == ["<int>", "<list>", "<Unbound>"]
    assert len(result.to_arrow()) == 5
    for item in items_that_cannot_be_shown():
        with pytest.raises(NotTextError):
            gist.evaluate(item)
