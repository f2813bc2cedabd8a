"""Turn JSON objects into Arrow columns, one bad line at a time."""

from __future__ import annotations

import json
from typing import Any

from exprinfer.scoring.reading.json_schema import CONVERSION_ERRORS, KINDS, Schema, parse_line
from exprinfer.scoring.reading.rows import MalformedRow, Rows, malformed_row

# isort: split
import pyarrow as pa


def parse_slowly(lines: list[bytes], number: int, schema: Schema) -> Rows:
    """Parse lines one by one; a line that does not fit is a malformed row.

    Args:
        lines: The lines; blank ones do not count as rows.
        number: The number of the first line.
        schema: The columns. Values of other keys are returned as extra values.
    """
    reading = _Reading(schema)
    for line_number, line in enumerate(lines, number):
        if line.strip():
            reading.add(line_number, line)
    return reading.rows()


class _Reading:
    """The lines of a block, and what is wrong with them."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._lines: list[tuple[int, bytes]] = []
        self._objects: list[dict[str, Any]] = []
        self._malformed: dict[int, MalformedRow] = {}
        self._extra: dict[int, dict[str, Any]] = {}

    def add(self, number: int, line: bytes) -> None:
        """Read a line."""
        row, value = len(self._lines), parse_line(line)
        self._lines.append((number, line))
        if isinstance(value, ValueError):
            self._refuse(row, str(value))
        elif not isinstance(value, dict):
            self._refuse(row, f"expected an object, got {KINDS[type(value)]}")
        values = value if isinstance(value, dict) else {}
        self._objects.append(values)
        known = set(self._schema.arrow.names)
        new = {key: value for key, value in values.items() if key not in known}
        if new:
            self._extra[row] = new

    def rows(self) -> Rows:
        """Return all lines as rows."""
        columns = [self._column(field) for field in self._schema.arrow]
        batch = pa.RecordBatch.from_arrays(columns, schema=self._schema.arrow)
        if not columns:
            batch = pa.RecordBatch.from_struct_array(
                pa.array([{}] * len(self._lines), pa.struct([]))
            )
        return Rows(batch, self._malformed, self._extra)

    def _column(self, field: Any) -> Any:
        values = [values.get(field.name) for values in self._objects]
        if field.name in self._schema.as_json:
            values = [_as_json(value) for value in values]
        column, bad = _to_array(values, field.type)
        for row in bad:
            found = KINDS[type(values[row])]
            self._refuse(row, f"{field.name!r} holds {found}, expected {field.type}")
        if pa.types.is_nested(field.type):  # Arrow leaves out keys that are not in the type
            for row, value in enumerate(column.to_pylist()):
                if value != values[row] and row not in bad:
                    self._extra.setdefault(row, {})[field.name] = values[row]
        return column

    def _refuse(self, row: int, reason: str) -> None:
        number, line = self._lines[row]
        text = line.decode(errors="backslashreplace")
        self._malformed.setdefault(row, malformed_row(number, text, reason))


def _as_json(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _to_array(values: list[Any], kind: Any) -> tuple[Any, list[int]]:
    """Return an Arrow array, and the indices of the values that do not fit and are null in it."""
    bad = []
    try:
        array = pa.array(values, kind)
    except CONVERSION_ERRORS:
        bad = [row for row, value in enumerate(values) if not _fits(value, kind)]
        array = pa.array(_without(values, bad), kind)
    if pa.types.is_integer(kind):  # Arrow cuts fractions off
        rows = zip(values, array.to_pylist(), strict=True)
        cut = [row for row, (value, read) in enumerate(rows) if read is not None and value != read]
        if cut:
            bad = sorted({*bad, *cut})
            array = pa.array(_without(values, bad), kind)
    return array, bad


def _fits(value: Any, kind: Any) -> bool:
    try:
        pa.array([value], kind)
    except CONVERSION_ERRORS:
        return False
    return True


def _without(values: list[Any], bad: list[int]) -> list[Any]:
    gone = set(bad)
    return [None if row in gone else value for row, value in enumerate(values)]
