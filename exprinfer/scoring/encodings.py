"""Detect how text is encoded, and read streams in other encodings as UTF-8."""

from __future__ import annotations

import codecs
from typing import BinaryIO

#: Encodings by byte order mark; the longer marks come first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: The encoding of tables that are not UTF-8: Excel writes it in Western Europe and the Americas.
_FALLBACK = "cp1252"
#: Encodings that are read as they are.
UTF_8 = ("utf-8", "utf-8-sig")
#: Bytes that are decoded at a time.
_CHUNK_BYTES = 1 << 16


def marked_encoding(head: bytes) -> str:
    """Return the encoding that a byte order mark shows, or UTF-8.

    Example:
        >>> marked_encoding("5+3".encode("utf-16"))
        'utf-16'
    """
    return next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")


def detect_encoding(head: bytes) -> str:
    """Return the encoding of a table: by its byte order mark, or else UTF-8 or Windows-1252.

    Example:
        >>> detect_encoding("Größe;Aufgabe".encode("cp1252"))
        'cp1252'
    """
    name = marked_encoding(head)
    if name != "utf-8":
        return name
    try:
        codecs.getincrementaldecoder(name)().decode(head)  # the end may split a character
    except UnicodeDecodeError:
        return _FALLBACK
    return name


def canonical_encoding(name: str) -> str:
    """Return Python's name of a text encoding.

    Raises:
        LookupError: If there is no such encoding of text.

    Example:
        >>> canonical_encoding("Latin1"), canonical_encoding("UTF8")
        ('iso8859-1', 'utf-8')
    """
    "".encode(name)  # refuses codecs that do not encode text, such as base64
    return codecs.lookup(name).name


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
