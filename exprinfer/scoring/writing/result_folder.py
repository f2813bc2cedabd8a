"""Write the results of ``exprinfer.ray`` to a folder, local or in object storage, and count them.

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
from exprinfer.scoring.marking import MARKS

# isort: split
import pyarrow.compute as pc
from pyarrow import fs, parquet

#: A file that is written last in object storage, where folders cannot be renamed.
SUCCESS = "_SUCCESS"


@dataclass(frozen=True)
class Totals:
    """Counts over the results of a data set."""

    rows: int = 0
    certified: int = 0
    """Rows with a certified answer."""
    errors: Counter[str] = field(default_factory=Counter)
    """Rows without an answer, by error code."""
    marked: int = 0
    """Rows with an expected value that can be read and an exact value."""
    given_right: int = 0
    """Marked rows whose expected value is right."""
    right: int = 0
    """Marked rows that the models answer right."""
    unreadable: int = 0
    """Rows whose expected value cannot be read."""


def locate(path: str, filesystem: Any) -> tuple[Any, str]:
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
    system, path = locate(output, filesystem)
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
    counts, errors = Counter[str](), Counter[str]()
    for entry in system.get_file_info(fs.FileSelector(folder)):
        if entry.extension != "parquet":
            continue
        with system.open_input_file(entry.path) as file:
            names = parquet.read_schema(file).names
        wanted = [name for name in ("certified", "error", *MARKS) if name in names]
        table = parquet.read_table(entry.path, columns=wanted, filesystem=system)
        counts += _count_rows(table)
        for code in pc.value_counts(table["error"].drop_null()).to_pylist():
            errors[code["values"]] += code["counts"]
    return Totals(errors=errors, **counts)


def _count_rows(table: Any) -> Counter[str]:
    def true(values: Any) -> int:
        return pc.sum(values).as_py() or 0

    counts = Counter(rows=len(table), certified=true(table["certified"]))
    if MARKS[0] in table.column_names:
        given_right, right, unreadable = (table[name] for name in MARKS)
        marked = given_right.is_valid()
        counts.update(
            marked=true(marked),
            given_right=true(given_right),
            right=true(pc.and_(marked, right.fill_null(False))),
            unreadable=true(unreadable),
        )
    return counts
