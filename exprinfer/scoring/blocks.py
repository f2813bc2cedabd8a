"""The inputs block by block: lines or rows that are answered together, and the place after them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from exprinfer.errors import InputError
from exprinfer.evaluator import Evaluator
from exprinfer.results import FIELDS
from exprinfer.scoring.lines import BLOCK, read_lines
from exprinfer.scoring.marking import MARKS, ScoredBatch
from exprinfer.scoring.readers import Input, opened

_BLANKS = " \t\r"


class Place(NamedTuple):
    """How far the inputs were read."""

    input: int = 0
    """Which of them."""
    done: int = 0
    """How much of it: bytes of text decompressed, rows of a table."""


@dataclass(frozen=True)
class Block:
    """Lines or rows to be scored together."""

    score: Callable[[Evaluator], ScoredBatch]
    place: Place
    """Where reading goes on after them."""
    read: int
    """Bytes of the file as it lies on the disk that were read for them."""
    prompt: bool
    """Whether they are few and came from a slow pipe, whose results are waited for."""


@dataclass(frozen=True)
class Columns:
    """The columns of tables that count; None where they are to be found."""

    expression: str | None = None
    expected: str | None = None


def read_blocks(inputs: list[Input], columns: Columns, start: Place) -> Iterator[Block]:
    """Yield all blocks of the inputs from a place on; they are the same wherever it starts.

    Raises InputError where an input cannot be read, OSError from reading.
    """
    for number, source in enumerate(inputs[start.input :], start.input):
        with opened(source) as (stream, position):
            begin = start.done if number == start.input else 0
            read = _read_text if source.form == "text" else _read_table
            before = 0
            for score, done in read(source, stream, columns, begin):
                read_so_far = position()
                prompt = not source.is_file and done - begin < BLOCK // 2
                yield Block(score, Place(number, done), read_so_far - before, prompt)
                before, begin = read_so_far, done


Read = Iterator[tuple[Callable[[Evaluator], ScoredBatch], int]]


def _read_text(source: Input, stream: BinaryIO, columns: Columns, start: int) -> Read:
    if start:
        _skip(stream, start)
    for lines, done in read_lines(stream, start, prompt=not source.is_file):
        yield partial(score_lines, lines), done


def _skip(stream: BinaryIO, size: int) -> None:
    if stream.seekable():
        stream.seek(size)
        return
    while size and (read := len(stream.read(min(size, 1 << 20)))):
        size -= read


def _read_table(source: Input, stream: BinaryIO, columns: Columns, start: int) -> Read:
    from exprinfer.scoring import tables  # needs an extra

    done, names = 0, None
    for batch in tables.read_batches(source, stream):
        done += batch.num_rows
        if done <= start or not batch.num_rows:
            continue
        if names is None:
            names = tables.find_columns(batch, source.name, columns.expression, columns.expected)
            _refuse_taken(source, batch.schema.names, names[1] is not None)
        yield partial(_score_rows, batch, *names), done


def _score_rows(
    batch: Any, expression: str, expected: str | None, evaluator: Evaluator
) -> ScoredBatch:
    from exprinfer.scoring import tables

    column = evaluator.evaluate_batch(tables.texts(batch.column(expression)))
    givens = tables.given(batch.column(expected)) if expected else None
    return ScoredBatch(column, givens, batch)


def _refuse_taken(source: Input, names: list[str], marked: bool) -> None:
    written = {*FIELDS[1:], *(MARKS if marked else ())}
    taken = [name for name in names if name in written]
    if taken:
        raise InputError(
            f"{source.name}: has columns that results are written to: {', '.join(taken)}; "
            "rename them first"
        )


def score_lines(lines: list[bytes], evaluator: Evaluator) -> ScoredBatch:
    """Score lines that are in memory; blanks around an expression do not count."""
    plain = _plain_texts(lines)
    if plain is not None:
        return ScoredBatch(evaluator.evaluate_batch(plain), None)
    parts = [_split(line) for line in lines]
    column = evaluator.evaluate_batch([expression for expression, _ in parts])  # type: ignore[misc]
    return ScoredBatch(column, [given for _, given in parts])


def _plain_texts(lines: list[bytes]) -> list[str] | None:
    """The lines as texts where none has blanks or an answer, or is no text; else None."""
    whole = b"\n".join(lines)
    if not whole.isascii() or any(mark in whole for mark in (b"=", b" ", b"\t", b"\r")):
        return None
    return whole.decode().split("\n") if lines else []


def _split(line: bytes) -> tuple[str | bytes, str | None]:
    """A line's expression, as it is where it is no text, and the answer it gives, if any."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return line, None
    expression, _, given = text.partition("=")
    return expression.strip(_BLANKS), given.removeprefix("?").strip(_BLANKS) or None
