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
        self._ids[codes] = np.arange(len(codes))
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
        kept = np.minimum(lengths, width)
        if np.any(lengths > width):
            texts = [text[:width] for text in texts]
        # 'replace' writes one '?' for each character outside ASCII, so that places are kept.
        codes = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8)
        ids = self._ids[codes]
        ids[ids == 0] = UNKNOWN
        tokens = np.zeros((len(texts), width), np.uint8)
        tokens[np.arange(width) < kept[:, None]] = ids
        return tokens, lengths

    def decode(self, tokens: NDArray[np.integer]) -> NDArray[np.str_]:
        """Turn token ids ``[batch, time]`` into texts ``[batch]``, less the padding behind them."""
        characters = self._characters[tokens]
        time = np.arange(tokens.shape[1])
        ends = np.max(np.where(tokens != 0, time + 1, 0), axis=1, initial=0)
        characters[time >= ends[:, None]] = 0  # numpy's fixed-width text ends before the NULs
        return np.ascontiguousarray(characters).view(f"<U{max(1, tokens.shape[1])}")[:, 0]
