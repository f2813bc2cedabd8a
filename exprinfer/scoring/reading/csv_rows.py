"""Read CSV and TSV through Arrow. Rows that it refuses stay, as rows without cells."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.scoring.reading.dialect import Dialect
from exprinfer.scoring.reading.encodings import UTF_8
from exprinfer.scoring.reading.rows import MalformedRow, Rows, malformed_row
from exprinfer.scoring.reading.streams import Transcoded

# isort: split
import pyarrow as pa
import pyarrow.csv

#: Bytes that Arrow parses at a time.
BATCH_BYTES = 1 << 19
#: Rows in a batch in which no row can be read.
_MALFORMED_ROWS = 1 << 15
#: Malformed rows on hold, several times what Arrow reads ahead; a file of more of them is refused.
_LIMIT = 1 << 20


def read_csv(stream: Any, dialect: Dialect) -> Iterator[Rows]:
    """Yield the rows of a CSV file, whose cells are text exactly as written.

    The first row, with the column names, has number 1. Empty lines do not count, unless there is
    only one column.

    Raises:
        pyarrow.ArrowInvalid: If the file cannot be read, for example if the first row is damaged.
    """
    pending: deque[tuple[int, MalformedRow]] = deque()

    def skip(row: Any) -> str:
        reason = f"expected {row.expected_columns} columns, got {row.actual_columns}"
        # Row 1 holds the names, so row 2 has index 0.
        pending.append((row.number - 2, malformed_row(row.number, row.text, reason)))
        return "skip" if len(pending) < _LIMIT else "error"

    if dialect.encoding not in UTF_8:
        stream = Transcoded(stream, dialect.encoding)
    # Text would end the run at a cell that is not UTF-8, bytes do not.
    types = dict.fromkeys(dialect.names, pa.binary())
    reader = pa.csv.open_csv(
        stream,
        pa.csv.ReadOptions(
            use_threads=False, block_size=BATCH_BYTES, skip_rows=dialect.skipped_lines
        ),
        pa.csv.ParseOptions(
            delimiter=dialect.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=len(dialect.names) > 1,
            invalid_row_handler=skip,
        ),
        pa.csv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )
    if not all(pa.types.is_binary(kind) for kind in reader.schema.types):
        # Arrow reads other names than we did, and would turn 007 into 7.
        raise pa.ArrowInvalid("the names of the columns in the first row cannot be read")
    yield from _in_order(reader, pending, dialect.delimiter)


def _in_order(
    reader: Any, pending: deque[tuple[int, MalformedRow]], delimiter: str
) -> Iterator[Rows]:
    """Put malformed rows back in their places.

    Those before a good row are in its batch, however far Arrow has read ahead. So a resumed run has
    the same batches.
    """
    done, batch = 0, None
    for batch in reader:
        for rows in _only_malformed(batch.schema, pending, done, _MALFORMED_ROWS):
            done += rows.batch.num_rows
            yield rows
        if not batch.num_rows:
            continue
        rows = _merge(batch, pending, done, delimiter)
        done += rows.batch.num_rows
        yield rows
    while pending:
        for rows in _only_malformed(reader.schema, pending, done, 1):
            done += rows.batch.num_rows
            yield rows


def _only_malformed(
    schema: Any, pending: deque[tuple[int, MalformedRow]], done: int, fewest: int
) -> Iterator[Rows]:
    """Yield batches of malformed rows alone, while at least ``fewest`` follow each other."""
    while pending:
        size = min(len(pending), _MALFORMED_ROWS)
        if size < fewest or pending[size - 1][0] != done + size - 1:
            return
        malformed = {index: pending.popleft()[1] for index in range(size)}
        empty = pa.RecordBatch.from_arrays(
            [pa.nulls(size, pa.string()) for _ in schema], names=schema.names
        )
        yield Rows(empty, malformed)
        done += size


def _merge(batch: Any, pending: deque[tuple[int, MalformedRow]], done: int, delimiter: str) -> Rows:
    """Return a batch with the malformed rows before and between its rows."""
    malformed: dict[int, MalformedRow] = {}
    while pending and pending[0][0] - done - len(malformed) < batch.num_rows:
        index, row = pending.popleft()
        malformed[index - done] = row
    texts, undecoded = _to_text(batch, delimiter)
    if not malformed and not undecoded:
        return Rows(texts)
    places = [row for row in range(batch.num_rows + len(malformed)) if row not in malformed]
    taken: list[int | None] = [None] * (len(places) + len(malformed))
    for good, place in enumerate(places):
        if good in undecoded:
            number = done + place + 2
            reason = "not UTF-8 text; give its encoding with --encoding, such as cp1252"
            malformed[place] = malformed_row(number, undecoded[good], reason)
        taken[place] = good
    return Rows(texts.take(pa.array(taken, pa.int64())), malformed)


def _to_text(batch: Any, delimiter: str) -> tuple[Any, dict[int, str]]:
    """Decode the cells; rows that are not UTF-8 become null and are returned as escaped text."""
    try:
        columns = [column.cast(pa.string()) for column in batch.columns]
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names), {}
    except pa.ArrowInvalid:
        pass
    undecoded: dict[int, str] = {}
    for index, row in enumerate(
        zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ):
        try:
            b"".join(row).decode()
        except UnicodeDecodeError:
            undecoded[index] = delimiter.join(
                cell.decode(errors="backslashreplace") for cell in row
            )
    kept = pa.array(
        [None if row in undecoded else row for row in range(batch.num_rows)], pa.int64()
    )
    columns = [column.take(kept).cast(pa.string()) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names), undecoded
