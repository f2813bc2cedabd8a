from __future__ import annotations

import pytest

from exprinfer.scoring.reference import exact_value
from training.expressions import enumerate_domain
from training.longhand.fuzz import read, texts


def test_reference_and_enumeration_agree_on_the_whole_domain() -> None:
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
def test_values(expression: str, value: int) -> None:
    exact = exact_value(expression)
    assert exact is not None
    assert exact[1] == value


@pytest.mark.parametrize(
    "text", ["", "1/0", "1/(2-2)", "(1+2", "1+2)", "1+", "1(2)", "()", "٣+٤", "1+2\n"]
)
def test_what_is_no_expression_has_no_value(text: str) -> None:
    assert exact_value(text) is None


def test_it_agrees_with_recursive_descent() -> None:
    for text in texts(3, 5_000):
        verdict, exact = read(text), exact_value(text)
        assert (exact and exact[1]) == (None if verdict.error else verdict.value), text


def test_brackets_as_deep_as_a_line_is_long() -> None:
    assert exact_value("(" * 9_000 + "7" + ")" * 9_000) == ("", 7)
