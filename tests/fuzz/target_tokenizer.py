"""Fuzz target: bytes to lines to token ids, compared with one character at a time."""

from __future__ import annotations

import io

from exprinfer.language.tokenizer import SYMBOLS, UNKNOWN, decode, decode_one, encode, encode_one
from exprinfer.scoring.reading.lines import read_lines

IDS = {symbol: number for number, symbol in enumerate(SYMBOLS) if number}
MARK = b"\xef\xbb\xbf"


class Pieces(io.BytesIO):
    """A stream that returns a few bytes at a time, as a pipe may."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self.size = size

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(self.size)


def try_one(data: bytes) -> None:
    """Read lines in pieces and encode them; the first and last byte choose the sizes."""
    piece, width, content = 1 + sum(data[:1]) % 16, 1 + sum(data[-1:]) % 32, data[1:-1]
    lines = [line for block, _ in read_lines(Pieces(content, piece), prompt=True) for line in block]
    *expected, last = content.removeprefix(MARK).split(b"\n")
    expected += [last] if last else []
    assert lines == [line.removesuffix(b"\r") for line in expected]

    texts = [line.decode("utf-8", "surrogateescape") for line in lines]
    tokens, lengths = encode(texts, width)
    assert tokens.shape == (len(texts), width)
    assert lengths.tolist() == [len(text) for text in texts]
    for text, row in zip(texts, tokens, strict=True):
        ids = [IDS.get(character, UNKNOWN) for character in text]
        assert row.tolist() == (ids + [0] * width)[:width]
        assert list(encode_one(text)) == ids
        if UNKNOWN not in ids:
            assert decode_one(ids) == text
            assert decode(row[None]).tolist() == [text[:width]]
