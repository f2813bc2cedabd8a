"""Recognize files that cannot be scored by their first bytes, and say what to do with them."""

from __future__ import annotations

import json
import re
from typing import Any

from exprinfer.errors import InputError

_SPREADSHEET = "save it as CSV and score that"
_ARROW = "save it as Parquet (for example pandas.read_feather(...).to_parquet(...)) and score that"
_TABLE = "save its table as CSV or Parquet and score that"
#: The first bytes of files that are not read, what they are, and what to do.
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", _SPREADSHEET),
    (b"ARROW1", "an Arrow IPC (Feather) file", _ARROW),
    (b"FEA1", "a Feather file", _ARROW),
    (b"\xff\xff\xff\xff", "an Arrow IPC stream", _ARROW),
    (b"Obj\x01", "an Avro file", _TABLE),
    (b"SQLite format 3\0", "an SQLite database", _TABLE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _TABLE),
    (b"%PDF-", "a PDF document", "copy its expressions to a text file and score that"),
    (b"BZh", "compressed with bzip2", "unpack it first (bunzip2)"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it first (unxz)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and score the files in it"),
)
#: The same for files that are read if their names or an option tell what they are.
_READABLE = (
    (b"PAR1", "parquet", "a Parquet file", "give it a name that ends in .parquet"),
    (b"\x1f\x8b", "gzip", "compressed with gzip", "give it a name that ends in .gz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "compressed with Zstandard", "give it a name that ends in .zst"),
)
_JSON_ARRAY = re.compile(rb"\s*\[\s*[\[{\"\]]")
_JSON_OBJECT = re.compile(rb"\s*\{\s*[\"}]")
_TO_JSON_LINES = "save it with one object per line (for example jq -c '.[]' in.json > in.jsonl)"


def refuse_foreign(name: str, head: bytes, file_format: str, compression: str | None) -> None:
    """Refuse a file whose content is of another format than the one it is read as.

    Args:
        name: The name that the error begins with.
        head: The first bytes of the content, decompressed.
        file_format: The format that it is read as.
        compression: How it is compressed, or None.

    Raises:
        InputError: If it cannot be read so.
    """
    what, advice = _recognize(head, file_format, compression)
    if what:
        raise InputError(f"{name}: this is {what}, which is not read as {file_format}: {advice}")


def _recognize(head: bytes, file_format: str, compression: str | None) -> tuple[str, str]:
    """Return what a foreign file is, and what to do with it; empty if it is not foreign."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _recognize_zip(head)
    for start, what, advice in _SIGNATURES:
        if head.startswith(start):
            return what, advice
    for start, kind, what, advice in _READABLE:
        if head.startswith(start) and kind not in (file_format, compression):
            return what, advice
    if head.startswith(b"ORC") and b"\0" in head[:64]:
        return "an ORC file", _TABLE
    return ("", "") if file_format == "parquet" else _recognize_json(head, file_format)


def _recognize_zip(head: bytes) -> tuple[str, str]:
    if b"opendocument.spreadsheet" in head:
        return "an OpenDocument spreadsheet (.ods)", _SPREADSHEET
    if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
        return "an Excel workbook (.xlsx)", _SPREADSHEET
    return "a ZIP archive", "unpack it and score the files in it"


def _recognize_json(head: bytes, file_format: str) -> tuple[str, str]:
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _JSON_ARRAY.match(head):
        return "a JSON array", _TO_JSON_LINES
    if not _JSON_OBJECT.match(head):
        return "", ""
    first = head.lstrip().partition(b"\n")[0]
    if isinstance(_parsed(first), dict):
        if file_format == "jsonl":
            return "", ""
        return "JSON Lines", "give it a name that ends in .jsonl, or use --input-format jsonl"
    if first.strip() == b"{":
        return "a JSON object over several lines", _TO_JSON_LINES
    return ("", "") if file_format == "jsonl" else ("a JSON document", _TO_JSON_LINES)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
