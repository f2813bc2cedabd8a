"""Read the data sets of ``exprinfer.ray``, and score them as ``exprinfer score`` does."""

from __future__ import annotations

from typing import Any

from exprinfer.arrow import CHUNK_ROWS  # raises an error if pyarrow is missing
from exprinfer.errors import InputError
from exprinfer.evaluator import load
from exprinfer.scoring.marking import SOURCE
from exprinfer.scoring.reading.blocks import score_lines, score_rows
from exprinfer.scoring.reading.columns import Columns, find_columns
from exprinfer.scoring.reading.dataset_files import Source
from exprinfer.scoring.reading.encodings import UTF_8
from exprinfer.scoring.reading.inputs import Input, input_format
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.reading.rows import Rows
from exprinfer.scoring.reading.tables import read_rows
from exprinfer.scoring.writing.parquet import to_arrow

# isort: split
import pyarrow as pa
from pyarrow import csv, json

#: The column of a text file, and the one in which Ray puts the path of the file.
_LINE, _PATH = "line", "path"


class ScoreRows:
    """Scores the batches of a data set; each worker opens the models once."""

    def __init__(self, columns: Columns | None, name_files: bool, **options: Any) -> None:
        """Open the models.

        Args:
            columns: The columns of a table; None: the rows are lines of text.
            name_files: Whether the rows have a column with the path of their file.
            options: As for ``exprinfer.load``.
        """
        self._columns, self._name_files = columns, name_files
        self._evaluator = load(**options)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return the results of a batch, with the columns of ``exprinfer score``."""
        batches = table.to_batches(max_chunksize=CHUNK_ROWS)
        batches = batches or [pa.RecordBatch.from_pylist([], table.schema)]
        return pa.Table.from_batches(list(map(self._score, batches)))

    def _score(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        paths = None
        if self._name_files:
            paths = batch.column(_PATH)
            batch = batch.drop_columns([_PATH])
        if self._columns is None:
            scored = score_lines(batch.column(_LINE).to_pylist(), self._evaluator)
        else:
            scored = score_rows(Rows(batch), self._columns, None, self._evaluator)
        results = to_arrow(scored)
        return results if paths is None else results.add_column(0, SOURCE, paths)


def read_sources(
    ray: Any, sources: list[Source], options: ReadOptions
) -> tuple[Any, Columns | None]:
    """Return the Ray data set of all files, and the columns to score; None for lines of text.

    Raises:
        InputError: If the sources have different formats or columns, or a table cannot be scored.
    """
    if len({(source.file_format, source.dialect) for source in sources}) > 1:
        raise InputError("Ray needs sources with the same format, columns and delimiter")
    columns: Columns | None = None
    datasets = []
    for source in sources:
        first = None if source.file_format == "text" else _first_rows(source, options)
        if first is not None:
            if options.source and _PATH in first.schema.names:
                raise InputError(
                    f"{source.path}: Ray cannot name the files of a table with a column {_PATH!r}; "
                    "rename it, or use --no-source"
                )
            found = find_columns(first, source.path, options)
            if columns not in (None, found):
                raise InputError(f"{source.path}: the columns differ: {columns}; then {found}")
            columns = found
        datasets.append(_read(ray, source, first, options.source))
    if columns:
        options.tell(f"{sources[0].path}: {columns}")
    first_dataset, *others = datasets
    return first_dataset.union(*others) if others else first_dataset, columns


def _first_rows(source: Source, options: ReadOptions) -> Any:
    """Return the first rows of a table as a record batch.

    Raises:
        InputError: If the table cannot be read.
    """
    file = source.files[0]
    read = Input(file, source.file_format, input_format(file)[1])
    system = source.filesystem
    is_parquet = source.file_format == "parquet"
    with system.open_input_file(file) if is_parquet else system.open_input_stream(file) as stream:
        for rows in read_rows(read, stream, options):
            return rows.batch
    raise InputError(f"{file}: the table has no rows")


def _read(ray: Any, source: Source, first: Any, include_paths: bool) -> Any:
    """Return the Ray data set of the files.

    Args:
        ray: The module ``ray``.
        source: The files.
        first: The first rows of a table; None for text.
        include_paths: Whether to add a column ``path``.
    """
    where = {"filesystem": source.filesystem, "include_paths": include_paths}
    if source.file_format == "parquet":
        return ray.data.read_parquet(source.path, **where)
    if source.file_format == "jsonl":
        parse = json.ParseOptions(explicit_schema=first.schema, unexpected_field_behavior="error")
        return ray.data.read_json(source.path, file_extensions=None, parse_options=parse, **where)
    if source.dialect is None:  # text: a table of one column without quotes, perhaps not UTF-8
        names, kind, encoding, skipped = [_LINE], pa.binary(), "utf8", 0
        parse = csv.ParseOptions(delimiter="\x1f", quote_char=False, ignore_empty_lines=False)
        read = csv.ReadOptions(column_names=names)
    else:
        dialect = source.dialect
        names, kind = list(dialect.names), pa.string()
        encoding, skipped = dialect.encoding, dialect.skipped_lines
        parse = csv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1
        )
        read = csv.ReadOptions(
            skip_rows=skipped, encoding="utf8" if encoding in UTF_8 else encoding
        )
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, kind), strings_can_be_null=False)
    return ray.data.read_csv(
        source.path, parse_options=parse, read_options=read, convert_options=convert, **where
    )
