"""Find the files to score, and recognize their formats."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exprinfer.errors import InputError
from exprinfer.scoring.reading.optional import require_pyarrow

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
#: Bytes of a part of a file that show whether its content is the same.
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True)
class Input:
    """A file, or standard input."""

    name: str
    """Its path, or ``"-"``."""
    file_format: str
    """One of the values of ``INPUT_FORMATS``."""
    compression: str | None = None
    """One of the values of ``COMPRESSIONS``, or None."""
    part: range | None = None
    """The bytes of text, or the row groups of Parquet, that are read; None: all."""

    @property
    def shown(self) -> str:
        """The name for results: bytes that are not UTF-8 are escaped."""
        return os.fsencode(self.name).decode(errors="backslashreplace")

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, which has a size and can be read again."""
        return self.name != STDIN and os.path.isfile(self.name)

    def open(self) -> Any:
        """Open the file, as it is stored."""
        if self.file_format == "text" or not self.is_file:
            return open(self.name, "rb")
        # Arrow's threads may still be reading when Python exits, and must not need Python then.
        return require_pyarrow().OSFile(os.fsencode(self.name))

    def fingerprint(self) -> list[Any]:
        """Return what shows if a file changes: path, identity, size and times; empty if gone."""
        try:
            stat = os.stat(self.name)
        except FileNotFoundError:
            return []
        times = [stat.st_mtime_ns, stat.st_ctime_ns]
        return [os.path.realpath(self.name), stat.st_dev, stat.st_ino, stat.st_size, *times]

    def content_checksum(self) -> int:
        """Return the CRC-32 of the beginning, the middle and the end of a file."""
        checksum, size = 0, os.path.getsize(self.name)
        with open(self.name, "rb", buffering=0) as file:
            for offset in sorted({0, max(0, size // 2), max(0, size - _SAMPLE_BYTES)}):
                file.seek(offset)
                checksum = zlib.crc32(file.read(_SAMPLE_BYTES), checksum)
        return checksum


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
                names_shown = some_names(others)
                tell(f"{name}: left out, since they end in none of {extensions}: {names_shown}")
            files = [named_input(path, file_format) for path in known]
            inputs += files
        elif name != STDIN and not os.path.exists(name):
            raise InputError(f"{name}: no such file or folder")
        else:
            inputs.append(named_input(name, file_format))
    return inputs


def some_names(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
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


def named_input(name: str, file_format: str | None) -> Input:
    """Return the input with a name.

    Raises:
        InputError: If it is a Parquet file that is compressed as a whole, or standard input.
    """
    detected, compression = input_format(name)
    file_format = file_format or detected or "text"
    if file_format == "parquet" and (compression or name == STDIN):
        raise InputError(
            f"{name}: Parquet must be an uncompressed file, which can be read in any order"
        )
    return Input(name, file_format, compression)
