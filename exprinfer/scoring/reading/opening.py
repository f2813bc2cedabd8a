"""Open inputs, decompressed, and notice if they change while they are read."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from exprinfer.errors import InputError
from exprinfer.scoring.reading.inputs import STDIN, Input
from exprinfer.scoring.reading.optional import require_pyarrow
from exprinfer.scoring.reading.streams import Prepended


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
    with source.open() as file:
        try:
            yield _decompressed(file, source), file.tell if before else lambda: 0
        except (EOFError, zlib.error, OSError) as error:
            # Both decompressors raise an OSError without a number.
            if isinstance(error, OSError) and (error.errno or not source.compression):
                raise
            raise InputError(f"{source.name}: damaged or cut off: {error}") from error
    if before and source.fingerprint() != before:
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


def _decompressed(file: Any, source: Input) -> Any:
    if source.compression is None:
        return file
    if source.file_format == "text" and source.compression == "gzip":
        return gzip.GzipFile(fileobj=file)
    return require_pyarrow().CompressedInputStream(file, source.compression)
