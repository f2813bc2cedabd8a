"""Read the lines of a byte stream block by block, in bounded memory whatever it contains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from exprinfer.scoring.reading.streams import Limited

#: Bytes read at a time; the lines in them are evaluated together.
BLOCK_BYTES = 1 << 18
#: Maximum number of lines in a block, about as many as a block of expressions has. The results of a
#: block of shorter lines, such as empty ones, would need too much memory.
BLOCK_LINES = BLOCK_BYTES // 4
#: Maximum length of a line in bytes; the rest is dropped. No expression is nearly as long.
LINE_BYTES = 1 << 20

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(
    stream: BinaryIO, start: int = 0, *, prompt: bool = False
) -> Iterator[tuple[list[bytes], int]]:
    """Yield the lines of each block, without their line ends, and the offset after them.

    Lines end with LF or CRLF; the last line may have no line end. A byte order mark before the
    first line is dropped. Lines are cut after ``LINE_BYTES`` bytes, or a few bytes earlier if that
    would split a UTF-8 character.

    Args:
        stream: The stream, positioned at ``start``.
        start: 0, or an offset that an earlier call yielded. The blocks of a file that follow an
            offset are the same whether reading starts there or at 0.
        prompt: Whether to yield lines as soon as they arrive, which suits a pipe.
    """
    rest = bytearray()  # the beginning of a line whose end was not found yet
    offset = start  # where that line begins
    dropped = 0  # how many of its bytes were dropped
    unsplit = False  # whether `rest` holds complete lines, since the block had too many
    while (block := _read(stream, _missing_bytes(len(rest)), prompt)) or unsplit:
        if offset == 0 and not rest and not dropped:
            complete = _complete_mark(block, stream, prompt)
            block = complete.removeprefix(_BYTE_ORDER_MARK)
            offset = len(complete) - len(block)
        if unsplit or b"\n" in block:
            block = bytes(rest) + block
            *lines, last = block.split(b"\n", BLOCK_LINES)
            offset, dropped = offset + dropped + len(block) - len(last), 0
            if len(block) <= LINE_BYTES and b"\r" not in block:
                yield lines, offset  # nothing to cut
            else:
                yield [_cut(line.removesuffix(b"\r")) for line in lines], offset
            rest, block, unsplit = bytearray(), last, b"\n" in last
        kept = LINE_BYTES + 1 - len(rest)  # one more, which shows whether a cut splits a character
        rest += block[:kept]
        dropped += max(0, len(block) - kept)
    if rest:
        yield [_cut(bytes(rest.removesuffix(b"\r")))], offset + dropped + len(rest)


def part_of_lines(stream: BinaryIO, part: range) -> tuple[BinaryIO, int]:
    """Return a stream of the lines that begin in a range of bytes, and the offset of the first one.

    The lines of consecutive ranges are all lines, each once.
    """
    start = _next_line(stream, part.start, part.stop)
    end = start
    if start < part.stop:
        end = _next_line(stream, part.stop, None)
    stream.seek(start)
    return Limited(stream, end - start), start  # type: ignore[return-value]


def _next_line(stream: BinaryIO, offset: int, limit: int | None) -> int:
    """Return where the first line at or after an offset begins; where it ends at the latest.

    Args:
        stream: A stream that can be read in any order.
        offset: The offset.
        limit: Where to stop looking; None: at the end of the stream.
    """
    if offset == 0:
        return 0
    place = offset - 1  # a line begins at the offset if the byte before is a line end
    stream.seek(place)
    while (limit is None or place < limit) and (block := stream.read(BLOCK_BYTES)):
        found = block.find(b"\n")
        if found >= 0:
            return place + found + 1
        place += len(block)
    return max(place, offset)


def _cut(line: bytes) -> bytes:
    """Return the first ``LINE_BYTES`` bytes, or a few less to keep UTF-8 characters whole."""
    if len(line) <= LINE_BYTES:
        return line
    end = LINE_BYTES
    while end > LINE_BYTES - 3 and line[end] & 0xC0 == 0x80:  # a byte within a character
        end -= 1
    return line[:end]


def _missing_bytes(held: int) -> int:
    """Return how many bytes to read, so that blocks end at the same offsets after a resumption."""
    return BLOCK_BYTES - held if held < BLOCK_BYTES else BLOCK_BYTES


def _read(stream: BinaryIO, size: int, prompt: bool) -> bytes:
    """Read ``size`` bytes; with ``prompt`` as many of them as are available, at least one."""
    block: bytes = stream.read1(size) if prompt else stream.read(size)  # type: ignore[attr-defined]
    return block


def _complete_mark(block: bytes, stream: BinaryIO, prompt: bool) -> bytes:
    """Read on if the first block may hold only a part of a byte order mark."""
    while len(block) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(block):
        more = _read(stream, BLOCK_BYTES, prompt)
        if not more:
            break
        block += more
    return block
