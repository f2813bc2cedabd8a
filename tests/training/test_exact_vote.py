"""The votes of several networks, and of twins."""

from __future__ import annotations

import numpy as np

from training.data import HELD_OUT, percentile
from training.exact_study import has_twin
from training.exact_vote import vote_of_twins
from training.expressions import Expressions, enumerate_domain

DOMAIN = enumerate_domain()


def test_twins_vote_for_the_value_that_most_of_them_have() -> None:
    """The right answers are a minority in each network, but the wrong ones differ."""
    orbits = np.isin(percentile(DOMAIN, split="orbits"), HELD_OUT)
    some = DOMAIN[np.flatnonzero(orbits)]
    answers = np.array(some.answers())
    random = np.random.default_rng(1)
    noise = random.integers(-999, 999, (3, len(some))).astype(str)
    written = np.where(random.random((3, len(some))) < 0.4, answers, noise)
    right = vote_of_twins(written, some) == answers
    assert (written == answers).mean() < 0.5
    assert right.mean() > 0.99


def test_answers_that_are_no_integers_have_no_vote() -> None:
    one = Expressions(*(np.array([value]) for value in (7, 2, 8, 0)))
    assert vote_of_twins(np.array([["5-"], [""], ["56"]]), one).tolist() == ["56"]
    assert vote_of_twins(np.array([["5-"], [""], ["--"]]), one).tolist() == [""]


def test_twins_differ_in_signs_order_and_form_only() -> None:
    seen = Expressions(*np.array([[7, 9], [2, 3], [8, 4], [0, 1]]))
    # 8*7, -7*-8, 4/9 and 7+8 beside 7*8 and (9/4)
    asked = Expressions(*np.array([[8, -7, 4, 7], [2, 2, 3, 0], [7, -8, 9, 8], [0, 2, 0, 0]]))
    assert has_twin(asked, seen).tolist() == [True, True, False, False]
