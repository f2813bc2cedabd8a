"""Streams made from other streams."""

from __future__ import annotations

import codecs
from typing import BinaryIO

#: Bytes that are decoded at a time.
_CHUNK_BYTES = 1 << 16


class Prepended:
    """A stream that yields some bytes before those of another stream."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        """Yield ``head``, and then what is left of ``stream``."""
        self._head, self._stream, self.closed = head, stream, False

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer at the end of the stream."""
        part, self._head = self._head[:size], self._head[size:]
        return part + self._stream.read(size - len(part)) if len(part) < size else part

    def read1(self, size: int) -> bytes:
        """Return at most ``size`` bytes as soon as there are some."""
        part, self._head = self._head[:size], self._head[size:]
        return part or self._stream.read1(size)  # type: ignore[attr-defined]

    def seekable(self) -> bool:
        """Return False: the stream is read from its beginning."""
        return False


class Limited:
    """The next bytes of a stream, up to a number of them."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        """Read at most ``size`` bytes of ``stream``."""
        self._stream, self._left = stream, size

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer at the end of the stream."""
        part = self._stream.read(min(size, self._left))
        self._left -= len(part)
        return part


class Transcoded:
    """A stream in another encoding, read as UTF-8.

    Bytes that the encoding does not have become U+FFFD, the replacement character.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        """Read ``stream``, which holds text in ``encoding``."""
        self._stream, self.closed = stream, False
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = bytearray()
        self._ended = False

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer at the end of the stream."""
        while len(self._ready) < size and not self._ended:
            self._decode(self._stream.read(_CHUNK_BYTES))
        return self._take(size)

    def read1(self, size: int) -> bytes:
        """Return at most ``size`` bytes as soon as there are some."""
        while not self._ready and not self._ended:
            self._decode(self._stream.read1(_CHUNK_BYTES))  # type: ignore[attr-defined]
        return self._take(size)

    def seekable(self) -> bool:
        """Return False: the stream is read from its beginning."""
        return False

    def _decode(self, chunk: bytes) -> None:
        self._ended = not chunk
        self._ready += self._decoder.decode(chunk, self._ended).encode(errors="replace")

    def _take(self, size: int) -> bytes:
        part = bytes(self._ready[:size])
        del self._ready[:size]
        return part
