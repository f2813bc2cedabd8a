"""Output files that appear under their name only once they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES
from pathlib import Path
from typing import BinaryIO

from exprinfer.errors import OutputError

#: Whether this system refuses to rename and remove open files.
CLOSE_FIRST = os.name == "nt"


def is_regular(path: Path) -> bool:
    """Return whether ``path`` is a regular file, or does not exist yet.

    Devices and pipes are not regular files. Neither is a path such as ``/dev/stdout``, even if it
    leads to one.
    """
    device = str(path.absolute()).startswith(("/dev/", "/proc/"))
    return not device and (path.is_file() or not path.exists())


def hidden_sibling(path: Path, suffix: str) -> Path:
    """Return the path of a hidden file next to ``path``, or next to the file that it links to."""
    target = path.resolve()
    return target.with_name(f".{target.name}.{suffix}")


@contextmanager
def open_partial(path: Path, partial: Path) -> Iterator[BinaryIO]:
    """Open and lock the file ``partial``, which will become ``path``, and keep its content.

    There is no lock on Windows.

    Raises:
        OSError: If ``path`` cannot be written; the error names ``path``.
        OutputError: If another process is writing it.
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
    except ModuleNotFoundError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{path}: another process is writing this file") from None


@contextmanager
def open_temporary(path: Path, suffix: str) -> Iterator[tuple[BinaryIO, Path]]:
    """Open an empty hidden file next to ``path``, and remove it when the block ends.

    Content that a killed process left in it is dropped.

    Yields:
        The open file and its path.

    Raises:
        OSError: If ``path`` cannot be written; the error names ``path``.
        OutputError: If another process is writing it.
    """
    partial = hidden_sibling(path, suffix)
    with open_partial(path, partial) as file:
        try:
            file.truncate()
            yield file, partial
        finally:
            release(file)
            partial.unlink(missing_ok=True)


def release(file: BinaryIO) -> None:
    """Close a file that is about to be renamed or removed, if the system requires it.

    Elsewhere the file stays open, because closing it would also unlock it.
    """
    if CLOSE_FIRST:
        file.close()


def move_into_place(partial: Path, path: Path) -> None:
    """Rename a complete file to ``path``.

    An existing file is replaced, but its mode is kept. If ``path`` is a link, the file that it
    points to is replaced.
    """
    if path.exists():
        shutil.copymode(path, partial)
    partial.replace(path.resolve())


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears at ``path`` if the block ends without an error.

    Until then the content is in a hidden file next to it, which is removed after an error. Pipes
    and devices are written to directly.

    Raises:
        OSError: If ``path`` cannot be written; the error names ``path``.
        OutputError: If another process is writing it.
    """
    if not is_regular(path):
        with path.open("ab") as file:  # /dev/stdout may lead to a file that has content
            yield file
        return
    with open_temporary(path, "exprinfer-new") as (file, partial):
        yield file
        file.flush()
        os.fsync(file.fileno())
        release(file)
        move_into_place(partial, path)
