"""Find the files of the data sets of ``exprinfer.ray``, local or in object storage.

File systems are those of pyarrow (``pyarrow.fs.FileSystem``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from exprinfer.errors import InputError
from exprinfer.scoring.reading.encodings import marked_encoding
from exprinfer.scoring.reading.inputs import INPUT_FORMATS, input_format, named_input, some_names
from exprinfer.scoring.reading.locations import locate, without_secrets
from exprinfer.scoring.reading.stored import StoredInput

# isort: split
import pyarrow as pa
from pyarrow import fs, parquet

#: Text and Parquet files of more bytes are read in parts, each by a task of its own.
PART_BYTES = 1 << 23
#: A part of a Parquet file has at least so many rows: seconds of work.
PART_ROWS = 1 << 18
#: A byte order mark at most.
_MARK_BYTES = 4


def find_stored(
    names: Sequence[str],
    filesystem: Any,
    file_format: str | None,
    tell: Callable[[str], None],
) -> list[StoredInput]:
    """Find the files that some paths or URIs name.

    Args:
        names: Files or folders. A folder stands for the files in it and in its subfolders, except
            those with an unknown extension, and those whose path has a part that begins with a dot
            or an underscore.
        filesystem: The file system of all paths; None: that of each path or URI.
        file_format: The format of all files. By default it follows from the extensions.
        tell: Takes messages for people about files that are left out.

    Returns:
        The files, in the order of the names; those in a folder are sorted by path.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        InputError: If a folder has no such file, or a Parquet file is compressed as a whole.
    """
    files = []
    for name in names:
        system, path = locate(name, filesystem)
        name = without_secrets(name)
        info = system.get_file_info(path)
        if info.type == fs.FileType.Directory:
            files += _files_in(name, system, path, file_format, tell)
        elif info.type == fs.FileType.NotFound:
            raise FileNotFoundError(f"{name}: no such file or folder")
        else:
            files.append(_stored(name, system, info, file_format))
    return files


def _files_in(
    name: str, system: Any, folder: str, file_format: str | None, tell: Callable[[str], None]
) -> list[StoredInput]:
    entries = [
        (entry, os.path.relpath(entry.path, folder))
        for entry in system.get_file_info(fs.FileSelector(folder, recursive=True))
        if entry.is_file
    ]
    seen = [
        (entry, path)
        for entry, path in sorted(entries, key=lambda each: each[1].split("/"))
        if not any(part.startswith((".", "_")) for part in path.split("/"))
    ]
    known = [(entry, path) for entry, path in seen if file_format or input_format(path)[0]]
    extensions = ", ".join(INPUT_FORMATS)
    if not known:
        raise InputError(f"{name}: no file in this folder ends in one of {extensions}")
    others = [entry.base_name for entry, path in seen if (entry, path) not in known]
    if others:
        tell(f"{name}: left out, since they end in none of {extensions}: {some_names(others)}")
    start = name.rstrip("/") if "://" in name else str(Path(name))
    return [_stored(f"{start}/{path}", system, entry, file_format) for entry, path in known]


def _stored(name: str, system: Any, info: Any, file_format: str | None) -> StoredInput:
    named = named_input(name, file_format)
    return StoredInput(
        name,
        named.file_format,
        named.compression,
        path=info.path,
        filesystem=system,
        found=(info.size, info.mtime_ns),
    )


def split_files(files: list[StoredInput]) -> list[StoredInput]:
    """Return the files in order, large ones in parts.

    Uncompressed text in UTF-8 is split between lines, and Parquet between row groups. Other files
    cannot be read from the middle.
    """
    with ThreadPoolExecutor(16) as pool:  # object storage answers slowly
        return [part for parts in pool.map(_split, files) for part in parts]


def _split(file: StoredInput) -> list[StoredInput]:
    size = file.found[0]
    parts: list[range] = []
    if size > PART_BYTES and file.compression is None:
        if file.file_format == "parquet":
            parts = _row_groups(file)
        elif file.file_format == "text":
            with file.open() as stream:
                marked = marked_encoding(stream.read(_MARK_BYTES))
            if marked.startswith("utf-8"):
                starts = range(0, size, PART_BYTES)
                parts = [range(start, min(start + PART_BYTES, size)) for start in starts]
    return [replace(file, part=part) for part in parts] or [file]


def _row_groups(file: StoredInput) -> list[range]:
    """Return the row groups of each part of a Parquet file; none if it cannot be read."""
    try:
        with file.open() as stream:
            metadata = parquet.read_metadata(stream)
    except (pa.ArrowException, OSError):  # the task that reads the file says what is wrong
        return []
    parts, first, rows = [], 0, 0
    for group in range(metadata.num_row_groups):
        rows += metadata.row_group(group).num_rows
        if rows >= PART_ROWS or group == metadata.num_row_groups - 1:
            parts.append(range(first, group + 1))
            first, rows = group + 1, 0
    return parts
