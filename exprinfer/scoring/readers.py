"""Find the files to score, recognise their formats, and open them."""

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

from exprinfer.errors import InputError
from exprinfer.scoring.streams import Prepended

#: File formats by file name extension; files with other names are text.
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
    """A file, or standard input."""

    name: str
    """Its path, or ``"-"``."""
    file_format: str
    """One of the values of ``INPUT_FORMATS``."""
    compression: str | None = None
    """One of the values of ``COMPRESSIONS``, or None."""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, which has a size and can be read again."""
        return self.name != STDIN and os.path.isfile(self.name)

    def fingerprint(self) -> list[str | int]:
        """Return the path, size and modification time of a file, which show if it changes."""
        stat = os.stat(self.name)
        return [os.path.realpath(self.name), stat.st_size, stat.st_mtime_ns]


def find_inputs(
    names: tuple[str, ...],
    file_format: str | None = None,
    tell: Callable[[str], None] = lambda message: None,
) -> list[Input]:
    """Find the inputs that the arguments of a command name.

    Args:
        names: Files, folders, or ``"-"`` for standard input. A folder stands for the files in it
            and in its subfolders, except hidden ones and those with an unknown extension.
        file_format: The format of all inputs, whatever their extensions. By default it follows from
            the extensions.
        tell: Takes messages for people about files that are left out.

    Returns:
        The inputs, in the order of the names; those in a folder are sorted by path.

    Raises:
        InputError: If a file does not exist, a folder has no such file, or a Parquet file is
            compressed as a whole or comes from standard input.
    """
    inputs: list[Input] = []
    for name in names:
        if name != STDIN and os.path.isdir(name):
            paths = list(_files_in(Path(name)))
            known = [path for path in paths if file_format or input_format(path)[0]]
            extensions = ", ".join(INPUT_FORMATS)
            if not known:
                raise InputError(f"{name}: no file in this folder ends in one of {extensions}")
            others = [os.path.basename(path) for path in sorted(set(paths) - set(known))]
            if others:
                tell(f"{name}: left out, since they end in none of {extensions}: {_some(others)}")
            files = [_input(path, file_format) for path in known]
            inputs += files
        elif name != STDIN and not os.path.exists(name):
            raise InputError(f"{name}: no such file or folder")
        else:
            inputs.append(_input(name, file_format))
    return inputs


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def _files_in(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield str(path)


def input_format(name: str) -> tuple[str | None, str | None]:
    """Return the file format and the compression of a file name; None for those not known.

    Example:
        >>> input_format("sums.CSV.gz"), input_format("README")
        (('csv', 'gzip'), (None, None))
    """
    stem, extension = os.path.splitext(name.lower())
    compression = COMPRESSIONS.get(extension)
    if compression:
        stem, extension = os.path.splitext(stem)
    return INPUT_FORMATS.get(extension), compression


def _input(name: str, file_format: str | None) -> Input:
    detected, compression = input_format(name)
    file_format = file_format or detected or "text"
    if file_format == "parquet" and (compression or name == STDIN):
        raise InputError(
            f"{name}: Parquet must be an uncompressed file, which can be read in any order"
        )
    return Input(name, file_format, compression)


class ChangedError(InputError):
    """A file changed while it was read, so that its results do not belong together."""


@contextmanager
def open_input(source: Input) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """Open an input for reading.

    Yields:
        The stream of the decompressed content, and a function that returns how many bytes of the
        file were read so far (always 0 for pipes and devices).

    Raises:
        InputError: If the content is damaged, or the file changes while it is read.
    """
    if source.name == STDIN:
        yield _decompressed(sys.stdin.buffer, source), lambda: 0
        return
    before = source.fingerprint() if source.is_file else None
    with _open_file(source) as file:
        try:
            yield _decompressed(file, source), file.tell if before else lambda: 0
        except (EOFError, zlib.error, OSError) as error:
            # Both decompressors raise an OSError without a number.
            if isinstance(error, OSError) and (error.errno or not source.compression):
                raise
            raise InputError(f"{source.name}: damaged or cut off: {error}") from error
    if before and not (os.path.exists(source.name) and source.fingerprint() == before):
        raise ChangedError(
            f"{source.name}: the file changed or was removed while it was read; score it again"
        )


def look_ahead(source: Input, stream: Any, size: int, *, wait: bool = False) -> tuple[bytes, Any]:
    """Return the first bytes of an input, and a stream that still begins with them.

    Args:
        source: The input.
        stream: Its stream, at the beginning.
        size: How many bytes to return at most.
        wait: Whether to wait for all of them if the input is a slow pipe.

    Raises:
        InputError: If the content is damaged.
    """
    if source.is_file:  # Arrow reads it without Python if it is opened once more
        with open_input(source) as (again, _):
            return again.read(size), stream
    if not wait and hasattr(stream, "peek"):
        return stream.peek(size)[:size], stream
    head = stream.read(size)
    return head, Prepended(head, stream)


def _open_file(source: Input) -> Any:
    if source.file_format == "text" or not source.is_file:
        return open(source.name, "rb")
    # Arrow's threads may still be reading when Python exits, and must not need Python then.
    return require_pyarrow().OSFile(source.name)


def _decompressed(file: Any, source: Input) -> Any:
    if source.compression is None:
        return file
    if source.file_format == "text" and source.compression == "gzip":
        return gzip.GzipFile(fileobj=file)
    return require_pyarrow().CompressedInputStream(file, source.compression)


def require_pyarrow() -> Any:
    """Import and return pyarrow.

    Raises:
        ExtraMissingError: If it is not installed.
    """
    import exprinfer.arrow  # raises the error  # noqa: F401

    # isort: split
    import pyarrow

    return pyarrow
