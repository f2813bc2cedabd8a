"""Tables of CSV, JSON Lines and Parquet, read through Arrow; which of their columns count."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from exprinfer.errors import ExtraMissingError, InputError
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.language.validation import check
from exprinfer.scoring.readers import Input, opened

try:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    raise ExtraMissingError(
        "CSV, JSON Lines and Parquet files are read and written by pyarrow, which comes with an "
        "extra: pip install 'exprinfer[files]'"
    ) from None

# isort: split
from exprinfer.arrow import is_text

#: Rows of a Parquet file, and bytes of the others, that are handled together.
ROWS, BLOCK = 1 << 15, 1 << 19
#: Names that the columns of expressions and of expected values have where none is given.
EXPRESSION, EXPECTED = "expression", "expected"
#: Rows at which a column is looked at, to see whether it holds expressions.
LOOKED_AT = 100
#: Of those, characters that an expression has at most.
_WIDTH = 64
_UNREADABLE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, csv.Error, UnicodeDecodeError)
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_batches(source: Input, stream: BinaryIO) -> Iterator[Any]:
    """Yield the table's rows as Arrow record batches, the same ones each time it is read.

    All columns of CSV and TSV are text, carried as they are written. Raises InputError where the
    table cannot be read.
    """
    try:
        for batch in _open(source, stream):
            batch.validate(full=True)  # a hostile file's text may be none,
            batch.schema.names  # noqa: B018  and its columns' names neither
            yield _plain(batch)
    except _UNREADABLE as error:
        raise InputError(f"{source.name}: cannot be read as {source.form}: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        # So Arrow tells of some Parquet files that are damaged.
        raise InputError(f"{source.name}: cannot be read as {source.form}: {error}") from error


def _plain(batch: Any) -> Any:
    """The rows with no column coded by a dictionary, which could change on the way."""
    coded = [pa.types.is_dictionary(field.type) for field in batch.schema]
    for index, field in enumerate(batch.schema):
        if coded[index]:
            values = batch.column(index).cast(field.type.value_type)
            batch = batch.set_column(index, field.name, values)
    return batch


def _open(source: Input, stream: BinaryIO) -> Any:
    if source.form == "parquet":
        file = pa.parquet.ParquetFile(stream, buffer_size=BLOCK)
        return file.iter_batches(ROWS, use_threads=False)
    if source.form == "jsonl":
        return pa.json.open_json(stream, pa.json.ReadOptions(use_threads=False, block_size=BLOCK))
    return _open_csv(source, stream, _DELIMITERS[source.form])


def _open_csv(source: Input, stream: Any, delimiter: str) -> Any:
    if source.is_file:
        with opened(source) as (again, _):
            head = again.read(BLOCK)
    else:
        head = stream.read(BLOCK)
        stream = _Rewound(head, stream)
    first = head.partition(b"\n")[0].decode("utf-8-sig", "replace")
    names = next(csv.reader([first], delimiter=delimiter), [])
    types = dict.fromkeys(names, pa.string())
    return pa.csv.open_csv(
        stream,
        pa.csv.ReadOptions(use_threads=False, block_size=BLOCK),
        pa.csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1
        ),
        pa.csv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )


class _Rewound:
    """A stream with some bytes put back before it."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream, self.closed = head, stream, False

    def read(self, size: int) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._stream.read(size)


def find_columns(
    batch: Any, name: str, expression: str | None, expected: str | None
) -> tuple[str, str | None]:
    """The names of the columns that hold the expressions and the values expected, if any.

    That of the expressions is the one named, or the one called ``EXPRESSION``, or the only one
    whose first rows mostly are expressions. ``name`` is the file's, for the errors. Raises
    InputError where there is no such column, or it holds no text.
    """
    names = batch.schema.names
    there = f"the columns are {', '.join(names)}"
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise InputError(f"{name}: more than one column is called {', '.join(twice)}; rename them")
    if _are_expressions(names):
        raise InputError(f"{name}: the first row holds an expression, not names; put names before")
    if expression is not None and expression == expected:
        raise InputError(f"{name}: {expression!r} cannot hold both expressions and their values")
    for asked in (expression, expected):
        if asked is not None and asked not in names:
            raise InputError(f"{name}: no column {asked!r}; {there}")
    if expression is None and EXPRESSION in names:
        expression = EXPRESSION
    if expression is None:
        found = [each for each in names if _holds_expressions(batch.column(each))]
        if len(found) != 1:
            many = f"{', '.join(found)} all hold" if found else "none holds"
            raise InputError(f"{name}: {many} expressions; {there}: name one by --column")
        expression = found[0]
    if not is_text(batch.column(expression).type):
        kind = batch.column(expression).type
        raise InputError(f"{name}: column {expression!r} holds {kind}, not text")
    if expected is None and EXPECTED in names and expression != EXPECTED:
        expected = EXPECTED
    return expression, expected


def texts(column: Any) -> list[str]:
    """An Arrow column as texts, empty where it is null."""
    return column.cast(pa.string()).fill_null("").to_pylist()  # type: ignore[no-any-return]


def given(column: Any) -> list[str | None]:
    """The values that an Arrow column gives, as texts, None where it gives none."""
    if pa.types.is_floating(column.type):  # as pandas writes integers where some are missing
        with suppress(pa.ArrowInvalid):  # some are no integers, and will be found wrong
            column = column.cast(pa.int64())
    rows = column.cast(pa.string()).to_pylist()
    return [row.strip() or None if row is not None else None for row in rows]


def _holds_expressions(column: Any) -> bool:
    if not is_text(column.type):
        return False
    rows = [row for row in texts(column.slice(0, LOOKED_AT)) if row]
    return len(rows) > 0 and 2 * _are_expressions(rows) > len(rows)


def _are_expressions(rows: list[str]) -> int:
    """How many are expressions, and more than bare integers."""
    checked = check(*Alphabet(SYMBOLS).encode(rows, _WIDTH))
    worked_out = [any(symbol in "+-*/" for symbol in row[1:]) for row in rows]
    return int(((checked.errors == 0) & worked_out).sum())
