from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exprinfer.language.tokenizer import SYMBOLS, UNKNOWN, decode, decode_one, encode, encode_one


@given(st.lists(st.text(SYMBOLS[1:], max_size=30)))
def test_decode_is_the_inverse_of_encode(texts: list[str]) -> None:
    tokens, lengths = encode(texts)
    assert decode(tokens).tolist() == texts
    assert lengths.tolist() == [len(text) for text in texts]


@given(st.lists(st.text(max_size=8)))
def test_other_characters_become_unknown_at_their_position(
    texts: list[str],
) -> None:
    tokens, _ = encode(texts)
    for text, row in zip(texts, tokens, strict=True):
        expected = [SYMBOLS.find(character, 1) for character in text]
        assert row[: len(text)].tolist() == [i if i > 0 else UNKNOWN for i in expected]
        assert not row[len(text) :].any()


def test_texts_are_cut_at_the_width_but_lengths_are_not() -> None:
    tokens, lengths = encode(["123456", "1"], width=3)
    assert tokens.tolist() == [[2, 3, 4], [2, 0, 0]]
    assert lengths.tolist() == [6, 1]


def test_padding_inside_an_answer_is_kept_and_after_it_dropped() -> None:
    assert decode(np.array([[2, 0, 3, 0, 0], [0, 0, 0, 0, 0]])).tolist() == ["1 2", ""]


@given(st.text(max_size=8))
def test_one_text_is_encoded_as_in_a_batch(text: str) -> None:
    tokens, _ = encode([text])
    assert list(encode_one(text)) == tokens[0, : len(text)].tolist()


def test_one_answer_ends_at_its_first_padding() -> None:
    assert decode_one([2, 3, 0, 0]) == "12"


def test_the_symbols_are_distinct_printable_ascii() -> None:
    assert SYMBOLS.isascii()
    assert SYMBOLS.isprintable()
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 17
