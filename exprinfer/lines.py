"""Lines of a byte stream, as they come, with bounded memory whatever the stream holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

#: Bytes read at once; the lines in them are evaluated together.
BLOCK = 1 << 19
#: Bytes of one line that are kept; no expression is nearly as long.
LONGEST_LINE = 1 << 20

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(stream: BinaryIO) -> Iterator[tuple[list[bytes], int]]:
    """Yield the lines of each block read, without their ends, and the bytes read for them.

    Lines end with LF or CRLF; the last one may lack its end. A byte order mark before the first
    line is dropped, and so is what a line has beyond ``LONGEST_LINE`` bytes.
    """
    rest, size, first = b"", 0, True
    while block := _read(stream):
        if first:
            block, first = _without_mark(block, stream), False
        size += len(block)
        block = rest + block
        *lines, rest = block.split(b"\n")
        rest = rest[: LONGEST_LINE + 1]  # one more, which tells where a cut would part a character
        if lines and len(block) <= LONGEST_LINE and b"\r" not in block:
            yield lines, size  # nothing to cut
            size = 0
        elif lines:
            yield [_cut(line.removesuffix(b"\r")) for line in lines], size
            size = 0
    if rest or size:
        yield ([_cut(rest.removesuffix(b"\r"))] if rest else []), size


def _cut(line: bytes) -> bytes:
    """The line's first ``LONGEST_LINE`` bytes, or a few less where UTF-8 would be parted."""
    if len(line) <= LONGEST_LINE:
        return line
    end = LONGEST_LINE
    while end > LONGEST_LINE - 3 and line[end] & 0xC0 == 0x80:  # a byte within a character
        end -= 1
    return line[:end]


def _read(stream: BinaryIO) -> bytes:
    """What is there by now, at least a byte: a slow pipe's lines are not held back."""
    read1 = getattr(stream, "read1", None)
    block: bytes = read1(BLOCK) if read1 else stream.read(BLOCK)
    return block


def _without_mark(block: bytes, stream: BinaryIO) -> bytes:
    while len(block) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(block):
        more = _read(stream)
        if not more:
            break
        block += more
    return block.removeprefix(_BYTE_ORDER_MARK)
