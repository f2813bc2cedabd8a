"""Read the inputs in blocks of lines or rows that are scored together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from exprinfer.evaluator import Evaluator
from exprinfer.scoring.lines import BLOCK_BYTES, read_lines
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.readers import Input, open_input

_WHITESPACE = " \t\r"


class ReadPosition(NamedTuple):
    """How far the inputs were read."""

    input: int = 0
    """The index of the input."""
    offset: int = 0
    """How much of it was read: bytes of decompressed text, or rows of a table."""


@dataclass(frozen=True)
class Block:
    """Lines or rows that are scored together."""

    score: Callable[[Evaluator], ScoredBatch]
    position: ReadPosition
    """Where the next block begins."""
    bytes_read: int
    """Bytes of the file, as stored, that were read for this block."""
    prompt: bool
    """Whether the results are needed at once: the lines are few, and come from a slow pipe."""


@dataclass(frozen=True)
class ColumnNames:
    """The names of the columns in tables; None: to be detected."""

    expression: str | None = None
    expected: str | None = None


def read_blocks(inputs: list[Input], columns: ColumnNames, start: ReadPosition) -> Iterator[Block]:
    """Yield the blocks of the inputs from a position on.

    They are the same blocks whether reading starts at ``start`` or at the beginning.

    Raises:
        InputError: If an input cannot be scored.
        OSError: If reading fails.
    """
    for number, source in enumerate(inputs[start.input :], start.input):
        with open_input(source) as (stream, count_bytes):
            offset = start.offset if number == start.input else 0
            read = _read_text if source.file_format == "text" else _read_table
            bytes_before = 0
            for score, next_offset in read(source, stream, columns, offset):
                bytes_now = count_bytes()
                prompt = not source.is_file and next_offset - offset < BLOCK_BYTES // 2
                position = ReadPosition(number, next_offset)
                yield Block(score, position, bytes_now - bytes_before, prompt)
                bytes_before, offset = bytes_now, next_offset


#: For each block the function that scores it, and the offset after it.
_Blocks = Iterator[tuple[Callable[[Evaluator], ScoredBatch], int]]


def _read_text(source: Input, stream: BinaryIO, columns: ColumnNames, start: int) -> _Blocks:
    if start:
        _skip(stream, start)
    for lines, offset in read_lines(stream, start, prompt=not source.is_file):
        yield partial(score_lines, lines), offset


def _skip(stream: BinaryIO, size: int) -> None:
    if stream.seekable():
        stream.seek(size)
        return
    while size and (read := len(stream.read(min(size, 1 << 20)))):
        size -= read


def _read_table(source: Input, stream: BinaryIO, columns: ColumnNames, start: int) -> _Blocks:
    from exprinfer.scoring import tables  # needs the extra "files"

    offset, names = 0, None
    for batch in tables.read_batches(source, stream):
        offset += batch.num_rows
        if offset <= start or not batch.num_rows:
            continue
        if names is None:
            names = tables.find_columns(batch, source.name, columns.expression, columns.expected)
        yield partial(_score_rows, batch, *names), offset


def _score_rows(
    batch: Any, expression: str, expected: str | None, evaluator: Evaluator
) -> ScoredBatch:
    from exprinfer.scoring import tables

    result = evaluator.evaluate_batch(tables.to_texts(batch.column(expression)))
    given = tables.to_given(batch.column(expected)) if expected else None
    return ScoredBatch(result, given, batch)


def score_lines(lines: list[bytes], evaluator: Evaluator) -> ScoredBatch:
    """Score lines, each an expression or ``expression = answer``, ignoring blanks around both."""
    plain = _plain_texts(lines)
    if plain is not None:
        return ScoredBatch(evaluator.evaluate_batch(plain), None)
    pairs = [_split(line) for line in lines]
    result = evaluator.evaluate_batch([expression for expression, _ in pairs])  # type: ignore[misc]
    return ScoredBatch(result, [given for _, given in pairs])


def _plain_texts(lines: list[bytes]) -> list[str] | None:
    """Decode all lines at once; return None if one is not ASCII, or has blanks or an answer."""
    content = b"\n".join(lines)
    if not content.isascii() or any(mark in content for mark in (b"=", b" ", b"\t", b"\r")):
        return None
    return content.decode().split("\n") if lines else []


def _split(line: bytes) -> tuple[str | bytes, str | None]:
    """Return a line's expression, as bytes if it is not UTF-8, and its answer, if any."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return line, None
    expression, _, given = text.partition("=")
    return expression.strip(_WHITESPACE), given.removeprefix("?").strip(_WHITESPACE) or None
