"""Parquet metadata of a file that is a part of a larger one, so that it holds for the larger one.

pyarrow can append row groups to metadata, but it moves no offsets and appends to no file.
The metadata is a Thrift message in the compact protocol, in which no length depends on a number
within (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
"""

from __future__ import annotations

_I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 4, 5, 6, 7, 8, 9, 10, 12
_FALSE, _TRUE, _BYTE = 2, 1, 3
#: The offsets in the message, by the numbers of the fields that lead to them, as parquet.thrift
#: names them: of a row group and its columns, the file_offset; of a column, those of its indices
#: and of its data, index, dictionary and filter.
_OFFSETS = {
    *((4, 5), (4, 1, 2), (4, 1, 4), (4, 1, 6)),
    *((4, 1, 3, 9), (4, 1, 3, 10), (4, 1, 3, 11), (4, 1, 3, 14)),
}


def moved(metadata: bytes, distance: int) -> bytes:
    """Return the metadata of a Parquet file that begins ``distance`` bytes into another file.

    Args:
        metadata: The message ``FileMetaData``.
        distance: What to add to all offsets.

    Raises:
        ValueError: If the message has a type of value that Parquet does not use.
    """
    return _Mover(metadata, distance).move()


class _Mover:
    """Copies a message and changes the offsets in it."""

    def __init__(self, message: bytes, distance: int) -> None:
        self._message, self._distance = message, distance
        self._place = self._copied = 0
        self._parts: list[bytes] = []

    def move(self) -> bytes:
        self._struct(())
        return b"".join([*self._parts, self._message[self._copied :]])

    def _struct(self, path: tuple[int, ...]) -> None:
        field = 0
        while header := self._byte():
            step, kind = header >> 4, header & 15
            field = field + step if step else _unsigned(self._number())
            self._value(kind, (*path, field))

    def _value(self, kind: int, path: tuple[int, ...]) -> None:
        if kind in (_I16, _I32, _I64):
            self._integer(path)
        elif kind == _BINARY:
            size = self._number()  # which moves the place too
            self._place += size
        elif kind == _STRUCT:
            self._struct(path)
        elif kind in (_LIST, _SET):
            header = self._byte()
            size = header >> 4 if header >> 4 != 15 else self._number()
            # Booleans take a byte only within a list.
            for _ in range(size):
                inner = header & 15
                self._value(_BYTE if inner in (_TRUE, _FALSE) else inner, path)
        elif kind in (_BYTE, _DOUBLE):
            self._place += 1 if kind == _BYTE else 8
        elif kind not in (_TRUE, _FALSE):
            raise ValueError(f"Parquet metadata with a value of type {kind}")

    def _integer(self, path: tuple[int, ...]) -> None:
        start = self._place
        value = _unsigned(self._number())
        if path in _OFFSETS and value:  # 0 means none
            self._parts += [
                self._message[self._copied : start],
                _varint(2 * (value + self._distance)),
            ]
            self._copied = self._place

    def _byte(self) -> int:
        self._place += 1
        return self._message[self._place - 1]

    def _number(self) -> int:
        message, place = self._message, self._place
        number = shift = 0
        while (byte := message[place]) & 128:
            number |= (byte & 127) << shift
            shift, place = shift + 7, place + 1
        self._place = place + 1
        return number | byte << shift


def _unsigned(zigzag: int) -> int:
    """Return the absolute value that a zigzag number stands for; offsets are not negative."""
    return (zigzag >> 1) + (zigzag & 1)


def _varint(number: int) -> bytes:
    content = bytearray()
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    return bytes([*content, number])
