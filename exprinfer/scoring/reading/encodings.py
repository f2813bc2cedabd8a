"""Detect how text is encoded."""

from __future__ import annotations

import codecs

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
