"""Evaluate columns and tables of Arrow, pandas and Polars.

Needs pyarrow: ``pip install 'exprinfer[files]'``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from exprinfer.errors import InputError
from exprinfer.evaluator import Evaluator
from exprinfer.results import FIELDS
from exprinfer.results.columns import SCHEMA, from_strings, results_batch, to_pandas

# The module above checks that pyarrow is installed.
# isort: split
import pyarrow as pa

__all__ = ["SCHEMA", "check_columns", "evaluate_arrow", "evaluate_table", "to_pandas"]

#: Rows that are evaluated at a time: many, so that rows of similar cost share a batch, but in
#: bounded memory.
CHUNK_ROWS = 1 << 17


def evaluate_arrow(evaluator: Evaluator, column: Any) -> pa.Table:
    """Evaluate a column of expressions.

    Args:
        evaluator: Answers the expressions.
        column: The expressions, as text: a ``pyarrow.Array`` or ``ChunkedArray`` of any string type
            (string, large_string, string_view, or a dictionary of them), a pandas or Polars Series,
            any other object with the Arrow C stream interface, or a list.

    Returns:
        A table with the schema ``SCHEMA`` and one row for each row of the column, in order. A null
        gives a row of nulls; it is not an error. The index of a pandas Series is not kept. Use
        ``to_pandas(table)`` or ``polars.from_arrow(table)`` to convert the table.

    Raises:
        TypeError: If the column does not hold text.

    Example:
        >>> import exprinfer
        >>> from exprinfer.arrow import evaluate_arrow
        >>> evaluator = exprinfer.load()
        >>> table = evaluate_arrow(evaluator, ["5+3", None, "1/0"])
        >>> table["value"].to_pylist()
        [8, None, None]
        >>> table["error"].to_pylist()
        [None, None, 'division_by_zero']
    """
    texts = _to_chunked(column)
    parts = [
        _evaluate(evaluator, texts.slice(start, CHUNK_ROWS).cast(pa.string()).combine_chunks())
        for start in range(0, len(texts), CHUNK_ROWS)
    ]
    return pa.Table.from_batches(parts, SCHEMA)


def evaluate_table(evaluator: Evaluator, table: pa.Table, column: str = "expression") -> pa.Table:
    """Evaluate the expressions in one column of a table.

    Args:
        evaluator: Answers the expressions.
        table: The table; all its columns are kept.
        column: The name of the column of expressions, which must hold text.

    Returns:
        The table, followed by the columns of ``SCHEMA`` except ``expression``.

    Raises:
        InputError: If the table does not have the column, or has a column named like a result.
        TypeError: If the column does not hold text.

    Example:
        >>> import exprinfer, pyarrow
        >>> from exprinfer.arrow import evaluate_table
        >>> table = pyarrow.table({"id": [7, 8], "sum": ["5+3", "7*-9"]})
        >>> answers = evaluate_table(exprinfer.load(), table, "sum")
        >>> answers.select(["id", "sum", "value"]).to_pylist()
        [{'id': 7, 'sum': '5+3', 'value': 8}, {'id': 8, 'sum': '7*-9', 'value': -63}]
    """
    check_columns(table.column_names, column)
    results = evaluate_arrow(evaluator, table[column])
    for name in FIELDS[1:]:
        table = table.append_column(SCHEMA.field(name), results[name])
    return table


def check_columns(
    names: Sequence[str], column: str, results: Sequence[str] = FIELDS[1:], prefix: str = ""
) -> None:
    """Check that a table has a column, and no column named like a result that will be added.

    Args:
        names: The names of the table's columns.
        column: The name of the column that is needed.
        results: The names of the columns that will be added.
        prefix: How error messages begin, such as ``"in.csv: "``.

    Raises:
        InputError: If the column is missing, or a column is named like a result.
    """
    if column not in names:
        raise InputError(f"{prefix}no column {column!r}; the columns are {', '.join(names)}")
    taken = [name for name in names if name in results]
    if taken:
        raise InputError(f"{prefix}columns named like results: {', '.join(taken)}; rename them")


def _to_chunked(column: Any) -> pa.ChunkedArray:
    """Convert a column to a chunked array of text.

    Raises:
        TypeError: If it does not hold text.
    """
    if isinstance(column, str | bytes):
        raise TypeError("expected a column, got a single expression; use evaluate, or pass a list")
    if hasattr(column, "__arrow_c_stream__"):
        column = pa.chunked_array(column)
    elif not isinstance(column, pa.Array):
        column = pa.array(column)
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if not is_text(column.type):
        raise TypeError(f"expected a column of text, got one of {column.type}")
    encoded = pa.types.is_dictionary(column.type)
    # The categories of Polars are string views, which Arrow cannot decode yet.
    return column.cast(pa.dictionary(column.type.index_type, pa.string())) if encoded else column


def is_text(kind: pa.DataType) -> bool:
    """Return whether an Arrow type holds text, perhaps in a dictionary, or only nulls."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null
    return any(test(kind) for test in tests)


def _evaluate(evaluator: Evaluator, texts: pa.StringArray) -> pa.RecordBatch:
    """Evaluate an array that is small enough for the results to fit into memory."""
    if not texts.null_count:
        return results_batch(texts, evaluator.evaluate_batch(from_strings(texts)))
    results = _evaluate(evaluator, texts.drop_null())
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    return results.take(pa.array(np.cumsum(valid) - 1, mask=~valid))
