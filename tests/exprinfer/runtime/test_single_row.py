"""Single expressions get a session of their own, with the same answers."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

import exprinfer
from exprinfer.errors import ModelFileError
from exprinfer.language import tokenizer
from exprinfer.runtime.model import Model
from exprinfer.runtime.session import SINGLE_CALLS
from exprinfer.runtime.single_row import SingleRow
from training.expressions import sample

TEXTS = sample(300, seed=12).texts()


@pytest.mark.parametrize("name", ["exact", "gist"])
def test_it_answers_as_the_first_session_does(name: str) -> None:
    evaluator = exprinfer.load(name, "cpu", allow_out_of_domain=True)
    texts = TEXTS if name == "exact" else TEXTS[:40]
    expected = evaluator.evaluate_batch(texts)
    for row, text in enumerate(texts):
        found = evaluator.evaluate(text)
        assert found.answer == expected.answers[row]
        assert found.log_prob == pytest.approx(float(expected.log_probs[row]), abs=1e-4)


def test_it_is_opened_after_some_calls() -> None:
    session = Model("exact", "cpu").session
    tokens = tokenizer.encode_one("1+2")
    for _ in range(SINGLE_CALLS):
        session.run_one(tokens)
        assert session._single is None
    session.run_one(tokens)
    single = session._single
    assert single is not None
    session.run_one(tokens)
    assert session._single is single


def test_a_model_that_works_on_tapes_has_none() -> None:
    model = Model("longhand", "cpu")
    for _ in range(SINGLE_CALLS + 2):
        assert model.answer_one(tokenizer.encode_one("1+2"))[0] == "3"
    assert model.session._single is None


def test_what_no_valid_model_returns_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Model("exact", "cpu").session
    tokens = tokenizer.encode_one("1+2")
    for _ in range(SINGLE_CALLS + 1):
        session.run_one(tokens)
    for found in (([17], 0.0), ([-1], 0.0), ([1], 1.0), ([1], np.nan), ([1], -np.inf)):
        monkeypatch.setattr(SingleRow, "run", lambda _self, _tokens, found=found: found)
        with pytest.raises(ModelFileError, match="returns"):
            session.run_one(tokens)
    monkeypatch.setattr(SingleRow, "run", lambda _self, _tokens: ([], 0.0))
    assert session.run_one(tokens) == ([], 0.0)


EVALUATOR = exprinfer.load("exact", "cpu")


def _answers() -> list[str | None]:
    return [EVALUATOR.evaluate(text).answer for text in TEXTS[:20]]


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="needs processes that fork"
)
def test_a_fork_opens_its_own() -> None:
    expected = _answers()  # opens the session in this process
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_answers) == expected
