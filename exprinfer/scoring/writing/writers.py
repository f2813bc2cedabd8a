"""Encode results in the output formats; ``parquet`` has the encoder of Parquet."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from exprinfer.errors import OutputError
from exprinfer.scoring.marking import SCORED_FIELDS, ScoredBatch
from exprinfer.scoring.reading.inputs import COMPRESSIONS
from exprinfer.scoring.reading.optional import require_pyarrow
from exprinfer.scoring.writing.atomic_file import move_into_place
from exprinfer.scoring.writing.text_formats import csv_header, to_csv, to_jsonl, to_text


class Encoder(Protocol):
    """Writes results to a file, batch by batch."""

    state: list[Any]
    """What a resumed run must know about the batches before, as JSON values."""

    def restore(self, state: list[Any]) -> None:
        """Continue the file of an interrupted run."""

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch to a file that has ``offset`` bytes, and return how many were added."""

    def write_end(self, file: BinaryIO, offset: int) -> None:
        """Write the end of the file, which has ``offset`` bytes."""

    def finish(self, partial: Path, path: Path) -> None:
        """Turn the file ``partial``, to which everything was written, into the file at ``path``."""


class TextEncoder:
    """Encodes text, JSON Lines or CSV; each batch is compressed by itself, if at all."""

    def __init__(self, file_format: str, compression: str | None = None) -> None:
        self._file_format, self._compress = file_format, _COMPRESSORS[compression]
        self.state: list[Any] = []
        """The column names of a CSV file, once a batch was written."""

    def restore(self, state: list[Any]) -> None:
        """Continue the file of an interrupted run."""
        self.state = state

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch, after the header of a CSV file if it is the first one.

        Raises:
            OutputError: If the columns of a CSV file differ from those before.
        """
        text = _FORMATTERS[self._file_format](batch)
        if self._file_format == "csv":
            fields = list(batch.fields)
            if fields != (self.state or fields):
                raise OutputError(
                    "the inputs have different columns, which one CSV file cannot hold; score them "
                    "one by one, or use --format jsonl: "
                    f"{', '.join(self.state)}; then {', '.join(fields)}"
                )
            self.state = fields
            text = text if offset else csv_header(fields) + text
        return file.write(self._compress(text.encode(errors="backslashreplace")))

    def write_end(self, file: BinaryIO, offset: int) -> None:
        """Write the header of a CSV file if there were no results."""
        if self._file_format == "csv" and not offset:
            file.write(self._compress(csv_header(SCORED_FIELDS).encode()))

    def finish(self, partial: Path, path: Path) -> None:
        """Rename the file."""
        move_into_place(partial, path)


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


def _zstd(content: bytes) -> bytes:
    return require_pyarrow().Codec("zstd").compress(content, asbytes=True)  # type: ignore[no-any-return]


_FORMATTERS: dict[str, Callable[[ScoredBatch], str]] = {
    "text": to_text,
    "jsonl": to_jsonl,
    "csv": to_csv,
}
_COMPRESSORS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "gzip": _gzip,
    "zstd": _zstd,
}
TEXT_FORMATS = tuple(_FORMATTERS)
FORMATS = (*TEXT_FORMATS, "parquet")


def output_format(name: str) -> tuple[str, str | None]:
    """Return the file format and the compression that fit the name of an output file.

    Raises:
        OutputError: If the extension belongs to a format that cannot be written.

    Example:
        >>> output_format("answers.jsonl.gz"), output_format("answers")
        (('jsonl', 'gzip'), ('text', None))
    """
    *_, first, last = ["", "", *name.lower().split(".")]
    compression = COMPRESSIONS.get(f".{last}")
    extension = first if compression else last
    if extension in ("tsv", "json", "xlsx", "arrow", "feather", "orc"):
        raise OutputError(
            f"cannot write results as {extension}; choose an output name that ends in .csv, "
            ".jsonl, .parquet or .txt"
        )
    formats = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}
    return formats.get(extension, "text"), compression


def make_encoder(file_format: str, compression: str | None) -> Encoder:
    """Return the encoder of a file format.

    Args:
        file_format: One of ``FORMATS``.
        compression: One of the values of ``COMPRESSIONS``, or None.

    Raises:
        ExtraMissingError: If it needs a library that is not installed.
        OutputError: If the format cannot be compressed.
    """
    if file_format != "parquet":
        if compression == "zstd":
            require_pyarrow()
        return TextEncoder(file_format, compression)
    if compression:
        raise OutputError(
            "Parquet files are compressed internally; choose an output name that ends in .parquet"
        )
    from exprinfer.scoring.writing.parquet import ParquetEncoder  # needs the extra "files"

    return ParquetEncoder()
