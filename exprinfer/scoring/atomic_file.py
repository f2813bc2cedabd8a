"""An output file that appears under its name only when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES
from pathlib import Path
from typing import BinaryIO

from exprinfer.errors import OutputError


def is_regular(path: Path) -> bool:
    """Whether a file is or will be there, and no device or pipe, nor what they are led to."""
    device = str(path.absolute()).startswith(("/dev/", "/proc/"))
    return not device and (path.is_file() or not path.exists())


def beside(path: Path, name: str) -> Path:
    """A hidden neighbour of the file, or of the one that it links to."""
    target = path.resolve()
    return target.with_name(f".{target.name}.{name}")


@contextmanager
def partial_file(path: Path, partial: Path) -> Iterator[BinaryIO]:
    """Open what is to become the file at ``path``, with all that it holds already.

    Raises OSError, naming ``path``, where that could not be written, OutputError where another
    process is at it.
    """
    try:
        file = partial.open("r+b" if partial.exists() else "x+b")
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
    with file:
        _lock(file, path)
        yield file


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:  # not on Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{path}: another run is writing it") from None


@contextmanager
def fresh_partial_file(path: Path, name: str) -> Iterator[tuple[BinaryIO, Path]]:
    """An empty hidden neighbour of the file, and its path; it is gone when the block ends, and so
    is what a process that was killed may have left of it before."""
    partial = beside(path, name)
    with partial_file(path, partial) as file:
        try:
            file.truncate()
            yield file, partial
        finally:
            partial.unlink(missing_ok=True)


def put_in_place(partial: Path, path: Path) -> None:
    """Give a file that is whole its name; an old one keeps its mode, a link its target."""
    if path.exists():
        shutil.copymode(path, partial)
    partial.replace(path.resolve())


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; it takes its place when the block ends without an error.

    Until then a hidden neighbour holds what is written, and it is removed when anything goes wrong.
    What is no regular file is written to as it is. Raises OSError, naming ``path``, where it cannot
    be written.
    """
    if not is_regular(path):
        with path.open("ab") as file:  # what they are led to may hold something
            yield file
        return
    with fresh_partial_file(path, "exprinfer-new") as (file, partial):
        yield file
        file.flush()
        os.fsync(file.fileno())
        put_in_place(partial, path)
