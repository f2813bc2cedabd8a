"""Lines of a byte stream, as they come, with bounded memory whatever the stream holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

#: Bytes read at once; the lines in them are evaluated together.
BLOCK = 1 << 18
#: Lines that are handed on together: as many as a block has if they hold expressions. The results
#: of a flood of shorter ones would take much memory.
MOST_LINES = BLOCK // 4
#: Bytes of one line that are kept; no expression is nearly as long.
LONGEST_LINE = 1 << 20

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(
    stream: BinaryIO, start: int = 0, *, prompt: bool = False
) -> Iterator[tuple[list[bytes], int]]:
    """Yield the lines of each block, without their ends, and the byte of the stream they end at.

    Lines end with LF or CRLF; the last one may lack its end. A byte order mark before the first
    line is dropped, and so is what a line has beyond ``LONGEST_LINE`` bytes. The stream stands at
    ``start``, which is 0 or one of the ends yielded before: of a file the blocks then are the same
    as read from the beginning. ``prompt`` takes what is there by now, as suits a pipe.
    """
    rest, place, skipped, pending = bytearray(), start, 0, False
    while (block := _read(stream, _more(len(rest)), prompt)) or pending:
        if place == 0 and not rest and not skipped:
            whole = _more_of_mark(block, stream, prompt)
            block = whole.removeprefix(_BYTE_ORDER_MARK)
            place = len(whole) - len(block)
        if pending or b"\n" in block:
            block = bytes(rest) + block
            *lines, last = block.split(b"\n", MOST_LINES)
            place, skipped = place + skipped + len(block) - len(last), 0
            if len(block) <= LONGEST_LINE and b"\r" not in block:
                yield lines, place  # nothing to cut
            else:
                yield [_cut(line.removesuffix(b"\r")) for line in lines], place
            rest, block, pending = bytearray(), last, b"\n" in last
        kept = LONGEST_LINE + 1 - len(rest)  # one more, which tells where a cut parts a character
        rest += block[:kept]
        skipped += max(0, len(block) - kept)
    if rest:
        yield [_cut(bytes(rest.removesuffix(b"\r")))], place + skipped + len(rest)


def _cut(line: bytes) -> bytes:
    """The line's first ``LONGEST_LINE`` bytes, or a few less where UTF-8 would be parted."""
    if len(line) <= LONGEST_LINE:
        return line
    end = LONGEST_LINE
    while end > LONGEST_LINE - 3 and line[end] & 0xC0 == 0x80:  # a byte within a character
        end -= 1
    return line[:end]


def _more(held: int) -> int:
    """Bytes to read, so that blocks begin where lines do and are the same after a resumption."""
    return BLOCK - held if held < BLOCK else BLOCK


def _read(stream: BinaryIO, size: int, prompt: bool) -> bytes:
    """So many bytes; or else what is there by now, at least a byte: a slow pipe's lines are not
    held back."""
    block: bytes = stream.read1(size) if prompt else stream.read(size)  # type: ignore[attr-defined]
    return block


def _more_of_mark(block: bytes, stream: BinaryIO, prompt: bool) -> bytes:
    while len(block) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(block):
        more = _read(stream, BLOCK, prompt)
        if not more:
            break
        block += more
    return block
