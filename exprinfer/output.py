"""An output file that appears under its name only when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; it takes its place when the block ends without an error.

    Until then a hidden neighbour holds what is written, and it is removed when anything goes wrong.
    An old file keeps its mode, a link its target; what is no regular file (a device, a pipe) is
    written to as it is. Raises OSError, naming ``path``, where it cannot be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        file = partial.open("xb")
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
    try:
        with file:
            yield file
        if target.exists():
            shutil.copymode(target, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
