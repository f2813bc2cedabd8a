"""Texts in one buffer are the same sequence as the list that they were made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exprinfer.language.texts import Texts, select, text_lengths
from exprinfer.language.tokenizer import encode

ASCII = st.characters(max_codepoint=127, exclude_characters="\n")
LISTS = st.lists(st.text(ASCII, max_size=9))


def packed(texts: list[str]) -> Texts:
    found = Texts.pack(texts)
    assert found is not None
    return found


@given(LISTS)
def test_packed_texts_are_the_same_sequence(texts: list[str]) -> None:
    found = packed(texts)
    assert list(found) == texts
    assert [found[row] for row in range(-len(texts), len(texts))] == texts * 2
    assert found.lengths.tolist() == list(map(len, texts))
    assert found.characters().tobytes().decode() == "".join(texts)
    assert list(found[1:-1]) == texts[1:-1]
    assert list(found[::-1]) == texts[::-1]


@given(LISTS, st.data())
def test_selected_texts_are_those_of_the_list(texts: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, max(0, len(texts) - 1)), unique=True).map(sorted))
    rows = np.array(chosen if texts else [], np.int64)
    expected = [texts[row] for row in rows.tolist()]
    for found in (select(packed(texts), rows), select(texts, rows)):
        assert list(found) == expected
        assert text_lengths(found).tolist() == list(map(len, expected))
    part = select(packed(texts), rows)
    assert isinstance(part, Texts)
    assert part.characters().tobytes().decode() == "".join(expected)


@given(LISTS, st.integers(1, 12))
def test_the_matrix_has_the_characters_up_to_its_width(texts: list[str], width: int) -> None:
    matrix = packed(texts).matrix(width)
    assert matrix.shape == (len(texts), width)
    for row, text in zip(matrix, texts, strict=True):
        assert row.tobytes() == text[:width].encode().ljust(width, b"\0")


@given(LISTS, st.integers(1, 12))
def test_token_ids_do_not_depend_on_the_kind_of_sequence(texts: list[str], width: int) -> None:
    beyond_ascii = [*texts, "é"]
    assert Texts.pack(beyond_ascii) is None
    expected, lengths = encode(beyond_ascii, width)
    for kind in (texts, packed(texts)):
        found, found_lengths = encode(kind, width)
        assert found.tolist() == expected[:-1].tolist()
        assert found_lengths.tolist() == lengths[:-1].tolist()


@pytest.mark.parametrize("rows", [["1", "é"], ["1\n", "2"], ["1", None], ["1", b"2"], ["\ud800"]])
def test_other_rows_are_not_packed(rows: list[object]) -> None:
    assert Texts.pack(rows) is None
