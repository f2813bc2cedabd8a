"""Read the metadata of a model file without ONNX Runtime.

An ONNX file is one protobuf message; the entries of ``metadata_props`` are its fields 14
(https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from exprinfer.errors import ModelFileError

_METADATA = 14
_KEY, _VALUE = 1, 2
#: Bytes of a value by its wire type, if all values of the type have the same size.
_SIZES = {1: 8, 5: 4}


def read_metadata(content: bytes, path: Path) -> dict[str, str]:
    """Return the metadata of a model file.

    Args:
        content: The bytes of the file.
        path: The file, for error messages.

    Raises:
        ModelFileError: If the bytes are not protobuf, or the metadata is not text.
    """
    try:
        entries = [dict(_fields(entry)) for field, entry in _fields(content) if field == _METADATA]
        return {entry.get(_KEY, b"").decode(): entry.get(_VALUE, b"").decode() for entry in entries}
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{path}: the metadata is not text: {error}") from error
    except (ValueError, IndexError) as error:
        raise ModelFileError(f"{path}: the metadata cannot be read: {error}") from error


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each field of a message; b"" for a field that is a number.

    Raises:
        ValueError: If a field is longer than the message, or of an unknown type.
        IndexError: If the message ends within a number.
    """
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        field, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            _, place = _varint(message, place)
            yield field, b""
            continue
        if wire_type == 2:
            size, place = _varint(message, place)
        elif wire_type in _SIZES:
            size = _SIZES[wire_type]
        else:
            raise ValueError(f"field {field} has the unknown wire type {wire_type}")
        if size > len(message) - place:
            raise ValueError(f"field {field} is cut short")
        yield field, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the number at a place, and the place after it."""
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7
        if shift > 63:
            raise ValueError("a number has more than 64 bits")
