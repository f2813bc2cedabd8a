"""Convert between symbols and token ids, vectorized over a batch.

Every model uses the same 17 symbols, so the conversion needs no settings: a symbol's token id is
its index in ``SYMBOLS``.

>>> encode(["1+2", "-3"])
(array([[ 2, 11,  3],
       [12,  4,  0]], dtype=uint8), array([3, 2]))
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.texts import Texts, text_lengths

#: The 17 symbols of the 2017 gist: space (padding, id 0), digits, operators and brackets.
SYMBOLS = " 0123456789+-/*()"

#: The token id of every character that is not in ``SYMBOLS``.
UNKNOWN = 255

_CODES = np.frombuffer(SYMBOLS.encode(), np.uint8)
#: Character code by token id, 0 for the padding.
_CODE_TABLE = (b"\0" + _CODES[1:].tobytes()).ljust(256, b"\0")
#: Token id by character code. Code 0 stands for the padding after a text.
_IDS = np.full(256, UNKNOWN, np.uint8)
_IDS[_CODES[1:]] = np.arange(1, len(_CODES))
_IDS[0] = 0
#: The same within a text, in which a character with code 0 is an unknown one.
_TABLE = np.where(np.arange(256) == 0, UNKNOWN, _IDS).astype(np.uint8).tobytes()


def encode(
    texts: Sequence[str], width: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Convert texts to token ids.

    Args:
        texts: The texts.
        width: Length to which the texts are padded or cut. None means the length of the longest
            text, at least 1.

    Returns:
        The token ids, uint8 ``[len(texts), width]``, padded on the right with 0; and the length of
        each text before the cut, int64 ``[len(texts)]``. Characters that are not in ``SYMBOLS``
        become ``UNKNOWN``, and so does the padding symbol.
    """
    packed = Texts.pack(texts)
    lengths = text_lengths(texts if packed is None else packed)
    if width is None:
        width = max(1, int(lengths.max(initial=1)))
    if packed is not None:
        return packed.matrix(width, _TABLE), lengths
    return _IDS[_character_codes(texts, lengths, width)], lengths


def _character_codes(
    texts: Sequence[str], lengths: NDArray[np.int64], width: int
) -> NDArray[np.uint8]:
    """Return ASCII codes ``[len(texts), width]``, 0 after the text; other characters become 1."""
    try:
        codes = np.array(texts, f"S{width}").view(np.uint8).reshape(len(texts), width)
    except UnicodeEncodeError:  # a character beyond ASCII still takes one place
        ascii_only = [text.encode("ascii", "replace").replace(b"?", b"\1") for text in texts]
        codes = np.array(ascii_only, f"S{width}").view(np.uint8).reshape(len(texts), width)
    if np.count_nonzero(codes) != np.minimum(lengths, width).sum():
        # A text holds NUL characters, which numpy takes for the end of the text.
        codes = np.where(codes == 0, np.uint8(1), codes)
        codes[np.arange(width) >= lengths[:, None]] = 0
    return codes


def encode_one(text: str) -> bytes:
    """Return the token ids of one text, one byte each; ``UNKNOWN`` as in ``encode``."""
    return text.encode("ascii", "replace").translate(_TABLE)


def decode(tokens: NDArray[np.integer]) -> NDArray[np.str_]:
    """Convert token ids ``[batch, time]`` to texts ``[batch]``, without the padding at the end."""
    rows, time = tokens.shape
    ids = tokens.astype(np.uint8)
    codes = np.frombuffer(ids.tobytes().translate(_CODE_TABLE), np.uint8).reshape(rows, time)
    padding = (ids == 0).ravel()
    before_symbol = padding[:-1] > padding[1:]
    before_symbol[time - 1 :: time] = False  # the next symbol is in another row
    if before_symbol.any():  # padding before a symbol is a space
        steps = np.arange(time)
        ends = np.max(np.where(ids != 0, steps + 1, 0), axis=1)
        codes = np.where((ids == 0) & (steps < ends[:, None]), _CODES[0], codes)
    # Numpy's fixed-width text ends before the NULs.
    return np.ascontiguousarray(codes, np.uint32).view(f"<U{max(1, time)}")[:, 0]


def decode_one(tokens: Sequence[int]) -> str:
    """Convert the token ids of one answer to text, without the padding at the end."""
    return "".join([SYMBOLS[token] for token in tokens]).rstrip(SYMBOLS[0])
