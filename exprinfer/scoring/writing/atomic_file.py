"""Output files that appear under their name only once they are complete."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from exprinfer.scoring.writing.partial_file import (
    NEW_FILE,
    follow_links,
    hidden_sibling,
    open_partial,
    release,
    remove_own,
)


def is_regular(path: Path) -> bool:
    """Return whether ``path`` is a regular file, or does not exist yet.

    Devices and pipes are not regular files. Neither is a path such as ``/dev/stdout``, even if it
    leads to one.
    """
    device = str(path.absolute()).startswith(("/dev/", "/proc/"))
    return not device and (path.is_file() or not path.exists())


@contextmanager
def open_temporary(
    path: Path, suffix: str, mode: int = NEW_FILE
) -> Iterator[tuple[BinaryIO, Path]]:
    """Open an empty hidden file next to ``path``, and remove it when the block ends.

    Content that a killed process left in it is dropped.

    Yields:
        The open file and its path.

    Raises:
        OSError: If ``path`` cannot be written; the error names ``path``.
        OutputError: If another process is writing it.
    """
    partial = hidden_sibling(path, suffix)
    with open_partial(path, partial, mode) as file:
        try:
            file.truncate()
            yield file, partial
        finally:
            remove_own(file, partial)


def move_into_place(partial: Path, path: Path) -> None:
    """Rename a complete file to ``path``, for good: it is there even after a power failure.

    An existing file is replaced, but its mode is kept. If ``path`` is a link, the file that it
    points to is replaced.
    """
    target = follow_links(path)
    if target.exists():
        os.chmod(partial, stat.S_IMODE(target.stat().st_mode))
    partial.replace(target)
    sync_folder(target.parent)


def sync_folder(path: Path) -> None:
    """Make sure that a file that was renamed in a folder is there even after a power failure."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):  # some file systems cannot
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


@contextmanager
def whole_file(path: Path, mode: int = NEW_FILE) -> Iterator[BinaryIO]:
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
    with open_temporary(path, "exprinfer-new", mode) as (file, partial):
        yield file
        file.flush()
        os.fsync(file.fileno())
        release(file)
        move_into_place(partial, path)
