"""Find the files of the data sets of ``exprinfer.ray``, local or in object storage.

File systems are those of pyarrow (``pyarrow.fs.FileSystem``).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from exprinfer.errors import InputError
from exprinfer.scoring.reading.content import refuse_foreign
from exprinfer.scoring.reading.dialect import Dialect, detect_dialect
from exprinfer.scoring.reading.encodings import UTF_8, marked_encoding
from exprinfer.scoring.reading.inputs import input_format
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.writing.result_folder import locate

# isort: split
from pyarrow import fs, parquet

#: Bytes that show how a file is written.
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Source:
    """A file, or the files in a folder, that are read as one data set."""

    path: str
    filesystem: Any
    files: list[str]
    file_format: str
    dialect: Dialect | None
    """How the files are written, if they are CSV or TSV."""


def find_source(source: str, filesystem: Any, options: ReadOptions) -> Source:
    """Find the files of a path or URI, and how they are written.

    Raises:
        FileNotFoundError: If there is no such file or folder, or the folder has no files.
        InputError: If the files have different formats, dialects or encodings, or one of them
            cannot be scored.
    """
    system, path = locate(source, filesystem)
    files = _find_files(system, path, source)
    formats = {input_format(file)[0] or "text" for file in files}
    if len(formats) > 1:
        raise InputError(
            f"{source}: all files must have the same format, got {' and '.join(sorted(formats))}"
        )
    file_format = formats.pop()
    with ThreadPoolExecutor(16) as pool:  # object storage answers slowly
        heads = list(pool.map(partial(_read_head, system), files))
    for file, head in zip(files, heads, strict=True):
        refuse_foreign(file, head, file_format, input_format(file)[1])
    if file_format in ("text", "jsonl"):
        encodings = {options.encoding or marked_encoding(head) for head in heads}
        if encodings - set(UTF_8):
            raise InputError(f"{source}: Ray reads UTF-8 text and JSON Lines only")
    dialect = None
    if file_format in ("csv", "tsv"):
        dialect = _common_dialect(source, file_format, heads, options)
    return Source(path, system, files, file_format, dialect)


def rows_in(sources: list[Source]) -> int | None:
    """Return the number of rows of Parquet files; None for others, which do not tell it."""
    if any(source.file_format != "parquet" for source in sources):
        return None

    def count(system: Any, file: str) -> int:
        with system.open_input_file(file) as stream:
            return parquet.read_metadata(stream).num_rows  # type: ignore[no-any-return]

    with ThreadPoolExecutor(16) as pool:
        files = [(source.filesystem, file) for source in sources for file in source.files]
        return sum(pool.map(lambda each: count(*each), files))


def _read_head(system: Any, file: str) -> bytes:
    with system.open_input_stream(file) as stream:  # decompressed
        return stream.read(_HEAD_BYTES)  # type: ignore[no-any-return]


def _common_dialect(
    source: str, file_format: str, heads: list[bytes], options: ReadOptions
) -> Dialect:
    usual = "," if file_format == "csv" else "\t"
    delimiter = options.delimiter or ("\t" if file_format == "tsv" else None)
    dialects = [detect_dialect(head, delimiter, options.encoding) for head in heads]
    if len(set(dialects)) > 1:
        raise InputError(
            f"{source}: Ray needs files with the same columns, delimiter and encoding; score them "
            "one by one, or without Ray"
        )
    if told := dialects[0].differences(usual):
        options.tell(f"{source}: {told}")
    return dialects[0]


def _find_files(system: Any, path: str, source: str) -> list[str]:
    """Return the path of a file, or those of all files in a folder except hidden ones."""
    info = system.get_file_info(path)
    files = [path] if info.is_file else []
    if info.type == fs.FileType.Directory:
        entries = system.get_file_info(fs.FileSelector(path, recursive=True))
        files = [
            entry.path for entry in entries if entry.is_file and entry.base_name[0] not in "._"
        ]
    if not files:
        raise FileNotFoundError(f"{source}: no such file, or folder with files")
    return files
