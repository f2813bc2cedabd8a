"""Write the results of ``exprinfer.ray`` to a folder, local or in object storage.

File systems are those of pyarrow (``pyarrow.fs.FileSystem``).
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.errors import OutputError
from exprinfer.scoring.reading.locations import locate, without_secrets
from exprinfer.scoring.writing.atomic_file import sync_folder
from exprinfer.scoring.writing.claims import CLAIM, claimed

# isort: split
import pyarrow as pa
from pyarrow import fs, parquet

#: A file that is written last: it lists the others, with the numbers of rows read and written.
SUCCESS = "_SUCCESS"
#: What the file systems are called in which a file is seen before it is complete.
_RENAMING = ("local", "subtree", "hdfs", "file")


class WrittenFile(NamedTuple):
    """A file of results."""

    name: str
    rows: int
    size: int


@dataclass
class Folder:
    """A folder that a run writes to."""

    path: str
    filesystem: Any
    run: str
    """What the names of all files of this run begin with."""
    manifest: dict[str, Any] = field(default_factory=dict)
    """The content of the file ``SUCCESS``."""

    def put(self, name: str, content: Any) -> None:
        """Write a file, which is seen only when it is complete. An older one is replaced.

        Two attempts at the same rows may write it at once, since what they write is the same.
        """
        path = f"{self.path}/{name}"
        if isinstance(self.filesystem, fs.LocalFileSystem):
            write_durably(Path(self.path), name, content)
            return
        renaming = any(kind in self.filesystem.type_name for kind in _RENAMING)
        # Object storage shows an object when the last byte of it was taken.
        target = f"{self.path}/.{self.run}-{uuid.uuid4().hex}" if renaming else path
        with self.filesystem.open_output_stream(target) as file:
            file.write(content)
        if renaming:
            self.filesystem.move(target, path)

    def files(self) -> list[Any]:
        """Return the entries of all files that this run has written."""
        entries = self.filesystem.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return [entry for entry in entries if self._is_own(entry.base_name)]

    def remove(self, also_success: bool) -> None:
        """Remove what this run has written."""
        names = [*([SUCCESS] if also_success else []), *(entry.base_name for entry in self.files())]
        for name in names:
            with suppress(FileNotFoundError):
                self.filesystem.delete_file(f"{self.path}/{name}")

    def foreign(self) -> list[str]:
        """Return the names of what others have written to the folder, except claims."""
        return [name for name in _found(self.filesystem, self.path) if not self._is_own(name)]

    def _is_own(self, name: str) -> bool:
        return name.startswith((self.run, f".{self.run}"))

    def check(self, inputs: dict[str, int], written: Sequence[WrittenFile]) -> None:
        """Compare the rows of the inputs with those of the files in the folder.

        The files are listed, and their rows counted again. Files that attempts left are removed.

        Args:
            inputs: The number of rows that were read of each input.
            written: The files that were written.

        Raises:
            OutputError: If a file is missing or has another size, or the numbers of rows differ.
        """
        expected = {file.name: file for file in written}
        sizes = {}
        for entry in self.files():
            if entry.base_name in expected:
                sizes[entry.base_name] = entry.size
            else:
                self.filesystem.delete_file(entry.path)
        wrong = sorted(name for name in expected if sizes.get(name) != expected[name].size)
        if wrong:
            raise OutputError(
                f"{self.path}: {wrong[0]} is missing, or is not as it was written; the results are "
                "removed"
            )
        with ThreadPoolExecutor(16) as pool:
            rows = dict(zip(expected, pool.map(self._count_rows, expected), strict=True))
        rows_in, rows_out = sum(inputs.values()), sum(rows.values())
        if rows_in != rows_out:
            raise OutputError(
                f"{self.path}: {rows_in:,} rows were read, but {rows_out:,} results were written; "
                "the results are removed"
            )
        self.manifest = {
            "run": self.run,
            "rows_in": rows_in,
            "rows_out": rows_out,
            "inputs": inputs,
            "files": {name: {"rows": rows[name], "bytes": sizes[name]} for name in expected},
        }

    def _count_rows(self, name: str) -> int:
        try:
            with self.filesystem.open_input_file(f"{self.path}/{name}") as file:
                return parquet.read_metadata(file).num_rows  # type: ignore[no-any-return]
        except pa.ArrowException as error:
            raise OutputError(
                f"{self.path}: {name} cannot be read: {error}; the results are removed"
            ) from error


@contextmanager
def whole_folder(output: str, filesystem: Any) -> Iterator[Folder]:
    """Create a folder that is complete at ``output`` if the block ends without an error.

    A local folder has a name of its own until the block ends. In object storage a claim keeps other
    runs away, and the file ``SUCCESS`` is written at the end. After an error only what this run
    wrote is removed.

    Yields:
        The folder to write to.

    Raises:
        FileExistsError: If there is something at ``output``, or another run writes to it.
    """
    system, path = locate(output, filesystem)
    output = without_secrets(output)
    run = uuid.uuid4().hex
    if isinstance(system, fs.LocalFileSystem):
        with _local_folder(output, Path(path), run) as folder:
            yield folder
        return
    found = system.get_file_info(path)
    if found.is_file or _found(system, path):
        raise exists(output)
    system.create_dir(path)
    folder = Folder(path, system, run)
    ended = False
    with claimed(output, system, path, run):
        try:
            if _found(system, path):
                raise exists(output)
            yield folder
            if foreign := folder.foreign():
                raise FileExistsError(
                    f"{output}: another run has written to this folder ({foreign[0]})"
                )
            ended = True
            folder.put(SUCCESS, _encoded(folder.manifest))
        except BaseException:
            # If the storage is away, files are left, but without SUCCESS they are no data set.
            with suppress(OSError):
                folder.remove(also_success=ended)
            raise


@contextmanager
def _local_folder(output: str, target: Path, run: str) -> Iterator[Folder]:
    if os.path.lexists(target):
        raise exists(output)
    staging = target.with_name(f".{target.name}.{run}.partial")
    staging.mkdir()  # an error if anyone else has this name
    try:
        folder = Folder(str(staging), fs.LocalFileSystem(), run)
        yield folder
        folder.put(SUCCESS, _encoded(folder.manifest))
        if os.path.lexists(target):
            raise exists(output)
        try:
            staging.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise (exists(output) if target.exists() else error) from error
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def write_durably(folder: Path, name: str, content: Any) -> None:
    """Write a file that is seen only when it is complete, also after a power failure."""
    hidden = folder / f".{name}.{uuid.uuid4().hex}"
    with hidden.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    hidden.replace(folder / name)


def exists(output: str) -> FileExistsError:
    """Return the error for an output that is there already."""
    return FileExistsError(f"{output} already exists; choose another output, or remove it")


def _found(system: Any, path: str) -> list[str]:
    """Return the names of what is in a folder, except claims."""
    entries = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return [entry.base_name for entry in entries if not entry.base_name.startswith(CLAIM)]


def _encoded(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest, indent=2).encode() + b"\n"
