"""Symbols <-> token ids, vectorised over a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: The 17 symbols of the 2017 gist: space (padding, id 0), digits, operators and brackets.
SYMBOLS = " 0123456789+-/*()"

#: The id of every character that the alphabet lacks.
UNKNOWN = 255


class Alphabet:
    """A table of symbols; a symbol's place in it is its token id.

    >>> Alphabet(SYMBOLS).encode(["1+2", "-3"])
    (array([[ 2, 11,  3],
           [12,  4,  0]], dtype=uint8), array([3, 2]))
    """

    def __init__(self, symbols: str) -> None:
        """Take the symbols in id order, the padding symbol first.

        Raises ValueError where they are not distinct printable ASCII characters.
        """
        if not symbols.isascii() or not symbols.isprintable():
            raise ValueError(f"alphabet {symbols!r} is not printable ASCII")
        if not 2 <= len(symbols) == len(set(symbols)):
            raise ValueError(f"alphabet {symbols!r} repeats a symbol or has fewer than two")
        self.symbols = symbols
        codes = np.frombuffer(symbols.encode(), np.uint8)
        self._ids = np.full(256, UNKNOWN, np.uint8)
        self._ids[codes[1:]] = np.arange(1, len(codes))
        self._ids[0] = 0  # behind the text
        self._table = np.where(np.arange(256) == 0, UNKNOWN, self._ids).astype(np.uint8).tobytes()
        self._characters = codes.astype(np.uint32)

    def encode(
        self, texts: Sequence[str], width: int | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Turn texts into token ids.

        Returns the ids, uint8 ``[len(texts), width]``, padded on the right with id 0, and the
        length of each text, int64 ``[len(texts)]``. Texts are cut at ``width`` (by default the
        longest text's length, at least 1); the lengths are those before the cut. Characters that
        the alphabet lacks, the padding symbol among them, become ``UNKNOWN``.
        """
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        if width is None:
            width = max(1, int(lengths.max(initial=1)))
        tokens = self._ids[self._codes(texts, lengths, width)]
        return tokens, lengths

    def _codes(
        self, texts: Sequence[str], lengths: NDArray[np.int64], width: int
    ) -> NDArray[np.uint8]:
        """ASCII codes ``[len(texts), width]``, 0 behind the text; other characters become 1."""
        try:
            codes = np.array(texts, f"S{width}").view(np.uint8).reshape(len(texts), width)
        except UnicodeEncodeError:  # one character beyond ASCII takes one place all the same
            ascii_only = [text.encode("ascii", "replace").replace(b"?", b"\1") for text in texts]
            codes = np.array(ascii_only, f"S{width}").view(np.uint8).reshape(len(texts), width)
        if np.count_nonzero(codes) != np.minimum(lengths, width).sum():
            # A text holds NUL characters, which numpy takes for the end.
            codes = np.where(codes == 0, np.uint8(1), codes)
            codes[np.arange(width) >= lengths[:, None]] = 0
        return codes

    def encode_one(self, text: str) -> bytes:
        """The token ids of one text, a byte each; UNKNOWN as in ``encode``."""
        return text.encode("ascii", "replace").translate(self._table)

    def decode_one(self, tokens: Sequence[int]) -> str:
        """The text of token ids up to the first padding."""
        return "".join([self.symbols[token] for token in tokens]).partition(self.symbols[0])[0]

    def decode(self, tokens: NDArray[np.integer]) -> NDArray[np.str_]:
        """Turn token ids ``[batch, time]`` into texts ``[batch]``, less the padding behind them."""
        characters = self._characters[tokens]
        time = np.arange(tokens.shape[1])
        ends = np.max(np.where(tokens != 0, time + 1, 0), axis=1, initial=0)
        characters[time >= ends[:, None]] = 0  # numpy's fixed-width text ends before the NULs
        return np.ascontiguousarray(characters).view(f"<U{max(1, tokens.shape[1])}")[:, 0]
