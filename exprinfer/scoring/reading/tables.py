"""Read tables of CSV, TSV, JSON Lines and Parquet through Arrow."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.errors import InputError
from exprinfer.scoring.reading.csv_rows import BATCH_BYTES, read_csv
from exprinfer.scoring.reading.dialect import detect_dialect
from exprinfer.scoring.reading.encodings import UTF_8, marked_encoding
from exprinfer.scoring.reading.inputs import Input
from exprinfer.scoring.reading.json_rows import read_json_lines
from exprinfer.scoring.reading.opening import look_ahead
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.reading.rows import Rows
from exprinfer.scoring.reading.streams import Transcoded

# isort: split
import pyarrow as pa
import pyarrow.parquet

#: Rows in a batch of a Parquet file, and the rows after which its reader is opened anew: pyarrow
#: keeps what it read of each row group until the end.
BATCH_ROWS, READER_ROWS = 1 << 15, 1 << 19
_UNREADABLE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, csv.Error, UnicodeDecodeError)


def read_rows(source: Input, stream: BinaryIO, options: ReadOptions) -> Iterator[Rows]:
    """Yield the rows of a table in batches, the same ones each time it is read.

    The columns of CSV and TSV are text, exactly as written.

    Raises:
        InputError: If the table cannot be read.
    """
    try:
        for rows in _open_rows(source, stream, options):
            rows.batch.validate(full=True)  # a hostile file may hold text that is not UTF-8,
            rows.batch.schema.names  # noqa: B018  in its column names too
            yield rows
    except _UNREADABLE as error:
        raise _unreadable(source, error) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # Arrow reports some damaged Parquet files in this way.
        raise _unreadable(source, error) from error


def _unreadable(source: Input, error: Exception) -> InputError:
    return InputError(f"{source.name}: cannot be read as {source.file_format}: {error}")


def _open_rows(source: Input, stream: Any, options: ReadOptions) -> Iterator[Rows]:
    if source.file_format == "parquet":
        return _read_parquet(source, stream)
    head, stream = look_ahead(source, stream, BATCH_BYTES, wait=True)
    if source.file_format == "jsonl":
        encoding = options.encoding or marked_encoding(head)
        if encoding not in UTF_8:
            options.tell(f"{source.name}: encoding {encoding}")
            stream = Transcoded(stream, encoding)
        return read_json_lines(source.name, stream, options)
    usual = "," if source.file_format == "csv" else "\t"
    delimiter = options.delimiter or (usual if source.file_format == "tsv" else None)
    dialect = detect_dialect(head, delimiter, options.encoding)
    if told := dialect.differences(usual):
        options.tell(f"{source.name}: {told}")
    return read_csv(stream, dialect)


def _read_parquet(source: Input, stream: Any) -> Iterator[Rows]:
    file = pa.parquet.ParquetFile(stream, buffer_size=BATCH_BYTES)
    groups = list(range(file.num_row_groups) if source.part is None else source.part)
    for some, expected in _portions(file.metadata, groups):
        missing = expected
        for batch in file.iter_batches(BATCH_ROWS, row_groups=some, use_threads=False):
            missing -= batch.num_rows
            yield Rows(_without_dictionaries(batch))
        if missing:
            raise pa.ArrowInvalid(f"{missing:,} of its rows are missing")


def _portions(metadata: Any, groups: list[int]) -> Iterator[tuple[list[int], int]]:
    """Yield row groups that are next to each other, and how many rows they have together."""
    some: list[int] = []
    rows = 0
    for group in groups:
        some.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= READER_ROWS:
            yield some, rows
            some, rows = [], 0
    if some:
        yield some, rows


def first_batch(stream: Any) -> Any:
    """Return the first rows of a Parquet file as a record batch."""
    file = pa.parquet.ParquetFile(stream, buffer_size=BATCH_BYTES)
    return _without_dictionaries(next(file.iter_batches(BATCH_ROWS, use_threads=False)))


def _without_dictionaries(batch: Any) -> Any:
    """Decode dictionary columns, since a dictionary may change from batch to batch."""
    for index, field in enumerate(batch.schema):
        kind = _decoded(field.type)
        if kind != field.type:
            column = batch.column(index)
            top = pa.types.is_dictionary(field.type)
            values = column.cast(kind) if top else pa.array(column.to_pylist(), kind)
            batch = batch.set_column(index, field.name, values)
    return batch


def _decoded(kind: Any) -> Any:
    """Return a type without dictionaries in it, however deep."""
    if pa.types.is_dictionary(kind):
        return _decoded(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_decoded(field.type)) for field in kind])
    if pa.types.is_large_list(kind):
        return pa.large_list(_decoded(kind.value_type))
    if pa.types.is_list(kind):
        return pa.list_(_decoded(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(_decoded(kind.key_type), _decoded(kind.item_type))
    return kind
