"""Detect how a CSV file is written: its delimiter, its encoding and its column names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from exprinfer.scoring.reading.encodings import UTF_8, detect_encoding

#: Characters between cells that are detected; the first one wins a tie.
DELIMITERS = ",;\t|"
#: Rows that show which delimiter is used.
_SAMPLE_ROWS = 50
#: Excel reads a first line such as ``sep=;`` as the delimiter.
_SEPARATOR_LINE = "sep="
_NAMES = {"\t": "tab"}


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str
    encoding: str
    names: tuple[str, ...]
    """The names of the columns, from the first row."""
    skipped_lines: int = 0
    """Lines before the first row."""

    def differences(self, usual: str) -> str:
        """Return what differs from UTF-8 and the usual delimiter; empty if nothing does."""
        shown = _NAMES.get(self.delimiter, repr(self.delimiter))
        parts = [f"delimiter {shown}"] if self.delimiter != usual else []
        parts += [f"encoding {self.encoding}"] if self.encoding not in UTF_8 else []
        return ", ".join(parts)


def detect_dialect(head: bytes, delimiter: str | None, encoding: str | None) -> Dialect:
    """Return how a CSV file is written.

    Args:
        head: The first bytes of the file.
        delimiter: The delimiter, if it is known.
        encoding: The encoding, if it is known.

    Raises:
        csv.Error: If the first row cannot be read.

    Example:
        >>> detect_dialect(b"Aufgabe;Wert\\r\\n5+3;8,5\\r\\n", None, None).delimiter
        ';'
    """
    encoding = encoding or detect_encoding(head)
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    first = text.partition("\n")[0].strip()
    skipped = int(first.lower().startswith(_SEPARATOR_LINE) and len(first) <= 5)
    if skipped:
        text = text.partition("\n")[2]
        delimiter = delimiter or first[4:] or ","
    delimiter = delimiter or _detect_delimiter(text)
    names = next(_rows(text, delimiter), [])
    return Dialect(delimiter, encoding, tuple(names), skipped)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _detect_delimiter(text: str) -> str:
    """Return the delimiter that divides most rows into as many cells as the first one has."""
    return max(DELIMITERS, key=lambda delimiter: _agreement(text, delimiter))


def _agreement(text: str, delimiter: str) -> float:
    """Return the share of the first rows with as many cells as the first row, if it has several."""
    sample = []
    try:
        for row in _rows(text, delimiter):
            sample += [len(row)] if row else []
            if len(sample) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return 0.0
    if not sample or sample[0] == 1:
        return 0.0
    return sample.count(sample[0]) / len(sample)
