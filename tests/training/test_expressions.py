from __future__ import annotations

import numpy as np
import pytest

from training.expressions import FORMS, OPERATORS, enumerate_domain, sample


def test_the_domain_has_475_200_distinct_expressions() -> None:
    texts = enumerate_domain().texts()
    assert len(texts) == len(set(texts)) == 475_200
    assert max(map(len, texts)) == 11
    assert {"-(66+-19)", "(-100*-99)", "0/1", "99--99"} <= set(texts)


def test_answers_are_at_most_five_symbols_and_never_minus_zero() -> None:
    answers = set(enumerate_domain().answers())
    assert max(map(len, answers)) == 5
    assert "0" in answers
    assert "-0" not in answers


def test_samples_have_the_distribution_of_the_gist() -> None:
    drawn = sample(200_000, seed=1)
    assert (drawn.a.min(), drawn.a.max()) == (-100, 99)
    assert (drawn.b.min(), drawn.b.max(), (drawn.b == 0).sum()) == (-99, 99, 0)
    for values, count in ((drawn.a, 200), (drawn.b, 198), (drawn.operator, len(OPERATORS))):
        _, counts = np.unique(values, return_counts=True)
        assert len(counts) == count
        assert counts.max() / counts.min() < 1.4
    shares = np.bincount(drawn.form, minlength=len(FORMS)) / len(drawn)
    assert shares == pytest.approx([1 / 2, 1 / 4, 1 / 4], abs=0.005)


def test_samples_are_in_the_domain_and_depend_only_on_the_seed() -> None:
    texts = sample(1_000, seed=1).texts()
    assert set(texts) <= set(enumerate_domain().texts())
    assert texts == sample(1_000, seed=1).texts()
    assert texts != sample(1_000, seed=2).texts()
