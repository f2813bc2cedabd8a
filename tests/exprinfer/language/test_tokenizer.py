from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exprinfer.language.tokenizer import SYMBOLS, UNKNOWN, Alphabet

ALPHABET = Alphabet(SYMBOLS)


@given(st.lists(st.text(SYMBOLS[1:], max_size=30)))
def test_decode_is_the_inverse_of_encode(texts: list[str]) -> None:
    tokens, lengths = ALPHABET.encode(texts)
    assert ALPHABET.decode(tokens).tolist() == texts
    assert lengths.tolist() == [len(text) for text in texts]


@given(st.lists(st.text(max_size=8)))
def test_each_character_outside_the_alphabet_is_unknown_in_its_place(texts: list[str]) -> None:
    tokens, _ = ALPHABET.encode(texts)
    for text, row in zip(texts, tokens, strict=True):
        expected = [SYMBOLS.find(character, 1) for character in text]
        assert row[: len(text)].tolist() == [i if i > 0 else UNKNOWN for i in expected]
        assert not row[len(text) :].any()


def test_texts_are_cut_at_the_width_but_lengths_are_not() -> None:
    tokens, lengths = ALPHABET.encode(["123456", "1"], width=3)
    assert tokens.tolist() == [[2, 3, 4], [2, 0, 0]]
    assert lengths.tolist() == [6, 1]


def test_padding_inside_an_answer_is_kept_and_behind_it_dropped() -> None:
    assert ALPHABET.decode(np.array([[2, 0, 3, 0, 0], [0, 0, 0, 0, 0]])).tolist() == ["1 2", ""]


@pytest.mark.parametrize("symbols", ["", "1", "11", "1\n", "1é"])
def test_a_bad_alphabet_is_refused(symbols: str) -> None:
    with pytest.raises(ValueError, match="alphabet"):
        Alphabet(symbols)
