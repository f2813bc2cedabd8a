"""Other notations: what is rewritten, what is left alone, and that the meaning stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exprinfer
from exprinfer import Evaluator
from exprinfer.language.advice import advise
from exprinfer.language.normalization import SAME_AS, normalize, strip
from exprinfer.scoring.reference import exact_value
from training.expressions import sample


@pytest.fixture(scope="module")
def forgiving() -> Evaluator:
    return exprinfer.load(device="cpu", normalize=True)


#: What a person types, and the text that is read; None if nothing is rewritten.
NOTATIONS: list[tuple[str, str | None]] = [
    ("5+3", None),
    ("5 + 3", "5+3"),
    ("\t5+3\u00a0", "5+3"),
    ("\ufeff5+3\u200b", "5+3"),
    ("5　＋　３", "5+3"),
    ("−5+3", "-5+3"),
    ("2–3", "2-3"),
    ("3×4", "3*4"),
    ("3·4", "3*4"),
    ("3⋅(4−5)", "3*(4-5)"),
    ("3x4", "3*4"),
    ("3 x 4 X 5", "3*4*5"),
    ("(1 + 2) x 3", "(1+2)*3"),
    ("6÷2", "6/2"),
    ("6∕2", "6/2"),
    ("6:2", "6/2"),
    ("6 : (1+1)", "6/(1+1)"),
    ("（５－３）＊２", "(5-3)*2"),
    ("٣+٤", "3+4"),
    ("1'000+1", "1000+1"),
    ("1’000’000+1", "1000000+1"),
    ("1_000", "1000"),
    ("1,000,000/2", "1000000/2"),
    ("1.000.000/2", "1000000/2"),
    ("1\u202f000+1", "1000+1"),
    ("+5", "5"),
    ("(+5)*2", "(5)*2"),
    ("5+3=", "5+3"),
    ("5 + 3 = ", "5+3"),
    # Left alone, because they could mean something else.
    ("1,000", None),
    ("1.000", None),
    ("1,00,000", None),
    ("1,000,0000", None),
    ("1,234,567.89", None),
    ("1 000", None),
    ("1 2", None),
    ("1\u200b2", None),
    ("0x10", None),
    ("3x-4", None),
    ("3x(4)", None),
    ("2x", None),
    ("3²", None),
    ("2^3", None),
    ("7%3", None),
    ("1.5", None),
    ("2(3+4)", None),
    ("3*+5", None),
    ("++5", None),
    ("=5+3", None),
    ("½", None),
    ("five", None),
]


@pytest.mark.parametrize(("text", "expected"), NOTATIONS)
def test_each_notation_is_rewritten_or_left_alone(text: str, expected: str | None) -> None:
    normalized = normalize(text)
    assert (normalized and normalized.text) == expected


@pytest.mark.parametrize(("text", "expected"), NOTATIONS)
def test_every_change_is_reported(text: str, expected: str | None, forgiving: Evaluator) -> None:
    prediction = forgiving.evaluate_many([text])[0]
    assert (prediction.expression, prediction.read_as) == (text, expected)
    if expected is not None:
        exact = exact_value(expected)
        assert exact is not None
        assert (prediction.value, prediction.certified) == (exact[1], True)
        assert forgiving.evaluate(text) == prediction
        assert forgiving.trace(text).steps == forgiving.trace(expected).steps


@pytest.mark.parametrize("text", [text for text, expected in NOTATIONS if expected])
def test_nothing_but_blanks_around_is_rewritten_unless_requested(text: str) -> None:
    strict = exprinfer.load(device="cpu").evaluate_many([text])[0]
    bare = text.strip(" \t")
    assert (strict.error is None) == (exact_value(bare) is not None)
    assert strict.read_as in (None, bare)


@given(st.text("0123456789+-*/() ,.'x:=×−", max_size=12))
def test_symbols_keep_their_order_and_positions(text: str) -> None:
    normalized = normalize(text)
    if normalized is None:
        return
    assert len(normalized.positions) == len(normalized.text) + 1
    assert list(normalized.positions) == sorted(set(normalized.positions))
    for symbol, position in zip(normalized.text, normalized.positions, strict=False):
        original = text[position]
        assert symbol in (original, SAME_AS.get(original)) or (original, symbol) in (
            ("x", "*"),
            (":", "/"),
        )
    digits = re.sub(r"[^0-9]", "", text)
    assert re.sub(r"[^0-9]", "", normalized.text) == digits


@given(st.text(max_size=12))
def test_any_text_is_rewritten_at_most_once(text: str) -> None:
    normalized = normalize(text)
    assert normalized is None or "=" in normalized.text or normalize(normalized.text) is None


def test_positions_of_errors_refer_to_the_original_text(forgiving: Evaluator) -> None:
    for text, position in [("2 × (3", 6), ("1 / 0", 4), ("1 ÷ (2 − 2)", 4), ("  5 $ 3", 4)]:
        error = forgiving.evaluate_many([text])[0].error
        assert error is not None
        assert error.position == position, text


def test_plain_expressions_are_answered_as_before(forgiving: Evaluator) -> None:
    texts = sample(2_000, seed=8).texts()
    strict = exprinfer.load(device="cpu").evaluate_batch(texts)
    result = forgiving.evaluate_batch(texts)
    assert (result.answers == strict.answers).all()
    assert not result.read_as


def test_blanks_around_an_expression_never_count() -> None:
    prediction = exprinfer.load(device="cpu").evaluate(" 5+3\t")
    assert (prediction.value, prediction.read_as) == (8, "5+3")
    assert strip("5+3") is None
    error = exprinfer.load(device="cpu").evaluate_many([" 5+x "])[0].error
    assert error is not None
    assert error.position == 3


@pytest.mark.parametrize(
    ("text", "position", "advice"),
    [
        ("5−3", 1, "it is U+2212 MINUS SIGN: write '-'"),
        ("5 +3", 1, "blanks are not allowed here"),
        ("1 2", 1, "a blank between two digits may mean two things"),
        ("2(3+4)", 1, "a product needs its *"),
        ("(1)2", 3, "a product needs its *"),
        ("2^3", 1, "powers are not supported"),
        ("2**3", 2, "powers are not supported"),
        ("3²", 1, "powers are not supported"),
        ("7%3", 1, "remainders and percentages are not supported"),
        ("7//2", 2, "it truncates toward zero"),
        ("1.5*2", 1, "decimals are not supported"),
        ("1,000", 1, "if it separates thousands, remove it"),
        ("1,000,000", 1, "remove the thousands separators"),
        ("1'000", 1, "remove the separator"),
        ("0x10", 1, "hexadecimal numbers are not supported"),
        ("1e5", 1, "write the digits"),
        ("3x4", 1, "write * for a product"),
        ("sqrt(4)", 0, "names, words and functions are not supported"),
        ("5!", 1, "factorials are not supported"),
        ("[1]", 0, "use round brackets"),
        ("1=1", 1, "give one expression"),
        ("$5", 0, "currency signs"),
        ("(1", 2, "1 bracket is not closed"),
        ("((1", 3, "2 brackets are not closed"),
        ("1+", 2, "a number is missing"),
        ("()", 1, "a number is missing"),
        ("1+2)", 3, "no bracket is open"),
        ("+5", 0, "remove the plus sign"),
        ("½", 0, "VULGAR FRACTION ONE HALF"),
    ],
)
def test_errors_give_advice(text: str, position: int, advice: str) -> None:
    assert advice in advise(text, position)
    error = exprinfer.load(device="cpu").evaluate_many([text])[0].error
    assert error is not None
    assert error.position == position
    assert advice in error.message
    assert error.message.isascii()
