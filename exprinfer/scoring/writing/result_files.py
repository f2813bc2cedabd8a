"""Write the results of a part of a data set as Parquet files of bounded size."""

from __future__ import annotations

from typing import Any

from exprinfer.errors import OutputError
from exprinfer.scoring.writing.parquet import LINES_SCHEMA, different_columns
from exprinfer.scoring.writing.result_folder import Folder, WrittenFile

# isort: split
import pyarrow as pa
from pyarrow import parquet

#: Rows and bytes of a file; a worker holds them in memory.
FILE_ROWS, FILE_BYTES = 1 << 18, 1 << 26


class ResultFiles:
    """Collects record batches, and writes them as files whose names are in the order of the rows.

    An attempt at the same rows writes the same files.
    """

    def __init__(self, folder: Folder, part: int) -> None:
        """Write files for the part with this number."""
        self._folder, self._part = folder, part
        self._batches: list[Any] = []
        self._files: list[WrittenFile] = []
        self.columns: str | None = None
        """The names and types of the columns, once there was a batch."""

    def write(self, batch: Any) -> None:
        """Append a batch.

        Raises:
            OutputError: If its columns differ from those before.
            OSError: If the storage fails.
        """
        columns = batch.schema.to_string()
        if self.columns not in (None, columns):
            raise OutputError(different_columns(str(self.columns), columns))
        self.columns = columns
        self._batches.append(batch)
        rows = sum(len(batch) for batch in self._batches)
        size = sum(batch.nbytes for batch in self._batches)
        if rows >= FILE_ROWS or size >= FILE_BYTES:
            self._put()

    def finish(self) -> list[WrittenFile]:
        """Write what is left, and return all files."""
        if self._batches:
            self._put()
        return self._files

    def _put(self) -> None:
        table = pa.Table.from_batches(self._batches)
        name = f"{self._folder.run}-{self._part:06}-{len(self._files):04}.parquet"
        self._files.append(put_table(self._folder, name, table))
        self._batches = []


def put_table(folder: Folder, name: str, table: Any) -> WrittenFile:
    """Write a file in one piece: a stream that is closed after an error would leave half of it."""
    buffer = pa.BufferOutputStream()
    parquet.write_table(table, buffer)
    content = buffer.getvalue()
    folder.put(name, content)
    return WrittenFile(name, len(table), content.size)


def put_empty(folder: Folder) -> WrittenFile:
    """Write a file without rows, so that a folder without results can be read."""
    return put_table(folder, f"{folder.run}-empty.parquet", LINES_SCHEMA.empty_table())
