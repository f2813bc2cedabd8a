from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    DivisionByZeroError,
    EmptyError,
    ExpressionError,
    MalformedError,
    TooLongError,
    UnknownSymbolError,
    explain,
)
from exprinfer.language.grammar import DOMAIN_DESCRIPTIONS, Domain
from exprinfer.language.tokenizer import SYMBOLS, encode
from exprinfer.language.validation import validate
from training.expressions import enumerate_domain
from training.longhand.problems.fuzz import read

SEED = frozenset(enumerate_domain().texts())

WRONG: list[tuple[str, type[ExpressionError], int | None]] = [
    ("", EmptyError, None),
    ("x", UnknownSymbolError, 0),
    ("1+2x", UnknownSymbolError, 3),
    ("1+2 ", UnknownSymbolError, 3),
    ("1+2\0", UnknownSymbolError, 3),
    ("٣+٤", UnknownSymbolError, 0),
    ("1+\ud800", UnknownSymbolError, 2),
    ("1+", MalformedError, 2),
    ("-", MalformedError, 1),
    ("+5", MalformedError, 0),
    ("1++2", MalformedError, 2),
    ("1*/2", MalformedError, 2),
    ("1+2)", MalformedError, 3),
    ("(1+2", MalformedError, 4),
    ("((1+2)", MalformedError, 6),
    ("(1)2", MalformedError, 3),
    ("2(1)", MalformedError, 1),
    ("()", MalformedError, 1),
    (")(", MalformedError, 0),
    ("1+x)", UnknownSymbolError, 2),
    ("1+)x", MalformedError, 2),
    ("1/0", DivisionByZeroError, 2),
    ("-(1/-00)", DivisionByZeroError, 4),
    ("5*1/--0+3", DivisionByZeroError, 4),
    ("0/0/0", DivisionByZeroError, 2),
    ("1/0+", MalformedError, 4),
    ("12345678901/0", TooLongError, 11),
    ("1" * 1_000_000, TooLongError, 11),
    ("x" * 1_000_000, UnknownSymbolError, 0),
]


def validated(text: str, width: int = 11) -> tuple[Domain, int, int]:
    result = validate(*encode([text], width))
    return Domain(result.domains[0]), int(result.errors[0]), int(result.positions[0])


def test_every_expression_of_the_seed_domain_is_valid() -> None:
    result = validate(*encode(sorted(SEED)))
    assert len(result.domains) == 475_200
    assert (result.domains == Domain.SEED).all()
    assert not result.errors.any()


@pytest.mark.parametrize(("text", "kind", "expected"), WRONG)
def test_each_cause_has_its_error_and_position(
    text: str, kind: type[ExpressionError], expected: int | None
) -> None:
    domain, number, position = validated(text)
    error = explain(number, text, position, DOMAIN_DESCRIPTIONS[Domain.SEED])
    assert domain is Domain.NONE
    assert type(error) is kind is EXPRESSION_ERRORS[number]
    assert error.position == expected
    assert error.message == str(error)
    assert len(error.message) < 100


@given(st.text("0123456789+-*/()", max_size=13) | st.sampled_from(sorted(SEED)[::97]))
@example("-100-99")
@example("-100-100")
@example("-0+1")
@example("1+0")
@example("00+1")
@example("100*2")
@example("((1))")
@example("1/(0)")
@example("1/00-2")
def test_domains_are_those_of_the_definition(text: str) -> None:
    domain, number, place = validated(text, width=20)
    verdict = read(text)
    if verdict.error in (None, "division_by_zero") and not number:
        assert domain is (Domain.SEED if text in SEED else Domain.WHOLE)
    else:
        assert domain is Domain.NONE
        assert (EXPRESSION_ERRORS[number].code, place) == (verdict.error, verdict.position or place)


def test_a_changed_symbol_is_noticed() -> None:
    random = np.random.default_rng(0)
    texts = []
    for text in random.choice(sorted(SEED), 5_000):
        place = random.integers(len(text))
        texts.append(text[:place] + random.choice(list(SYMBOLS)) + text[place + 1 :])
    seed = validate(*encode(texts)).domains == Domain.SEED
    assert seed.tolist() == [text in SEED for text in texts]
    assert 0 < seed.sum() < len(texts)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("9" * 500 + "*" + "9" * 500, None),
        ("(" * 1_000 + "1" + ")" * 1_000, None),
        ("(" * 1_001 + "1" + ")" * 1_000, 2_002),
        ("(" * 1_000 + "1" + ")" * 1_001, 2_001),
        ("-" * 2_000 + "1", None),
        ("1+" * 1_000, 2_000),
    ],
)
def test_long_and_deeply_nested_expressions(text: str, position: int | None) -> None:
    domain, number, place = validated(text, width=2_048)
    if position is None:
        assert (domain, number) == (Domain.WHOLE, 0)
    else:
        assert EXPRESSION_ERRORS[number] is MalformedError
        assert place == position


def test_a_row_does_not_depend_on_the_others() -> None:
    texts = [text for text, _, _ in WRONG if len(text) < 100] + ["1+2", "((1))", "100*2"]
    together = validate(*encode(texts, 20))
    for row, text in enumerate(texts):
        alone = validated(text, width=20)
        assert alone == (together.domains[row], together.errors[row], together.positions[row])
