"""Hidden files that hold results until they are complete: opened safely, and by one process."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, ELOOP
from pathlib import Path
from typing import BinaryIO

from exprinfer.errors import OutputError

#: Whether this system refuses to rename and remove open files.
CLOSE_FIRST = os.name == "nt"
#: The mode of a new file, before the umask.
NEW_FILE = 0o666


def follow_links(path: Path) -> Path:
    """Return the path that ``path`` leads to, absolute and without links.

    Raises:
        OSError: If the links lead back to themselves.
    """
    try:
        target = path.resolve()
    except RuntimeError:  # before Python 3.13
        target = path
    if target.is_symlink():
        raise OSError(ELOOP, os.strerror(ELOOP), str(path))
    return target


def hidden_sibling(path: Path, suffix: str) -> Path:
    """Return the path of a hidden file next to ``path``, or next to the file that it links to.

    Raises:
        OSError: If the links lead back to themselves.
    """
    target = follow_links(path)
    return target.with_name(f".{target.name}.{suffix}")


@contextmanager
def open_partial(path: Path, partial: Path, mode: int = NEW_FILE) -> Iterator[BinaryIO]:
    """Open and lock the file ``partial``, which will become ``path``, and keep its content.

    It gets the mode of ``path`` at once, if that exists, or else ``mode``. There is no lock on
    Windows.

    Raises:
        OSError: If ``path`` cannot be written; the error names ``path``.
        OutputError: If another process is writing it, or something else has the name ``partial``.
    """
    file = _open_locked(path, partial, mode)
    with file:
        yield file


def _open_locked(path: Path, partial: Path, mode: int) -> BinaryIO:
    while True:
        try:
            if path.exists():
                if not os.access(path, os.W_OK):
                    raise PermissionError(EACCES, os.strerror(EACCES))
                mode = stat.S_IMODE(path.stat().st_mode)
            file = _open_own(partial, mode)
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(path)) from error
        try:
            _lock(file, path)
            if _is_named(file, partial):
                _refuse_planted(file, partial)
                if path.exists() and hasattr(os, "fchmod"):
                    os.fchmod(file.fileno(), mode)
                return file
        except BaseException:
            file.close()
            raise
        # Between opening and locking another process finished this file, or removed it.
        file.close()


def _open_own(partial: Path, mode: int) -> BinaryIO:
    """Open a file without following a link, or create it."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), mode)

    try:
        return open(partial, "x+b", opener=opener)
    except FileExistsError:
        pass
    try:
        return open(partial, "r+b", opener=opener)
    except FileNotFoundError:  # it was removed in between
        return open(partial, "x+b", opener=opener)
    except OSError as error:
        if error.errno == ELOOP:
            raise _planted(partial, "a link") from None
        raise


def _is_named(file: BinaryIO, partial: Path) -> bool:
    """Return whether the open file is still the one with this name."""
    try:
        named = partial.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file.fileno()), named)


def _refuse_planted(file: BinaryIO, partial: Path) -> None:
    """Refuse a file that someone else prepared, to have another one overwritten or to read it."""
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise _planted(partial, "not a regular file")
    if found.st_nlink > 1:
        raise _planted(partial, "a hard link")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise _planted(partial, "a file of another user")


def _planted(partial: Path, what: str) -> OutputError:
    return OutputError(f"{partial}: the results so far cannot be kept here: this is {what}")


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{path}: another process is writing this file") from None


def remove_own(file: BinaryIO, partial: Path) -> None:
    """Remove an open file, unless it was renamed and another one has its name now."""
    if file.closed or _is_named(file, partial):
        release(file)
        partial.unlink(missing_ok=True)


def release(file: BinaryIO) -> None:
    """Close a file that is about to be renamed or removed, if the system requires it.

    Elsewhere the file stays open, because closing it would also unlock it.
    """
    if CLOSE_FIRST:
        file.close()
