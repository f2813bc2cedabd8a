"""Which files are to be scored, what they hold, and their bytes."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from exprinfer.errors import ExtraMissingError, InputError

#: What a file holds, by the end of its name; any other is text.
INPUT_FORMATS = {
    ".txt": "text",
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
STDIN = "-"


@dataclass(frozen=True)
class Input:
    """One file, or standard input."""

    name: str
    """Its path, or ``"-"``."""
    form: str
    """One of the values of ``INPUT_FORMATS``."""
    compression: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file: of a known size, to be read again."""
        return self.name != STDIN and os.path.isfile(self.name)

    def stamp(self) -> list[str | int]:
        """What tells whether a file is still the same: its place, bytes and time of change."""
        stat = os.stat(self.name)
        return [os.path.realpath(self.name), stat.st_size, stat.st_mtime_ns]


def find_inputs(names: tuple[str, ...], form: str | None = None) -> list[Input]:
    """The inputs of these names: files, folders with all files of known kinds in them, or ``"-"``.

    ``form`` says what they hold where the names' ends do not count. Raises InputError where there
    is no such file, or nothing in a folder.
    """
    found: list[Input] = []
    for name in names:
        if name != STDIN and os.path.isdir(name):
            inside = [_input(path, form) for path in _files_in(Path(name), form)]
            if not inside:
                kinds = ", ".join(INPUT_FORMATS)
                raise InputError(f"{name}: no file in this folder ends in one of {kinds}")
            found += inside
        elif name != STDIN and not os.path.exists(name):
            raise InputError(f"{name}: there is no such file or folder")
        else:
            found.append(_input(name, form))
    return found


def _files_in(folder: Path, form: str | None) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and (form or kind_of(str(path))[0]):
            yield str(path)


def kind_of(name: str) -> tuple[str | None, str | None]:
    """What a file of this name holds, None where that does not tell, and how it is compressed."""
    stem, end = os.path.splitext(name.lower())
    compression = COMPRESSIONS.get(end)
    if compression:
        stem, end = os.path.splitext(stem)
    return INPUT_FORMATS.get(end), compression


def _input(name: str, form: str | None) -> Input:
    known, compression = kind_of(name)
    form = form or known or "text"
    if form == "parquet" and (compression or name == STDIN):
        raise InputError(f"{name}: Parquet is read from an uncompressed file; save it as one first")
    return Input(name, form, compression)


@contextmanager
def opened(source: Input) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """Open an input: its content's stream, decompressed, and what tells how far the file itself was
    read, in bytes.

    Raises InputError where the content is damaged, or the file changes while it is read.
    """
    if source.name == STDIN:
        yield _decompressed(sys.stdin.buffer, source), lambda: 0
        return
    before = source.stamp() if source.is_file else None
    with _file(source) as file:
        try:
            yield _decompressed(file, source), file.tell if before else lambda: 0
        except (EOFError, zlib.error, OSError) as error:
            # Both decompressors raise an OSError that has no number.
            if isinstance(error, OSError) and (error.errno or not source.compression):
                raise
            raise InputError(f"{source.name}: damaged or cut off: {error}") from error
    if before and not (os.path.exists(source.name) and source.stamp() == before):
        raise InputError(f"{source.name}: changed or was removed while it was read; score it again")


def _file(source: Input) -> Any:
    if source.form == "text" or not source.is_file:
        return open(source.name, "rb")
    # Arrow's threads may read on when Python ends, and must not need it.
    return need_pyarrow().OSFile(source.name)


def _decompressed(file: Any, source: Input) -> Any:
    if source.compression is None:
        return file
    if source.form == "text" and source.compression == "gzip":
        return gzip.GzipFile(fileobj=file)
    return need_pyarrow().CompressedInputStream(file, source.compression)


def need_pyarrow() -> Any:
    """The library that an extra brings; raises ExtraMissingError where it is not there."""
    try:
        import pyarrow
    except ModuleNotFoundError:
        raise ExtraMissingError(
            "tables and files compressed by zstd need pyarrow, which comes with an extra: "
            "pip install 'exprinfer[files]'"
        ) from None
    return pyarrow
