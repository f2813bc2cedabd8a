"""Inputs on a file system of pyarrow, such as object storage (``pyarrow.fs.FileSystem``)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from exprinfer.scoring.reading.inputs import Input

#: Bytes that are asked for at a time: object storage answers slowly.
_BUFFER_BYTES = 1 << 20


class StorageError(OSError):
    """The storage failed, which says nothing about the files in it."""


@dataclass(frozen=True)
class StoredInput(Input):
    """A file, or a part of one, on a file system of pyarrow."""

    path: str = ""
    """Its path on the file system."""
    filesystem: Any = None
    found: tuple[int, int | None] = (0, None)
    """The size and the time of its last change, in nanoseconds, when it was found."""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file: always."""
        return True

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Open the file, as it is stored.

        Raises:
            StorageError: If the storage fails while the file is read.
        """
        raw = _WatchedFile(self.filesystem.open_input_file(self.path))
        is_parquet = self.file_format == "parquet"  # which Arrow buffers
        with raw if is_parquet else io.BufferedReader(raw, _BUFFER_BYTES) as file:
            try:
                yield file
            except Exception as error:
                # Readers take a failure for damage of the file.
                if raw.failure is not None:
                    raise StorageError(f"{self.name}: {raw.failure}") from error
                raise

    def fingerprint(self) -> list[Any]:
        """Return the path, size and time of the last change; empty if the file is gone."""
        info = self.filesystem.get_file_info(self.path)
        return [self.path, info.size, info.mtime_ns] if info.is_file else []

    def has_changed(self) -> bool:
        """Return whether the file has changed since it was found."""
        return self.fingerprint() != [self.path, *self.found]


class _WatchedFile(io.RawIOBase):
    """A file of pyarrow that remembers whether reading failed."""

    def __init__(self, file: Any) -> None:
        self._file, self.failure = file, None

    def readinto(self, buffer: Any) -> int:
        content = self._watched(self._file.read, len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def read(self, size: int = -1) -> bytes:
        return self._watched(self._file.read, None if size < 0 else size)  # type: ignore[no-any-return]

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._watched(self._file.seek, offset, whence)  # type: ignore[no-any-return]

    def tell(self) -> int:
        return self._file.tell()  # type: ignore[no-any-return]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _watched(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OSError as error:
            self.failure = error  # type: ignore[assignment]
            raise
