"""Write results as Parquet.

They are collected as an Arrow stream, which a resumed run can append to, and converted at the end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from exprinfer.errors import OutputError
from exprinfer.results import BatchResult, as_text
from exprinfer.results.columns import SCHEMA, results_batch  # raises an error without pyarrow
from exprinfer.scoring.marking import MARKS, SOURCE, ScoredBatch
from exprinfer.scoring.writing.atomic_file import whole_file

# isort: split
import pyarrow as pa
import pyarrow.parquet as pq

_MARKED = [("given", pa.string()), *((mark, pa.bool_()) for mark in MARKS)]
#: The columns of the results of lines.
LINES_SCHEMA = pa.schema([*SCHEMA, *(pa.field(*mark) for mark in _MARKED)])


class ParquetEncoder:
    """Appends record batches to an Arrow stream, and converts it to Parquet.

    Each batch becomes a row group. The formats are described at
    https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format and
    https://parquet.apache.org/docs/file-format/.
    """

    def __init__(self) -> None:
        self.state: list[Any] = []
        """The schema as text, once a batch was written."""

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
        return size + file.write(rows.serialize())

    def write_end(self, file: BinaryIO, offset: int) -> None:
        """Write the schema if there were no results."""
        if not offset:
            file.write(LINES_SCHEMA.serialize())

    def finish(self, partial: Path, path: Path) -> None:
        """Convert the Arrow stream to the Parquet file, and remove the stream."""
        with pa.OSFile(str(partial)) as source, whole_file(path) as file:
            stream = pa.ipc.open_stream(source)
            with pq.ParquetWriter(file, stream.schema) as writer:
                for batch in stream:
                    writer.write_batch(batch)
        partial.unlink()


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
    results = results_batch(_to_strings(batch.result), batch.result)
    columns = list(zip(SCHEMA, results.columns, strict=True))
    marks = _MARKED
    if batch.table is not None:
        columns = [*zip(batch.table.schema, batch.table.columns, strict=True), *columns[1:]]
        marks = _MARKED[1:] if batch.given is not None else []
    for name, kind in marks:
        values = [getattr(marked, name) for marked in batch.marked]
        column = pa.array(values, kind) if values else pa.nulls(len(batch.result), kind)
        columns.append((pa.field(name, kind), column))
    if batch.source is not None:
        names = pa.repeat(pa.scalar(batch.source, pa.string()), len(batch.result))
        columns.insert(0, (pa.field(SOURCE, pa.string()), names))
    schema = pa.schema([field for field, _ in columns])
    return pa.RecordBatch.from_arrays([values for _, values in columns], schema=schema)


def _to_strings(result: BatchResult) -> pa.StringArray:
    if set(map(type, result.expressions)) <= {str}:
        return pa.array(result.expressions, pa.string())
    return pa.array(map(as_text, result.expressions), pa.string())
