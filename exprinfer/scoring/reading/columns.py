"""Find the columns of a table to score, and read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exprinfer.arrow import is_text  # raises an error if pyarrow is missing
from exprinfer.errors import InputError
from exprinfer.language.tokenizer import encode
from exprinfer.language.validation import validate
from exprinfer.results.columns import from_strings, text_column
from exprinfer.scoring.marking import SOURCE, result_fields
from exprinfer.scoring.reading.options import EXPECTED, EXPRESSION, ReadOptions, same_name

# isort: split
import pyarrow as pa
import pyarrow.compute as pc

#: Rows that show whether a column holds expressions.
_SAMPLE_ROWS = 100
#: Characters that an expression in those rows has at most.
_SAMPLE_WIDTH = 64


@dataclass(frozen=True)
class Columns:
    """The columns to score."""

    expression: str
    expected: str | None

    def __str__(self) -> str:
        """Return them for people."""
        expected = f", expected values from {self.expected!r}" if self.expected else ""
        return f"expressions from {self.expression!r}{expected}"


def find_columns(batch: Any, file_name: str, options: ReadOptions) -> Columns:
    """Find the column of expressions and the column of expected values.

    Names match without regard to case and to blanks around them. A name such as
    ``data.expression`` also finds a value inside a nested column.

    Args:
        batch: The first record batch of the table.
        file_name: The name that errors begin with.
        options: The names of the columns. Without one, the column of expressions is the one named
            ``EXPRESSION``, or else the only one whose first rows mostly hold expressions; the
            column of expected values is the one named ``EXPECTED``, if any.

    Raises:
        InputError: If there is no such column, the expressions are not text, or a column is named
            like one that scoring adds.
    """
    names: list[str] = batch.schema.names
    _refuse_names(names, file_name)
    if options.column is not None:
        expression = _wanted(batch, options.column, file_name)
    else:
        expression = _match(names, EXPRESSION, file_name) or _detect(batch, file_name)
    if options.expected is not None:
        expected: str | None = _wanted(batch, options.expected, file_name)
    else:
        expected = _match(names, EXPECTED, file_name)
        expected = None if expected == expression else expected
    if expression == expected:
        raise InputError(
            f"{file_name}: column {expression!r} cannot hold both expressions and expected values"
        )
    kind = get_column(batch, expression).type
    if not is_text(kind):
        raise InputError(f"{file_name}: column {expression!r} holds {kind}, not text")
    added = result_fields(expected is not None)
    _refuse_clashes(names, [*added, *([SOURCE] if options.source else [])], file_name)
    return Columns(expression, expected)


def get_column(batch: Any, name: str) -> Any:
    """Return a column, or a value inside a nested one if the name is a path with dots."""
    if name in batch.schema.names:
        return batch.column(name)
    first, *path = name.split(".")
    column = batch.column(first)
    for key in path:
        column = pc.struct_field(column, key)
    return column


def to_texts(column: Any) -> Sequence[str]:
    """Return the rows of a column of text; nulls become empty."""
    return from_strings(column.cast(pa.string()).fill_null(text_column([""])[0]))


def to_given(column: Any) -> list[str | None]:
    """Return the rows of a column of expected values as text; None for nulls and blanks."""
    if pa.types.is_floating(column.type):  # pandas converts integers so if some are missing
        return [None if row is None else _number(row) for row in column.to_pylist()]
    rows = column.cast(pa.string()).to_pylist()
    return [row.strip() or None if row is not None else None for row in rows]


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)


def _refuse_names(names: list[str], file_name: str) -> None:
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise InputError(
            f"{file_name}: more than one column is named {', '.join(repeated)}; rename them"
        )
    if _count_expressions(names):
        raise InputError(
            f"{file_name}: the first row holds an expression; put a row of column names before it"
        )


def _refuse_clashes(names: list[str], added: Sequence[str], file_name: str) -> None:
    taken = [name for name in names if name in added]
    if taken:
        hint = "; or use --no-source" if taken == [SOURCE] else ""
        raise InputError(
            f"{file_name}: columns named like results: {', '.join(taken)}; rename them{hint}"
        )


def _wanted(batch: Any, name: str, file_name: str) -> str:
    """Return the name, as the table writes it, of a column that the user asks for."""
    names: list[str] = batch.schema.names
    found = _match(names, name, file_name)
    if found is not None:
        return found
    first, *path = name.split(".")
    if path and first in names:
        kind = batch.schema.field(first).type
        for key in path:
            kind = _inner(kind, key)
        if kind is not None:
            return name
    raise InputError(f"{file_name}: no column {name!r}; the columns are {', '.join(names)}")


def _inner(kind: Any, key: str) -> Any:
    """Return the type of a value in a struct; None if there is none."""
    if kind is None or not pa.types.is_struct(kind) or kind.get_field_index(key) < 0:
        return None
    return kind.field(key).type


def _match(names: list[str], wanted: str, file_name: str) -> str | None:
    """Return the column with a name, which may differ in case and blanks, if there is one."""
    if wanted in names:
        return wanted
    found = [name for name in names if same_name(name, wanted)]
    if len(found) > 1:
        shown = ", ".join(map(repr, found))
        raise InputError(f"{file_name}: the columns {shown} have the same name; rename them")
    return found[0] if found else None


def _detect(batch: Any, file_name: str) -> str:
    """Return the name of the column that holds expressions."""
    names: list[str] = batch.schema.names
    candidates = [name for name in names if _holds_expressions(batch.column(name))]
    if len(candidates) != 1:
        reason = f"{', '.join(candidates)} all hold" if candidates else "none holds"
        raise InputError(
            f"{file_name}: {reason} expressions; the columns are {', '.join(names)}: "
            "choose one with --column"
        )
    return candidates[0]


def _holds_expressions(column: Any) -> bool:
    if not is_text(column.type):
        return False
    rows = [row for row in to_texts(column.slice(0, _SAMPLE_ROWS)) if row.strip()]
    return len(rows) > 0 and 2 * _count_expressions(rows) > len(rows)


def _count_expressions(rows: list[str]) -> int:
    """Count the rows that are expressions with an operator, not just integers."""
    checked = validate(*encode([row.strip() for row in rows], _SAMPLE_WIDTH))
    has_operator = [any(symbol in "+-*/" for symbol in row[1:]) for row in rows]
    return int(((checked.errors == 0) & has_operator).sum())
