"""Many short texts in one buffer of bytes, read by numpy without a Python object for each.

>>> texts = Texts.from_lines(b"1+2\\n-3\\n")
>>> len(texts), texts[1], texts.lengths
(2, '-3', array([3, 2]))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

_LINE_END = ord("\n")


class Texts(Sequence[str]):
    """A sequence of ASCII texts. Its items are made when they are asked for.

    Attributes:
        buffer: The characters of all texts, uint8. There may be others between them.
        starts: Where each text begins, int64 ``[rows]``, increasing.
        lengths: The length of each text, int64 ``[rows]``.
    """

    __slots__ = ("buffer", "lengths", "starts")

    def __init__(
        self, buffer: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> None:
        self.buffer, self.starts, self.lengths = buffer, starts, lengths

    @classmethod
    def from_lines(cls, content: bytes) -> Texts:
        """Return the lines of ASCII text, each of which ends with LF."""
        buffer = np.frombuffer(content, np.uint8)
        ends = np.flatnonzero(buffer == _LINE_END)
        starts = np.zeros_like(ends)
        starts[1:] = ends[:-1] + 1
        return cls(buffer, starts, ends - starts)

    @classmethod
    def pack(cls, rows: Sequence[object]) -> Texts | None:
        """Copy strings into one buffer; return None if one is not ASCII, or not a string."""
        if isinstance(rows, Texts):
            return rows
        try:
            joined = "\n".join(rows)  # type: ignore[arg-type]
        except TypeError:
            return None
        if not joined.isascii():
            return None
        texts = cls.from_lines(joined.encode() + b"\n" if len(rows) else b"")
        return texts if len(texts) == len(rows) else None  # one of them may hold LF

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...

    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            if row.step not in (None, 1):
                return list(self)[row]
            return Texts(self.buffer, self.starts[row], self.lengths[row])
        start = int(self.starts[row])
        return self.buffer[start : start + int(self.lengths[row])].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        ends = (self.starts + self.lengths).tolist()
        content = self.buffer.tobytes().decode()
        for start, end in zip(self.starts.tolist(), ends, strict=True):
            yield content[start:end]

    def characters(self) -> NDArray[np.uint8]:
        """Return the characters of all texts, without others between them."""
        if not len(self):
            return self.buffer[:0]
        # +1 where a text begins and -1 after its end: the running sum is 1 within texts.
        first, last = int(self.starts[0]), int(self.starts[-1] + self.lengths[-1])
        if last - first == self.lengths.sum():
            return self.buffer[first:last]
        change = np.zeros(last - first + 1, np.int8)
        change[self.starts - first] = 1
        change[self.starts + self.lengths - first] -= 1
        within = np.cumsum(change[:-1], dtype=np.int8).view(bool)
        return np.compress(within, self.buffer[first:last])

    def matrix(self, width: int, table: bytes | None = None) -> NDArray[np.uint8]:
        """Return the first characters of each text, uint8 ``[rows, width]``, 0 after its end.

        Args:
            width: How many characters.
            table: 256 bytes; each character is replaced by the byte at its code.
        """
        codes = np.zeros((len(self), width), np.uint8)
        # An item of this view is `width` bytes, and one begins at each byte of the buffer.
        items = np.ndarray(
            (max(0, len(self.buffer) - width + 1),), f"V{width}", self.buffer, strides=(1,)
        )
        inside = int(np.searchsorted(self.starts, len(items)))
        codes[:inside] = items[self.starts[:inside]].view(np.uint8).reshape(inside, width)
        # The items of the last texts would end after the buffer.
        for row in (inside + np.flatnonzero(self.lengths[inside:])).tolist():
            last = self.buffer[self.starts[row] :][:width]
            codes[row, : len(last)] = last
        if table:
            content = codes.tobytes().translate(table)
            codes = np.frombuffer(content, np.uint8).reshape(codes.shape)
        lengths = np.minimum(self.lengths, width).astype(np.int32)
        within = np.arange(width, dtype=np.int32) < lengths[:, None]
        return np.multiply(codes, within, dtype=np.uint8)


def select(texts: Sequence[str], rows: NDArray[np.int64]) -> Sequence[str]:
    """Return some of the texts.

    Args:
        texts: The texts.
        rows: Their indices, increasing.
    """
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:  # slices are much faster
        return texts[int(rows[0]) : int(rows[-1]) + 1]
    if isinstance(texts, Texts):
        return Texts(texts.buffer, texts.starts[rows], texts.lengths[rows])
    return [texts[row] for row in rows.tolist()]


def text_lengths(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the length of each text, int64 ``[rows]``."""
    if isinstance(texts, Texts):
        return texts.lengths
    return np.fromiter(map(len, texts), np.int64, len(texts))
