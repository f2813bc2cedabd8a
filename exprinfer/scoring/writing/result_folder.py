"""Write the results of ``exprinfer.ray`` to a folder, local or in object storage, and count them.

File systems are those of pyarrow (``pyarrow.fs.FileSystem``).
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.errors import OutputError
from exprinfer.scoring.marking import MARKS

# isort: split
import pyarrow.compute as pc
from pyarrow import fs, parquet

#: A file that is written last in object storage, where folders cannot be renamed.
SUCCESS = "_SUCCESS"
#: What the name of a file begins with that says that a run writes to a folder in object storage.
CLAIM = "_CLAIM-"


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


@dataclass(frozen=True)
class Folder:
    """A folder that a run writes to."""

    path: str
    filesystem: Any
    run: str
    """What the names of all files of this run begin with."""

    def files(self) -> list[Any]:
        """Return the entries of the files that this run has written."""
        entries = self.filesystem.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return [entry for entry in entries if entry.base_name.startswith(self.run)]


@contextmanager
def whole_folder(output: str, filesystem: Any) -> Iterator[Folder]:
    """Create a folder that is complete at ``output`` if the block ends without an error.

    A local folder has a name of its own until the block ends. In object storage the run first
    writes a claim, and the file ``SUCCESS`` at the end; a run that finds the claim of another one
    gives up. After an error only what this run wrote is removed.

    Yields:
        The folder to write to.

    Raises:
        FileExistsError: If there is something at ``output``, or another run writes to it.
    """
    system, path = locate(output, filesystem)
    run = uuid.uuid4().hex
    if isinstance(system, fs.LocalFileSystem):
        with _local_folder(output, Path(path), run) as folder:
            yield folder
        return
    found = system.get_file_info(path)
    if found.is_file or system.get_file_info(fs.FileSelector(path, allow_not_found=True)):
        raise _exists(output)
    system.create_dir(path)
    folder, claim = Folder(path, system, run), f"{path}/{CLAIM}{run}"
    try:
        system.open_output_stream(claim).close()
        _refuse_others(output, folder)
        yield folder
        _refuse_others(output, folder)
        with system.open_output_stream(f"{path}/{SUCCESS}") as file:
            file.write(_manifest(folder))
    except BaseException:
        for entry in folder.files():
            system.delete_file(entry.path)
        _remove(system, claim)
        raise
    _remove(system, claim)


@contextmanager
def _local_folder(output: str, target: Path, run: str) -> Iterator[Folder]:
    if os.path.lexists(target):
        raise _exists(output)
    staging = target.with_name(f".{target.name}.{run}.partial")
    staging.mkdir()  # an error if anyone else has this name
    try:
        yield Folder(str(staging), fs.LocalFileSystem(), run)
        if os.path.lexists(target):
            raise _exists(output)
        try:
            staging.rename(target)
        except OSError as error:
            raise (_exists(output) if target.exists() else error) from error
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _exists(output: str) -> FileExistsError:
    return FileExistsError(f"{output} already exists; choose another output, or remove it")


def _refuse_others(output: str, folder: Folder) -> None:
    """Refuse a folder in which there is anything that this run did not write."""
    entries = folder.filesystem.get_file_info(fs.FileSelector(folder.path))
    own = (folder.run, f"{CLAIM}{folder.run}")
    others = [entry.base_name for entry in entries if not entry.base_name.startswith(own)]
    if others:
        raise FileExistsError(
            f"{output}: another run is writing, or has written, to this folder ({others[0]})"
        )


def _manifest(folder: Folder) -> bytes:
    files = {entry.base_name: entry.size for entry in folder.files()}
    return json.dumps({"run": folder.run, "files": files}, indent=2).encode() + b"\n"


def _remove(system: Any, path: str) -> None:
    with suppress(FileNotFoundError):
        system.delete_file(path)


def check_rows(output: str, rows_in: int | None, totals: Totals) -> None:
    """Compare the number of rows read with that of the results.

    Raises:
        OutputError: If they differ.
    """
    if rows_in not in (None, totals.rows):
        raise OutputError(
            f"{output}: {rows_in:,} rows were read, but {totals.rows:,} results were written; the "
            "results are removed"
        )


def count_results(folder: Folder) -> Totals:
    """Count the results in the Parquet files that a run wrote."""
    counts, errors, system = Counter[str](), Counter[str](), folder.filesystem
    for entry in folder.files():
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
