"""Exact values, compared with two other ways to compute them."""

from __future__ import annotations

import pytest

from exprinfer.scoring.reference import exact_value
from training.expressions import enumerate_domain
from training.longhand.problems.fuzz import read, texts


def test_it_agrees_with_the_enumerated_seed_domain() -> None:
    domain = enumerate_domain()
    exact = [exact_value(text) for text in domain.texts()]
    assert all(exact)
    assert [value[1] for value in exact if value] == domain.values().tolist()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("-(66+-19)", -47),
        ("-7/2", -3),
        ("7/-2", -3),
        ("-(-7/2)", 3),
        ("100*2", 200),
        ("007--8", 15),
        ("(99999999999999999999*99999999999999999999)", 99999999999999999999**2),
        ("5", 5),
        ("--5+3", 8),
        ("-(-1)", 1),
        ("1-2-3*4/5", -3),
        ("-(12+3*(4-567))/-(8-99)*1000000007", 18000000126),
    ],
)
def test_the_value_of_an_expression(expression: str, value: int) -> None:
    exact = exact_value(expression)
    assert exact is not None
    assert exact[1] == value


@pytest.mark.parametrize(
    "text", ["", "1/0", "1/(2-2)", "(1+2", "1+2)", "1+", "1(2)", "()", "٣+٤", "1+2\n"]
)
def test_an_invalid_expression_or_a_division_by_zero_has_no_value(text: str) -> None:
    assert exact_value(text) is None


def test_it_agrees_with_a_recursive_descent_parser() -> None:
    for text in texts(3, 5_000):
        # Blanks around a text are removed before it is marked.
        verdict, exact = read(text), exact_value(text.strip(" "))
        assert (exact and exact[1]) == (None if verdict.error else verdict.value), text


def test_thousands_of_nested_brackets() -> None:
    assert exact_value("(" * 9_000 + "7" + ")" * 9_000) == ("", 7)
