from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest

from training.expressions import enumerate_domain
from training.longhand.machine import DIVIDED_BY_ZERO, TAPES
from training.longhand.problems import Problem, awkward_problem, problem, problems
from training.longhand.problems.operations import NUMBERS, RELATIONS
from training.longhand.problems.trees import STRUCTURED, nested, structured, tree, trees
from training.longhand.proof.simulation import NoTransitionError, simulate
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import MOST_STEPS, TEACHER
from training.longhand.teacher.program import HALT


@pytest.fixture(scope="module")
def table() -> TransitionTable:
    return TransitionTable(TEACHER)


def _wrong(table: TransitionTable, drawn: list[Problem]) -> list[str]:
    answers = simulate(table, [problem.text for problem in drawn]).answers.tolist()
    return [
        problem.text
        for problem, answer in zip(drawn, answers, strict=True)
        if answer != problem.answer
    ]


@pytest.mark.parametrize("seed", range(10))
def test_a_million_problems_in_total(table: TransitionTable, seed: int) -> None:
    drawn = list(problems(7_000_000 + seed, 100_000, most_digits=3 + seed % 5))
    for start in range(0, len(drawn), 20_000):
        assert _wrong(table, drawn[start : start + 20_000]) == []


@pytest.mark.parametrize("operator", "+-*/")
@pytest.mark.parametrize("digits", [(40, 40), (40, 1), (1, 40), (25, 24)])
def test_long_awkward_problems(
    table: TransitionTable, operator: str, digits: tuple[int, int]
) -> None:
    rng = Random(f"{operator}{digits}")
    assert _wrong(table, [awkward_problem(rng, operator, *digits) for _ in range(300)]) == []


def test_the_seed_domain(table: TransitionTable) -> None:
    domain = enumerate_domain()
    result = simulate(table, domain[np.arange(0, len(domain), 3)].texts())
    assert (result.answers == np.array(domain.answers())[::3]).all()


@pytest.mark.parametrize("seed", range(5))
def test_random_trees(table: TransitionTable, seed: int) -> None:
    drawn = list(trees(8_000_000 + seed, 20_000, operands=4, depth=3, digits=4))
    drawn += list(trees(9_000_000 + seed, 2_000, operands=20, depth=8, digits=6))
    assert sum(problem.value is None for problem in drawn) > 100
    for start in range(0, len(drawn), 11_000):
        assert _wrong(table, drawn[start : start + 11_000]) == []


@pytest.mark.parametrize("kind", STRUCTURED)
def test_structured_expressions(table: TransitionTable, kind: str) -> None:
    rng = Random(kind)
    drawn = [structured(rng, kind, rng.randint(1, 20)) for _ in range(100)]
    assert _wrong(table, [Problem(one.text, one.value) for one in drawn]) == []


def test_large_and_deep_expressions(table: TransitionTable) -> None:
    rng = Random(5)
    drawn = [tree(rng, 150, 10, 4) for _ in range(20)] + [nested(rng, 200, 3) for _ in range(20)]
    assert _wrong(table, [Problem(one.text, one.value) for one in drawn]) == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("-(12+3*(4-567))/-(8-99)*1000000007", "18000000126"),
        ("0-0", "0"),
        ("-0*5", "0"),
        ("-(3-3)", "0"),
        ("5*(2-2)+7", "7"),
        ("1/(2-2)", DIVIDED_BY_ZERO),
        ("(1/0)*0", DIVIDED_BY_ZERO),
        ("0*(1/(3/4))", DIVIDED_BY_ZERO),
    ],
)
def test_zeros_and_divisions_by_them(table: TransitionTable, text: str, answer: str) -> None:
    assert simulate(table, [text]).answers.tolist() == [answer]


def test_small_expressions_meet_almost_every_transition(table: TransitionTable) -> None:
    met = np.zeros(len(table.transitions), bool)
    for seed in range(5):
        drawn = trees(seed, 40_000, operands=4, depth=3, digits=4)
        met |= simulate(table, [problem.text for problem in drawn]).met
    assert met.mean() > 0.995


def test_no_expression_exceeds_the_limits_of_the_graph(table: TransitionTable) -> None:
    """The limits are on steps and on the reach of the heads."""
    rng = Random(3)
    texts = [problem(rng, "/*"[n % 2], 1 + n % 30, 1 + n % 17).text for n in range(3_000)]
    texts += [one.text for one in trees(3, 5_000, operands=6, depth=4, digits=5)]
    texts += ["9" * n + "/1" * m for n in (1, 2, 10, 40) for m in (1, 2, 10, 40)]
    texts += ["9" * n + "/" + "1" * m for n in (1, 9, 30) for m in (1, 9, 30)]
    texts += ["9+" + "9" * n + "/1" * m for n in (1, 2, 10) for m in (1, 2, 10)]
    texts += ["(1/" * 30 + "1" + ")" * 30, "1-(" * 30 + "1" + ")" * 30, "-" * 40 + "1", "0" * 40]
    texts += [f"{'9' * n}/({'8' * n}/({'7' * n}/{'6' * n}))" for n in range(1, 20)]
    lengths = np.array([len(text) for text in texts])
    result = simulate(table, texts)
    a, b, c = MOST_STEPS
    assert (result.steps <= a * lengths**2 + b * lengths + c).all()
    assert (result.reach <= lengths[:, None]).all()


@pytest.mark.parametrize("i", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("j", [1, 2, 5, 12])
def test_an_operation_takes_at_most_the_computed_number_of_steps(
    table: TransitionTable, i: int, j: int
) -> None:
    """The number includes all moving of the numbers and of the result."""
    for x in ("9" * i or "0", "1" + "0" * (i - 1)):
        without = simulate(table, [f"1+{x}*1"]).steps[0]
        for y, operator in product(("1" * j, "9" * j, "1" + "0" * (j - 1)), "+-*/"):
            more = simulate(table, [f"1+{x}{operator}{y}*1"]).steps[0] - without
            longer = 12 * j  # the next operation may get a longer number
            assert more <= 28 * max(1, i) * (j + 1) + 16 + (j + 1) + longer


def test_every_way_of_drawing_numbers_keeps_the_number_of_digits() -> None:
    rng = Random(1)
    for kind, draw in NUMBERS.items():
        for digits in (1, 2, 5, 30):
            assert {len(draw(rng, digits)) for _ in range(50)} == {digits}, kind
    for kind, relate in RELATIONS.items():
        assert all(relate(rng, b, 999) >= 0 for b in (0, 1, 77, 999)), kind


def test_states_look_at_existing_tapes() -> None:
    for state in TEACHER.states():
        assert set(TEACHER.reads(state)) <= set(TAPES)
    assert TEACHER.reads(HALT) == ()


def test_an_impossible_situation_is_an_error(table: TransitionTable) -> None:
    with pytest.raises(NoTransitionError, match=r"7\): result"):
        simulate(table, ["7)"])
