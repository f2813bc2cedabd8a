from __future__ import annotations

from random import Random

import numpy as np
import pytest

from training.expressions import enumerate_domain
from training.longhand.problems import (
    NUMBERS,
    RELATIONS,
    Problem,
    awkward_problem,
    problem,
    problems,
)
from training.longhand.program import HALT, TAPES
from training.longhand.simulate import NoSuchSituationError, Table
from training.longhand.teacher import TEACHER


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(TEACHER)


def _wrong(table: Table, drawn: list[Problem]) -> list[str]:
    answers = table.run([problem.text for problem in drawn]).answers.tolist()
    return [
        problem.text
        for problem, answer in zip(drawn, answers, strict=True)
        if answer != str(problem.value)
    ]


@pytest.mark.parametrize("seed", range(10))
def test_a_million_problems_in_all(table: Table, seed: int) -> None:
    drawn = list(problems(7_000_000 + seed, 100_000, most_digits=3 + seed % 5))
    for start in range(0, len(drawn), 20_000):
        assert _wrong(table, drawn[start : start + 20_000]) == []


@pytest.mark.parametrize("operator", "+-*/")
@pytest.mark.parametrize("digits", [(40, 40), (40, 1), (1, 40), (25, 24)])
def test_long_awkward_problems(table: Table, operator: str, digits: tuple[int, int]) -> None:
    rng = Random(f"{operator}{digits}")
    assert _wrong(table, [awkward_problem(rng, operator, *digits) for _ in range(300)]) == []


def test_the_seed_domain(table: Table) -> None:
    domain = enumerate_domain()
    run = table.run(domain[np.arange(0, len(domain), 3)].texts())
    assert (run.answers == np.array(domain.answers())[::3]).all()


def test_no_expression_takes_more_steps_than_the_graph_allows(table: Table) -> None:
    rng = Random(3)
    texts = [problem(rng, "/*"[n % 2], 1 + n % 30, 1 + n % 17).text for n in range(3_000)]
    texts += [
        "9" * n + operator + "1" * m for operator in "+-*/" for n in (1, 9, 30) for m in (1, 9)
    ]
    for text in texts[-24:]:
        assert table.run([text]).steps[0] <= 3 * len(text) ** 2 + 60 * len(text) + 60
    lengths = np.array([len(text) for text in texts])
    assert (table.run(texts).steps <= 3 * lengths**2 + 60 * lengths + 60).all()


def test_every_way_of_drawing_numbers_keeps_to_the_digits() -> None:
    rng = Random(1)
    for kind, draw in NUMBERS.items():
        for digits in (1, 2, 5, 30):
            assert {len(draw(rng, digits)) for _ in range(50)} == {digits}, kind
    for kind, relate in RELATIONS.items():
        assert all(relate(rng, b, 999) >= 0 for b in (0, 1, 77, 999)), kind


def test_two_states_look_at_tapes_that_are_there() -> None:
    for state in TEACHER.states():
        assert set(TEACHER.reads(state)) <= set(TAPES)
    assert TEACHER.reads(HALT) == ()


def test_what_cannot_happen_is_an_error_and_no_answer(table: Table) -> None:
    with pytest.raises(NoSuchSituationError, match=r"7\): first digits"):
        table.run(["7)"])
