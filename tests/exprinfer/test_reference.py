from __future__ import annotations

import pytest

from exprinfer.reference import exact_value
from training.expressions import enumerate_domain


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
    ],
)
def test_values(expression: str, value: int) -> None:
    exact = exact_value(expression)
    assert exact is not None
    assert exact[1] == value


@pytest.mark.parametrize("text", ["", "5", "1/0", "(1+2", "1+2)", "--5+3", "٣+٤", "1+2\n", "-(-1)"])
def test_what_is_no_expression_has_no_value(text: str) -> None:
    assert exact_value(text) is None
