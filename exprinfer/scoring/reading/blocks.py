"""Read the inputs in blocks of lines or rows that are scored together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from exprinfer.errors import InputError
from exprinfer.evaluator import Evaluator
from exprinfer.scoring.marking import ScoredBatch, UnreadableInput
from exprinfer.scoring.reading.content import refuse_foreign
from exprinfer.scoring.reading.encodings import UTF_8, marked_encoding
from exprinfer.scoring.reading.inputs import Input
from exprinfer.scoring.reading.lines import BLOCK_BYTES, part_of_lines, read_lines
from exprinfer.scoring.reading.opening import ChangedError, look_ahead, open_input
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.reading.rows import Rows, with_malformed
from exprinfer.scoring.reading.streams import Transcoded

_WHITESPACE = " \t\r"
#: Bytes that show what a file is.
_HEAD_BYTES = 1 << 12

Scored = ScoredBatch | UnreadableInput


class ReadPosition(NamedTuple):
    """How far the inputs were read."""

    input: int = 0
    """The index of the input."""
    offset: int = 0
    """How much of it was read: bytes of decompressed text, or rows of a table."""


@dataclass(frozen=True)
class Block:
    """Lines or rows that are scored together."""

    score: Callable[[Evaluator], Scored]
    position: ReadPosition
    """Where the next block begins."""
    bytes_read: int
    """Bytes of the file, as stored, that were read for this block."""
    prompt: bool
    """Whether the results are needed at once: the lines are few, and come from a slow pipe."""
    rows: int = 0
    """How many lines or rows there are."""


def read_blocks(
    inputs: list[Input], options: ReadOptions, start: ReadPosition | None = None
) -> Iterator[Block]:
    """Yield the blocks of the inputs from a position on.

    They are the same blocks whether reading starts at ``start`` or at the beginning. An input that
    cannot be read is a block of its own, unless bad rows end the run.

    Raises:
        InputError: If an input changes while it is read, or cannot be scored and bad rows end the
            run.
        OSError: If reading fails.
    """
    start = start or ReadPosition()
    for number, source in enumerate(inputs[start.input :], start.input):
        try:
            offset = start.offset if number == start.input else 0
            yield from _read_input(number, source, options, offset)
        except (InputError, PermissionError) as error:
            if options.on_error == "stop" or isinstance(error, ChangedError):
                raise
            unreadable = UnreadableInput(source.name, str(error))
            position = ReadPosition(number + 1)
            yield Block(lambda _, result=unreadable: result, position, 0, True)  # type: ignore[misc]


def _read_input(number: int, source: Input, options: ReadOptions, offset: int) -> Iterator[Block]:
    with open_input(source) as (stream, count_bytes):
        head, stream = look_ahead(source, stream, _HEAD_BYTES)
        refuse_foreign(source.name, head, source.file_format, source.compression)
        is_text = source.file_format == "text"
        read = (
            _read_text(source, stream, head, options, offset)
            if is_text
            else _read_table(source, stream, options, offset)
        )
        bytes_before = 0
        for score, rows, next_offset in read:
            bytes_now = count_bytes()
            prompt = not source.is_file and next_offset - offset < BLOCK_BYTES // 2
            position = ReadPosition(number, next_offset)
            yield Block(score, position, bytes_now - bytes_before, prompt, rows)
            bytes_before, offset = bytes_now, next_offset


#: For each block the function that scores it, the number of its rows, and the offset after it.
_Blocks = Iterator[tuple[Callable[[Evaluator], ScoredBatch], int, int]]


def _read_text(
    source: Input, stream: BinaryIO, head: bytes, options: ReadOptions, start: int
) -> _Blocks:
    encoding = options.encoding or marked_encoding(head)
    if encoding not in UTF_8:
        options.tell(f"{source.name}: encoding {encoding}")
        stream = Transcoded(stream, encoding)  # type: ignore[assignment]
    if source.part is not None:
        stream, start = part_of_lines(stream, source.part)
    elif start:
        _skip(stream, start)
    name = source.shown if options.source else None
    for lines, offset in read_lines(stream, start, prompt=not source.is_file):
        yield partial(score_lines, lines, source=name), len(lines), offset


def _skip(stream: BinaryIO, size: int) -> None:
    if stream.seekable():
        stream.seek(size)
        return
    while size and (read := len(stream.read(min(size, 1 << 20)))):
        size -= read


def _read_table(source: Input, stream: BinaryIO, options: ReadOptions, start: int) -> _Blocks:
    from exprinfer.scoring.reading import columns, tables  # need the extra "files"

    offset, found = 0, None
    name = source.shown if options.source else None
    for rows in tables.read_rows(source, stream, options):
        if not rows.batch.num_rows:
            continue
        if rows.malformed and options.on_error == "stop":
            raise InputError(f"{source.name}: {next(iter(rows.malformed.values())).message}")
        if found is None:
            first = rows.batch if source.part is None else tables.first_batch(stream)
            found = columns.find_columns(first, source.name, options)
            options.tell(f"{source.name}: {found}")
        offset += rows.batch.num_rows
        if offset <= start:
            continue
        yield partial(score_rows, rows, found, name), rows.batch.num_rows, offset


def score_rows(rows: Rows, found: Any, source: str | None, evaluator: Evaluator) -> ScoredBatch:
    """Score the rows of a table."""
    from exprinfer.scoring.reading import columns

    texts = columns.to_texts(columns.get_column(rows.batch, found.expression))
    for row in rows.malformed:
        texts[row] = ""
    result = with_malformed(evaluator.evaluate_batch(texts), rows.malformed)
    given = None
    if found.expected:
        given = columns.to_given(columns.get_column(rows.batch, found.expected))
    return ScoredBatch(result, given, rows.batch, rows.extra, source, evaluator.normalize)


def score_lines(lines: list[bytes], evaluator: Evaluator, source: str | None = None) -> ScoredBatch:
    """Score lines, each an expression or ``expression = answer``, ignoring blanks around both."""
    plain = _plain_texts(lines)
    if plain is not None:
        return ScoredBatch(evaluator.evaluate_batch(plain), None, source=source)
    pairs = [_split(line) for line in lines]
    result = evaluator.evaluate_batch([expression for expression, _ in pairs])  # type: ignore[misc]
    given = [given for _, given in pairs]
    return ScoredBatch(result, given, source=source, normalize=evaluator.normalize)


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
