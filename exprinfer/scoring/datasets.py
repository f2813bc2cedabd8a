"""Read and write the data sets of ``exprinfer.ray``: files and folders, local or in object storage.

File systems are those of pyarrow (``pyarrow.fs.FileSystem``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.errors import InputError
from exprinfer.scoring.readers import input_format

# isort: split
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, fs, parquet

#: A file that is written last in object storage, where folders cannot be renamed.
SUCCESS = "_SUCCESS"


@dataclass(frozen=True)
class Totals:
    """Counts over the results of a data set."""

    rows: int = 0
    certified: int = 0
    """Rows with a certified answer."""
    nulls: int = 0
    """Rows without an expression."""
    errors: Counter[str] = field(default_factory=Counter)
    """Rows without an answer, by error code."""


def read_dataset(ray: Any, source: str, column: str, filesystem: Any) -> Any:
    """Return the Ray data set of a file, or of the files in a folder.

    Args:
        ray: The module ``ray``.
        source: A path or URI.
        column: The name of the only column of a text file.
        filesystem: The file system of ``source``; None: a local path or a URI.

    Raises:
        FileNotFoundError: If there is no such file or folder, or the folder has no files.
        InputError: If the files have different formats.
    """
    system, path = _locate(source, filesystem)
    files = _find_files(system, path, source)
    formats = {input_format(file)[0] or "text" for file in files}
    if len(formats) > 1:
        raise InputError(
            f"{source}: all files must have the same format, got {' and '.join(sorted(formats))}"
        )
    file_format = formats.pop()
    if file_format == "parquet":
        return ray.data.read_parquet(path, filesystem=system)
    if file_format == "jsonl":
        return ray.data.read_json(path, filesystem=system, file_extensions=None)
    if file_format == "text":  # a table of one column without quotes
        parse = csv.ParseOptions(delimiter="\x1f", quote_char=False, ignore_empty_lines=False)
        names, read = [column], csv.ReadOptions(column_names=[column])
    else:
        delimiter = "\t" if file_format == "tsv" else ","
        parse = csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        read = csv.ReadOptions()
        with system.open_input_stream(files[0]) as stream, csv.open_csv(stream, read, parse) as top:
            names = top.schema.names
    as_text = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    return ray.data.read_csv(
        path, filesystem=system, parse_options=parse, read_options=read, convert_options=as_text
    )


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


def _locate(path: str, filesystem: Any) -> tuple[Any, str]:
    """Return the file system of a path or URI, and the path on it."""
    if filesystem is not None:
        return filesystem, path
    if "://" in path:
        return fs.FileSystem.from_uri(path)  # type: ignore[no-any-return]
    return fs.LocalFileSystem(), os.path.abspath(path)


@contextmanager
def whole_folder(output: str, filesystem: Any) -> Iterator[tuple[str, Any]]:
    """Create a folder that is complete at ``output`` if the block ends without an error.

    After an error it is removed. A local folder has a temporary name until the block ends; in
    object storage the file ``SUCCESS`` is written to it at the end.

    Yields:
        The path to write to, and its file system.

    Raises:
        FileExistsError: If there is something at ``output``.
    """
    system, path = _locate(output, filesystem)
    if system.get_file_info(path).type != fs.FileType.NotFound:
        raise FileExistsError(f"{output} already exists; choose another output, or remove it")
    local = isinstance(system, fs.LocalFileSystem)
    folder = path
    if local:
        target = Path(path)
        folder = str(target.with_name(f".{target.name}.{os.getpid()}.partial"))
    system.create_dir(folder)
    try:
        yield folder, system
        if local:
            os.rename(folder, path)
        else:
            system.open_output_stream(f"{folder}/{SUCCESS}").close()
    except BaseException:
        system.delete_dir(folder)
        raise


def count_results(folder: str, system: Any) -> Totals:
    """Count the results in the Parquet files of a folder."""
    entries = system.get_file_info(fs.FileSelector(folder))
    rows = certified = nulls = 0
    errors: Counter[str] = Counter()
    for entry in entries:
        if entry.extension != "parquet":
            continue
        table = parquet.read_table(entry.path, columns=["certified", "error"], filesystem=system)
        rows, nulls = rows + len(table), nulls + table["certified"].null_count
        certified += pc.sum(table["certified"]).as_py() or 0
        for code in pc.value_counts(table["error"].drop_null()).to_pylist():
            errors[code["values"]] += code["counts"]
    return Totals(rows, certified, nulls, errors)
