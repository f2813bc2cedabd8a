"""Results as Parquet: spooled as Arrow messages, which an interrupted run can add to, and then
written in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from exprinfer.arrow import SCHEMA, results_batch  # tells which extra is missing
from exprinfer.errors import OutputError
from exprinfer.results import BatchResult, as_text
from exprinfer.scoring.atomic_file import whole_file
from exprinfer.scoring.marking import MARKS, ScoredBatch

# isort: split
import pyarrow as pa
import pyarrow.parquet as pq

_MARKED = [("given", pa.string()), *((mark, pa.bool_()) for mark in MARKS)]
_LINES = pa.schema([*SCHEMA, *(pa.field(*mark) for mark in _MARKED)])


class ParquetEncoder:
    """Appends record batches to an Arrow stream, and makes Parquet of it, one row group a batch.

    The formats: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format and
    https://parquet.apache.org/docs/file-format/.
    """

    def __init__(self) -> None:
        self.state: list[Any] = []
        """The schema, as text."""

    def restore(self, state: list[Any]) -> None:
        """Go on with the file of an interrupted run."""
        self.state = state

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch; raises OutputError where the columns would change."""
        rows = to_arrow(batch)
        schema = [rows.schema.to_string()]
        if schema != (self.state or schema):
            raise OutputError(
                "the inputs have different columns, which one Parquet file cannot hold; score them "
                f"one by one, or with --format jsonl: {_named(self.state)}; then {_named(schema)}"
            )
        self.state = schema
        size = 0 if offset else file.write(rows.schema.serialize())
        return size + file.write(rows.serialize())

    def end(self, file: BinaryIO, offset: int) -> None:
        """Write the schema where there was no result at all."""
        if not offset:
            file.write(_LINES.serialize())

    def put(self, partial: Path, path: Path) -> None:
        """Make the Parquet file of what was appended."""
        with pa.OSFile(str(partial)) as source, whole_file(path) as file:
            stream = pa.ipc.open_stream(source)
            with pq.ParquetWriter(file, stream.schema) as writer:
                for batch in stream:
                    writer.write_batch(batch)
        partial.unlink()


def _named(schema: list[str]) -> str:
    return ", ".join(schema[0].splitlines())


def to_arrow(batch: ScoredBatch) -> pa.RecordBatch:
    """The results as columns: a table's own, then those of ``SCHEMA`` less the expression; of lines
    all of ``SCHEMA``; and the marks, which tables have where they have values expected."""
    results = results_batch(_texts(batch.column), batch.column)
    pairs = list(zip(SCHEMA, results.columns, strict=True))
    marks = _MARKED
    if batch.table is not None:
        pairs = [*zip(batch.table.schema, batch.table.columns, strict=True), *pairs[1:]]
        marks = _MARKED[1:] if batch.givens is not None else []
    for name, kind in marks:
        values = [getattr(scored, name) for scored in batch.marked]
        column = pa.array(values, kind) if values else pa.nulls(len(batch.column), kind)
        pairs.append((pa.field(name, kind), column))
    schema = pa.schema([field for field, _ in pairs])
    return pa.RecordBatch.from_arrays([values for _, values in pairs], schema=schema)


def _texts(column: BatchResult) -> pa.StringArray:
    if set(map(type, column.expressions)) <= {str}:
        return pa.array(column.expressions, pa.string())
    return pa.array(map(as_text, column.expressions), pa.string())
