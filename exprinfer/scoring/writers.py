"""Results as text for people, as JSON Lines or as CSV; ``parquet`` has the fourth format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from exprinfer.errors import OutputError
from exprinfer.results import Prediction
from exprinfer.scoring.atomic_file import put_in_place
from exprinfer.scoring.marking import SCORED_FIELDS, Row, Scored, ScoredBatch
from exprinfer.scoring.readers import COMPRESSIONS, need_pyarrow

#: Characters of a line without an answer that the text format shows.
SHOWN = 60


def to_text(results: Iterable[Scored]) -> str:
    """One line a result, each kind with a face of its own.

    ``1+2 = 3`` where the model is certified, ``1+2 =? 3`` where it is not, and
    ``1/0 ! division by zero at position 2`` where there is no answer.
    """
    if isinstance(results, ScoredBatch) and results.givens is None:
        column = results.column
        if column.certified.all():  # the common case, without an object a line
            parts = [" = "] * (4 * len(column))
            parts[0::4] = map(str, column.expressions)
            parts[2::4] = column.answers.tolist()
            parts[3::4] = ["\n"] * len(column)
            return "".join(parts)
    return "".join(f"{_line(result.prediction)}{_marks(result)}\n" for result in results)


def _line(prediction: Prediction) -> str:
    if prediction.error:
        return f"{_shown(prediction.expression)} ! {prediction.error.message}"
    equals = "=" if prediction.certified else "=?"
    return f"{prediction.expression} {equals} {prediction.answer}"


def _shown(text: str) -> str:
    """The text cut and escaped, so that no hostile line reaches a terminal as it is."""
    safe = (c if c.isascii() and c.isprintable() else ascii(c)[1:-1] for c in text[:SHOWN])
    return "".join(safe) + ("..." if len(text) > SHOWN else "")


def _marks(result: Scored) -> str:
    if result.given is None or result.given_right is None:
        return ""
    words = {True: "right", False: "wrong", None: "missing"}
    given, right = words[result.given_right], words[result.right]
    return f"  (given {_shown(result.given)}: {given}; answer: {right})"


def to_jsonl(batch: ScoredBatch) -> str:
    """One JSON object a line; what JSON has no type for is written as text."""
    return "".join(_json(row) + "\n" for row in batch.rows())


def _json(row: Row) -> str:
    try:
        return json.dumps(row, default=_as_json, allow_nan=False)
    except ValueError:  # a table's own numbers may be none
        finite = {name: None if _is_nan(value) else value for name, value in row.items()}
        return json.dumps(finite, default=_as_json)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _as_json(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def to_csv(batch: ScoredBatch) -> str:
    """One CSV row a result (RFC 4180, CRLF); no header."""
    text = io.StringIO()
    csv.DictWriter(text, batch.fields).writerows(batch.rows())
    return text.getvalue()


def csv_header(fields: Iterable[str]) -> str:
    """The first line of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerow(fields)
    return text.getvalue()


class Encoder(Protocol):
    """Writes results to a file, batch by batch."""

    state: list[Any]
    """What it remembers of the batches before, as JSON."""

    def restore(self, state: list[Any]) -> None:
        """Go on with the file of an interrupted run."""

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch to the ``offset`` bytes in the file; returns how many bytes that made."""

    def end(self, file: BinaryIO, offset: int) -> None:
        """Write what ends the file."""

    def put(self, partial: Path, path: Path) -> None:
        """Make the file of what was appended, and remove that."""


class TextEncoder:
    """Text, JSON Lines or CSV, compressed or not; each batch is a compressed member of its own."""

    def __init__(self, form: str, compression: str | None = None) -> None:
        self._form, self._compress = form, _COMPRESS[compression]
        self.state: list[Any] = []
        """Of CSV, the names of its columns."""

    def restore(self, state: list[Any]) -> None:
        """Go on with the file of an interrupted run."""
        self.state = state

    def write(self, batch: ScoredBatch, file: BinaryIO, offset: int) -> int:
        """Append a batch, the header before the first one; raises OutputError where a CSV file's
        columns would change."""
        text = _TO[self._form](batch)
        if self._form == "csv":
            fields = list(batch.fields)
            if fields != (self.state or fields):
                raise OutputError(
                    "the inputs have different columns, which one CSV file cannot hold: "
                    f"{', '.join(self.state)} and then {', '.join(fields)}; score them one by one, "
                    "or with --format jsonl"
                )
            self.state = fields
            text = text if offset else csv_header(fields) + text
        return file.write(self._compress(text.encode(errors="backslashreplace")))

    def end(self, file: BinaryIO, offset: int) -> None:
        """Write the header where there was no result at all."""
        if self._form == "csv" and not offset:
            file.write(self._compress(csv_header(SCORED_FIELDS).encode()))

    def put(self, partial: Path, path: Path) -> None:
        """Give what was appended its name."""
        put_in_place(partial, path)


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


def _zstd(content: bytes) -> bytes:
    return need_pyarrow().Codec("zstd").compress(content, asbytes=True)  # type: ignore[no-any-return]


_TO: dict[str, Callable[[ScoredBatch], str]] = {
    "text": to_text,
    "jsonl": to_jsonl,
    "csv": to_csv,
}
_COMPRESS: dict[str | None, Callable[[bytes], bytes]] = {None: bytes, "gzip": _gzip, "zstd": _zstd}
TEXT_FORMATS = tuple(_TO)
FORMATS = (*TEXT_FORMATS, "parquet")


def format_of(name: str) -> tuple[str, str | None]:
    """The format and the compression that a file of this name has; text by default."""
    *_, first, last = ["", "", *name.lower().split(".")]
    compression = COMPRESSIONS.get(f".{last}")
    end = first if compression else last
    if end in ("tsv", "json", "xlsx", "arrow", "feather", "orc"):
        raise OutputError(
            f"results are not written as {end}: name the output .csv, .jsonl, .parquet or .txt"
        )
    form = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}
    return form.get(end, "text"), compression


def encoder(form: str, compression: str | None) -> Encoder:
    """What writes a format; raises ExtraMissingError where that needs a library, OutputError where
    there is no such thing."""
    if form != "parquet":
        if compression == "zstd":
            need_pyarrow()
        return TextEncoder(form, compression)
    if compression:
        raise OutputError("Parquet is compressed in itself; give it a name that ends in .parquet")
    from exprinfer.scoring.parquet import ParquetEncoder  # needs an extra

    return ParquetEncoder()
