"""Write results as Parquet, so that an interrupted run can be resumed.

Each batch is appended with a footer of its own, so nothing that a resumed run needs is in memory.
The last footer describes all batches. Readers begin with it and never see the others.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from exprinfer.errors import OutputError
from exprinfer.results.columns import (
    SCHEMA,
    result_columns,
    text_column,
    to_strings,
)  # raises an error without pyarrow
from exprinfer.scoring.marking import MARKS, SOURCE, ScoredBatch
from exprinfer.scoring.writing.atomic_file import move_into_place
from exprinfer.scoring.writing.parquet_footer import moved

# isort: split
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_MARKED = [("given", pa.string()), *((mark, pa.bool_()) for mark in MARKS)]
#: The columns of the results of lines.
LINES_SCHEMA = pa.schema([*SCHEMA, *(pa.field(*mark) for mark in _MARKED)])
#: Encodings without a dictionary, by the type of the column; all common readers know them. That of
#: integers is faster and smaller than plain values. Those of text and floats would save little for
#: the time that they take.
_ENCODINGS = {pa.string(): "PLAIN", pa.int64(): "DELTA_BINARY_PACKED", pa.float32(): "PLAIN"}
#: Rows of a column of text that show how much it shrinks, and the share of its size below which it
#: is compressed.
SAMPLE_ROWS, WORTH_COMPRESSING = 4_096, 0.75
#: What a Parquet file begins and ends with, and the bytes after its metadata: their size and this.
_MAGIC, _TAIL = b"PAR1", 8


class ParquetEncoder:
    """Appends record batches to a Parquet file; each becomes a row group.

    The format is described at https://parquet.apache.org/docs/file-format/.
    """

    def __init__(self) -> None:
        self.state: list[Any] = []
        """Once a batch was written: the schema as text, the options of the columns, and for each
        batch where it ends in the file."""

    def restore(self, state: list[Any]) -> None:
        """Continue the file of an interrupted run."""
        self.state = state

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch.

        Raises:
            OutputError: If its columns differ from those before.
        """
        rows = to_arrow(batch)
        schema = rows.schema.to_string()
        before, options, *ends = self.state or [schema, _options(rows)]
        if schema != before:
            raise OutputError(different_columns(before, schema))
        end = offset + file.write(_encode(rows, options))
        # If the batch before was interrupted here, it is written again.
        self.state = [schema, options, *(each for each in ends if each <= offset), end]
        return end - offset

    def write_end(self, file: BinaryIO, offset: int) -> None:
        """Write the last footer."""
        ends = [0, *(end for end in self.state[2:] if end <= offset)]
        footers = [_read_footer(file, start, end) for start, end in pairwise(ends)]
        if not footers:
            pq.write_table(LINES_SCHEMA.empty_table(), file)
            return
        for footer in footers[1:]:
            footers[0].append_row_groups(footer)
        file.seek(offset)
        footers[0].write_metadata_file(file)

    def finish(self, partial: Path, path: Path) -> None:
        """Rename the file."""
        move_into_place(partial, path)


def _encode(rows: pa.RecordBatch, options: dict[str, Any]) -> pa.Buffer:
    """Return a Parquet file with one row group."""
    content = pa.BufferOutputStream()
    with pq.ParquetWriter(content, rows.schema, **options) as writer:
        writer.write_batch(rows)
    return content.getvalue()


def _read_footer(file: BinaryIO, start: int, end: int) -> pq.FileMetaData:
    """Return the metadata of the Parquet file in a part of a file, with offsets in the whole."""
    file.seek(end - _TAIL)
    size = int.from_bytes(file.read(4), "little")
    file.seek(end - _TAIL - size)
    content = moved(file.read(size), start)
    footer = len(content).to_bytes(4, "little") + _MAGIC
    return pq.read_metadata(pa.BufferReader(_MAGIC + content + footer))


def _options(first: pa.RecordBatch) -> dict[str, Any]:
    """Return options for the writer, as JSON values, that suit the first values of each column.

    Columns have a dictionary unless most of their values are different. Columns of text have no
    statistics, because readers seldom filter by the first and last text of a row group.
    """
    schema = first.schema
    if any(pa.types.is_nested(field.type) for field in schema):
        return {}
    columns = dict(zip(schema.names, first.columns, strict=True))
    different = [name for name, column in columns.items() if _mostly_different(column)]
    if "value" in columns and "value" not in different:
        different.append("value")  # small integers need no dictionary
    return {
        "use_dictionary": [name for name in schema.names if name not in different],
        "column_encoding": {name: _ENCODINGS[schema.field(name).type] for name in different},
        "compression": {
            name: _compression(column) if name in different else "snappy"
            for name, column in columns.items()
        },
        "write_statistics": [
            name for name in schema.names if schema.field(name).type != pa.string()
        ],
    }


def _mostly_different(column: pa.Array) -> bool:
    return column.type in _ENCODINGS and 2 * pc.count_distinct(column).as_py() > len(column)


def _compression(column: pa.Array) -> str:
    """Return the codec for a column: none for texts that hardly shrink, such as expressions."""
    if column.type != pa.string():
        return "snappy" if pa.types.is_integer(column.type) else "none"
    content = "".join(column.slice(0, SAMPLE_ROWS).drop_null().to_pylist()).encode()
    shrunk = pa.Codec("snappy").compress(content)
    return "snappy" if len(shrunk) < WORTH_COMPRESSING * len(content) else "none"


def different_columns(before: str, then: str) -> str:
    """Return the message for inputs whose results do not fit into one table.

    Args:
        before: The schema of the first results, as text.
        then: The other schema.
    """
    return (
        "the inputs have different columns, which one Parquet file cannot hold; score them one by "
        f"one, or use --format jsonl: {_one_line(before)}; then {_one_line(then)}"
    )


def _one_line(schema: str) -> str:
    return ", ".join(schema.splitlines())


def to_arrow(batch: ScoredBatch) -> pa.RecordBatch:
    """Return the results as a record batch.

    The rows of a table have its own columns, those of ``SCHEMA`` except ``expression``, and the
    marks if expected values are given. Lines have all columns of ``SCHEMA`` and the marks.
    """
    if batch.table is None:
        columns = [(SCHEMA.field("expression"), to_strings(batch.result.expressions))]
        marks = _MARKED
    else:
        columns = list(zip(batch.table.schema, batch.table.columns, strict=True))
        marks = _MARKED[1:] if batch.given is not None else []
    columns += zip(list(SCHEMA)[1:], result_columns(batch.result), strict=True)
    for name, kind in marks:
        values = [getattr(marked, name) for marked in batch.marked]
        column = pa.array(values, kind) if values else pa.nulls(len(batch.result), kind)
        columns.append((pa.field(name, kind), column))
    if batch.source is not None:
        names = pa.repeat(text_column([batch.source])[0], len(batch.result))
        columns.insert(0, (pa.field(SOURCE, pa.string()), names))
    schema = pa.schema([field for field, _ in columns])
    return pa.RecordBatch.from_arrays([values for _, values in columns], schema=schema)
