"""Read tables of CSV, TSV, JSON Lines and Parquet through Arrow, and find the columns to score."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from exprinfer.arrow import check_columns, is_text  # raises an error if pyarrow is missing
from exprinfer.errors import InputError
from exprinfer.language.tokenizer import encode
from exprinfer.language.validation import validate
from exprinfer.scoring.marking import result_fields
from exprinfer.scoring.readers import Input, open_input

# isort: split
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

#: Size of the batches: rows of a Parquet file, bytes of all others.
BATCH_ROWS, BATCH_BYTES = 1 << 15, 1 << 19
#: Default names of the columns of expressions and of expected values.
EXPRESSION, EXPECTED = "expression", "expected"
#: Rows that show whether a column holds expressions.
_SAMPLE_ROWS = 100
#: Characters that an expression in those rows has at most.
_SAMPLE_WIDTH = 64
_UNREADABLE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, csv.Error, UnicodeDecodeError)
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_batches(source: Input, stream: BinaryIO) -> Iterator[Any]:
    """Yield the rows of a table as Arrow record batches, the same ones each time it is read.

    The columns of CSV and TSV are text, exactly as written.

    Raises:
        InputError: If the table cannot be read.
    """
    try:
        for batch in _open_batches(source, stream):
            batch.validate(full=True)  # a hostile file may hold text that is not UTF-8,
            batch.schema.names  # noqa: B018  in its column names too
            yield _without_dictionaries(batch)
    except _UNREADABLE as error:
        raise _unreadable(source, error) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # Arrow reports some damaged Parquet files in this way.
        raise _unreadable(source, error) from error


def _unreadable(source: Input, error: Exception) -> InputError:
    return InputError(f"{source.name}: cannot be read as {source.file_format}: {error}")


def _without_dictionaries(batch: Any) -> Any:
    """Decode dictionary columns, since a dictionary may change from batch to batch."""
    for index, field in enumerate(batch.schema):
        if pa.types.is_dictionary(field.type):
            values = batch.column(index).cast(field.type.value_type)
            batch = batch.set_column(index, field.name, values)
    return batch


def _open_batches(source: Input, stream: BinaryIO) -> Any:
    if source.file_format == "parquet":
        file = pa.parquet.ParquetFile(stream, buffer_size=BATCH_BYTES)
        return file.iter_batches(BATCH_ROWS, use_threads=False)
    if source.file_format == "jsonl":
        options = pa.json.ReadOptions(use_threads=False, block_size=BATCH_BYTES)
        return pa.json.open_json(stream, options)
    return _open_csv(source, stream, _DELIMITERS[source.file_format])


def _open_csv(source: Input, stream: Any, delimiter: str) -> Any:
    if source.is_file:
        with open_input(source) as (again, _):
            head = again.read(BATCH_BYTES)
    else:
        head = stream.read(BATCH_BYTES)
        stream = _Prepended(head, stream)
    first = head.partition(b"\n")[0].decode("utf-8-sig", "replace")
    names = next(csv.reader([first], delimiter=delimiter), [])
    types = dict.fromkeys(names, pa.string())
    return pa.csv.open_csv(
        stream,
        pa.csv.ReadOptions(use_threads=False, block_size=BATCH_BYTES),
        pa.csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1
        ),
        pa.csv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )


class _Prepended:
    """A stream that yields some bytes before those of another stream."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream, self.closed = head, stream, False

    def read(self, size: int) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._stream.read(size)


def find_columns(
    batch: Any, file_name: str, expression: str | None, expected: str | None
) -> tuple[str, str | None]:
    """Find the column of expressions and the column of expected values.

    Args:
        batch: The first record batch of the table.
        file_name: The name that errors begin with.
        expression: The column of expressions. If None, it is the one named ``EXPRESSION``, or else
            the only one whose first rows mostly hold expressions.
        expected: The column of expected values. If None, it is the one named ``EXPECTED``, if any.

    Returns:
        The names of both columns; the second is None if there is none.

    Raises:
        InputError: If there is no such column, the expressions are not text, or a column is named
            like one that scoring adds.
    """
    names = batch.schema.names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            f"{file_name}: more than one column is named {', '.join(repeated)}; rename them"
        )
    if _count_expressions(names):
        raise InputError(
            f"{file_name}: the first row holds an expression; put a row of column names before it"
        )
    if expression is not None and expression == expected:
        raise InputError(
            f"{file_name}: column {expression!r} cannot hold both expressions and expected values"
        )
    for name in (expression, expected):
        if name is not None:
            check_columns(names, name, (), f"{file_name}: ")
    if expression is None:
        expression = _detect_expressions(batch, file_name)
    if not is_text(batch.column(expression).type):
        kind = batch.column(expression).type
        raise InputError(f"{file_name}: column {expression!r} holds {kind}, not text")
    if expected is None and EXPECTED in names and expression != EXPECTED:
        expected = EXPECTED
    check_columns(names, expression, result_fields(expected is not None), f"{file_name}: ")
    return expression, expected


def _detect_expressions(batch: Any, file_name: str) -> str:
    """Return the name of the column that holds expressions."""
    names: list[str] = batch.schema.names
    if EXPRESSION in names:
        return EXPRESSION
    candidates = [name for name in names if _holds_expressions(batch.column(name))]
    if len(candidates) != 1:
        reason = f"{', '.join(candidates)} all hold" if candidates else "none holds"
        raise InputError(
            f"{file_name}: {reason} expressions; the columns are {', '.join(names)}: "
            "choose one with --column"
        )
    return candidates[0]


def to_texts(column: Any) -> list[str]:
    """Return the rows of a column of text; nulls become empty."""
    return column.cast(pa.string()).fill_null("").to_pylist()  # type: ignore[no-any-return]


def to_given(column: Any) -> list[str | None]:
    """Return the rows of a column of expected values as text; None for nulls and blanks."""
    if pa.types.is_floating(column.type):  # pandas converts integers so if some are missing
        with suppress(pa.ArrowInvalid):  # some are not integers, and will be marked wrong
            column = column.cast(pa.int64())
    rows = column.cast(pa.string()).to_pylist()
    return [row.strip() or None if row is not None else None for row in rows]


def _holds_expressions(column: Any) -> bool:
    if not is_text(column.type):
        return False
    rows = [row for row in to_texts(column.slice(0, _SAMPLE_ROWS)) if row]
    return len(rows) > 0 and 2 * _count_expressions(rows) > len(rows)


def _count_expressions(rows: list[str]) -> int:
    """Count the rows that are expressions with an operator, not just integers."""
    checked = validate(*encode(rows, _SAMPLE_WIDTH))
    has_operator = [any(symbol in "+-*/" for symbol in row[1:]) for row in rows]
    return int(((checked.errors == 0) & has_operator).sum())
