"""Write results as Parquet.

They are collected as an Arrow stream, which a resumed run can append to. A run that began with the
first batch also writes the Parquet file on the way; any other run converts the stream at the end.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from exprinfer.errors import OutputError
from exprinfer.results.columns import (
    SCHEMA,
    result_columns,
    to_strings,
)  # raises an error without pyarrow
from exprinfer.scoring.marking import MARKS, SOURCE, ScoredBatch
from exprinfer.scoring.writing.atomic_file import whole_file

# isort: split
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_MARKED = [("given", pa.string()), *((mark, pa.bool_()) for mark in MARKS)]
#: The columns of the results of lines.
LINES_SCHEMA = pa.schema([*SCHEMA, *(pa.field(*mark) for mark in _MARKED)])
#: Encodings without a dictionary, by the type of the column: faster and smaller than plain values.
_ENCODINGS = {
    pa.string(): "DELTA_LENGTH_BYTE_ARRAY",
    pa.int64(): "DELTA_BINARY_PACKED",
    pa.float32(): "BYTE_STREAM_SPLIT",
}
#: Rows of a column of text that show how much it shrinks, and the share of its size below which it
#: is compressed.
SAMPLE_ROWS, WORTH_COMPRESSING = 4_096, 0.75


class ParquetEncoder:
    """Appends record batches to an Arrow stream, and converts it to Parquet.

    Each batch becomes a row group. The formats are described at
    https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format and
    https://parquet.apache.org/docs/file-format/.
    """

    def __init__(self, folder: Path) -> None:
        """Write to a file in this folder, next to which there is room for a temporary one."""
        self.state: list[Any] = []
        """The schema as text, once a batch was written."""
        self._folder = folder
        self._early: _EarlyFile | None = None

    def restore(self, state: list[Any]) -> None:
        """Continue the file of an interrupted run."""
        self.state = state

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch.

        Raises:
            OutputError: If its columns differ from those before.
        """
        rows = to_arrow(batch)
        schema = [rows.schema.to_string()]
        if schema != (self.state or schema):
            raise OutputError(different_columns(self.state[0], schema[0]))
        self.state = schema
        size = 0 if offset else file.write(rows.schema.serialize())
        size += file.write(rows.serialize())
        if not offset:
            self._early = _EarlyFile(self._folder, rows)
        if self._early and self._early.offset == offset:
            self._early.write(rows, offset + size)
        return size

    def write_end(self, file: BinaryIO, offset: int) -> None:
        """Write the schema if there were no results."""
        if not offset:
            file.write(LINES_SCHEMA.serialize())

    def finish(self, partial: Path, path: Path) -> None:
        """Write the Parquet file, and remove the Arrow stream."""
        with whole_file(path) as file:
            if self._early and self._early.offset == partial.stat().st_size:
                self._early.copy_to(file)
            else:
                _convert(partial, file)
        partial.unlink()


class _EarlyFile:
    """The Parquet file of a run, in a temporary file without a name."""

    def __init__(self, folder: Path, rows: pa.RecordBatch) -> None:
        self.offset = 0
        """Bytes of the Arrow stream whose batches are in the file."""
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115  it is used until the end of the run
        self._writer = _open_writer(self._file, rows)

    def write(self, rows: pa.RecordBatch, offset: int) -> None:
        """Append a batch, which ends at an offset of the Arrow stream."""
        self._writer.write_batch(rows)
        self.offset = offset

    def copy_to(self, file: BinaryIO) -> None:
        """Complete the file and copy it."""
        self._writer.close()
        self._file.seek(0)
        copyfileobj(self._file, file, 1 << 20)
        self._file.close()


def _convert(partial: Path, file: BinaryIO) -> None:
    """Convert an Arrow stream to Parquet."""
    with pa.OSFile(str(partial)) as source:
        stream = pa.ipc.open_stream(source)
        writer = None
        for batch in stream:
            writer = writer or _open_writer(file, batch)
            writer.write_batch(batch)
        writer = writer or _open_writer(file, stream.schema.empty_table())
        writer.close()


def _open_writer(file: BinaryIO, first: pa.RecordBatch | pa.Table) -> pq.ParquetWriter:
    """Open a writer that encodes each column as suits its first values.

    Columns have a dictionary unless most of their values are different. Columns of text have no
    statistics, because readers seldom filter by the first and last text of a row group.
    """
    schema = first.schema
    if any(pa.types.is_nested(field.type) for field in schema):
        return pq.ParquetWriter(file, schema)
    columns = dict(zip(schema.names, first.columns, strict=True))
    different = [name for name, column in columns.items() if _mostly_different(column)]
    if "value" in columns and "value" not in different:
        different.append("value")  # small integers need no dictionary
    return pq.ParquetWriter(
        file,
        schema,
        use_dictionary=[name for name in schema.names if name not in different],
        column_encoding={name: _ENCODINGS[schema.field(name).type] for name in different},
        compression={
            name: _compression(column) if name in different else "snappy"
            for name, column in columns.items()
        },
        write_statistics=[name for name in schema.names if schema.field(name).type != pa.string()],
    )


def _mostly_different(column: pa.Array) -> bool:
    return column.type in _ENCODINGS and 2 * pc.count_distinct(column).as_py() > len(column)


def _compression(column: pa.Array) -> str:
    """Return the codec for a column: none for texts that hardly shrink, such as expressions."""
    if column.type != pa.string():
        return "snappy"
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
        names = pa.repeat(pa.scalar(batch.source, pa.string()), len(batch.result))
        columns.insert(0, (pa.field(SOURCE, pa.string()), names))
    schema = pa.schema([field for field, _ in columns])
    return pa.RecordBatch.from_arrays([values for _, values in columns], schema=schema)
