"""The columns of JSON Lines, and their types."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401
from exprinfer.scoring.reading.options import EXPRESSION

# isort: split
import pyarrow as pa

#: What Arrow raises for values that do not fit a type.
CONVERSION_ERRORS = (pa.ArrowException, OverflowError, UnicodeError)
#: The types of JSON values.
KINDS: dict[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


#: Levels of arrays and objects in a line at most. Arrow ends the process at some thousands, and
#: cannot write more than 64.
MAX_DEPTH = 50
#: Strings, as a whole, and the brackets outside them.
_MARKS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def is_too_deep(line: bytes) -> bool:
    """Return whether arrays and objects in a line are nested more than ``MAX_DEPTH`` deep."""
    if len(line) <= MAX_DEPTH or line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for mark in _MARKS.findall(line):
        depth += (mark in b"[{") - (mark in b"]}") if len(mark) == 1 else 0
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def parse_line(line: bytes) -> Any:
    """Return the value of a line, or a ValueError that says why it has none."""
    if is_too_deep(line):
        return ValueError(f"not read: nested deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(line.decode())
    except UnicodeDecodeError as error:
        return ValueError(f"not UTF-8 text: {error.reason} at byte {error.start}")
    except ValueError as error:
        return ValueError(f"not valid JSON: {error}")
    except RecursionError:
        return ValueError("not valid JSON: too deeply nested")


@dataclass(frozen=True)
class Schema:
    """The columns of JSON Lines."""

    arrow: Any
    """Names and types, as an Arrow schema."""
    as_json: frozenset[str] = frozenset()
    """Columns of text that also take other values, written as JSON."""
    exact: frozenset[str] = frozenset()
    """Those of them that Arrow must not read, since it would lose digits."""

    @classmethod
    def from_arrow(cls, inferred: Any, exact: Iterable[str] = ()) -> Schema:
        """Return a schema for the types that Arrow inferred from the first rows.

        Dates stay text, exactly as written. A column that is empty so far takes any value.
        """
        exact = frozenset(exact)
        nulls = {field.name for field in inferred if pa.types.is_null(field.type)}
        fields = [
            (field.name, pa.string() if field.name in nulls | exact else _without_dates(field.type))
            for field in inferred
        ]
        return cls(pa.schema(fields), exact | nulls, exact)

    @classmethod
    def infer(cls, lines: list[bytes], expression: str | None) -> Schema:
        """Return a schema for lines that Arrow refuses; most values of a column have its type.

        Args:
            lines: The lines.
            expression: The name of the column of expressions, which is text if any value is.
        """
        objects = [value for value in map(parse_line, lines) if isinstance(value, dict)]
        names = dict.fromkeys(name for row in objects for name in row if _is_text(name))
        kinds = {}
        for name in names:
            values = [row[name] for row in objects if row.get(name) is not None]
            kinds[name] = _infer(values, name == (expression or EXPRESSION))
        return cls.from_arrow(pa.schema(list(kinds.items())))


def _is_text(name: str) -> bool:
    """Return whether Arrow can hold a name; JSON may have halves of characters in it."""
    return name.encode(errors="replace").decode() == name


def _infer(values: list[Any], text: bool) -> Any:
    counts = Counter(KINDS[type(value)] for value in values)
    if not counts:
        return pa.null()
    kind = "text" if text and counts["text"] else counts.most_common(1)[0][0]
    with suppress(*CONVERSION_ERRORS):
        return pa.array([value for value in values if KINDS[type(value)] == kind]).type
    return pa.null()  # nested values of different types: kept as JSON


def _without_dates(kind: Any) -> Any:
    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _without_dates(field.type)) for field in kind])
    return pa.list_(_without_dates(kind.value_type)) if pa.types.is_list(kind) else kind
