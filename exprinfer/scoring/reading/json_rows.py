"""Read JSON Lines block by block: through Arrow, or with Python if a block has bad lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.errors import InputError
from exprinfer.scoring.reading.json_objects import parse_slowly
from exprinfer.scoring.reading.json_schema import Schema, is_too_deep
from exprinfer.scoring.reading.lines import read_lines
from exprinfer.scoring.reading.options import EXPECTED, ReadOptions, same_name
from exprinfer.scoring.reading.rows import Rows

# isort: split
import pyarrow as pa
import pyarrow.json

_REFUSED = (pa.ArrowException, UnicodeDecodeError, OSError)


def read_json_lines(name: str, stream: BinaryIO, options: ReadOptions) -> Iterator[Rows]:
    """Yield the rows of JSON Lines. The first block sets the columns and their types.

    Args:
        name: The name that messages begin with.
        stream: The content, in UTF-8.
        options: The columns to look for, and who is told about values that have no column.

    Raises:
        InputError: If no line of the first block is an object.
    """
    schema, first, told = None, 1, set[str]()
    for lines, _ in read_lines(stream):
        number, first = first, first + len(lines)
        if not any(line.strip() for line in lines):
            continue
        deep = any(map(is_too_deep, lines))
        if schema is None:
            infer = Schema.infer(lines, options.column) if deep else None
            schema = infer or _first_schema(lines, options)
        rows = None if deep else _parse_quickly(lines, schema)
        if rows is None:
            rows = parse_slowly(lines, number, schema)
            if len(rows.malformed) == rows.batch.num_rows and not schema.arrow.names:
                reason = next(iter(rows.malformed.values())).message
                raise InputError(f"{name}: cannot be read as jsonl: {reason}")
        _tell_extra(name, rows, told, options)
        yield rows


def _tell_extra(name: str, rows: Rows, told: set[str], options: ReadOptions) -> None:
    """Say once for each key that its values have no column."""
    for values in rows.extra.values():
        for key in [key for key in values if key not in told]:
            told.add(key)
            options.tell(
                f"{name}: only JSON Lines output keeps all values of {key!r}, since the first rows "
                "do not have them"
            )


def _first_schema(lines: list[bytes], options: ReadOptions) -> Schema:
    """Return the columns and types of the first block."""
    try:
        inferred = _read(lines, None).schema
    except _REFUSED:
        return Schema.infer(lines, options.column)
    # Arrow reads a large integer as a floating-point number, and would lose its last digits.
    exact = {
        name
        for name, kind in zip(inferred.names, inferred.types, strict=True)
        if same_name(name, options.expected or EXPECTED) and pa.types.is_floating(kind)
    }
    return Schema.from_arrow(inferred, exact)


def _parse_quickly(lines: list[bytes], schema: Schema) -> Rows | None:
    """Parse a block with Arrow; return None if it refuses the block, or could lose digits."""
    if schema.exact:
        return None
    try:
        table = _read(lines, schema.arrow).combine_chunks()
    except _REFUSED:
        return None
    return Rows(table.to_batches()[0]) if len(table) else None


def _read(lines: list[bytes], schema: Any) -> Any:
    content = b"\n".join(lines)
    if not content.isascii():
        content.decode()  # Arrow does not notice bytes that are not UTF-8
    return pa.json.read_json(
        pa.BufferReader(content),
        pa.json.ReadOptions(use_threads=False, block_size=len(content) + 1),
        pa.json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="error" if schema else "infer"
        ),
    )
