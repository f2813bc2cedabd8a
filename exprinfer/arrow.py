"""Columns of Arrow, pandas and Polars in, Arrow tables out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, ExtraMissingError, InputError
from exprinfer.evaluator import Evaluator
from exprinfer.results import FIELDS, BatchResult, whole_number

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    raise ExtraMissingError(
        "Arrow columns need pyarrow, which comes with an extra: pip install 'exprinfer[files]'"
    ) from None

#: The columns of every result, those of ``prediction.FIELDS``. ``value`` is null where the answer
#: is no integer or none of 64 bits; ``answer`` holds every digit.
SCHEMA = pa.schema(
    {
        "expression": pa.string(),
        "answer": pa.string(),
        "value": pa.int64(),
        "log_prob": pa.float32(),
        "certified": pa.bool_(),
        "model": pa.string(),
        "error": pa.string(),
        "message": pa.string(),
        "position": pa.int32(),
    }
)
assert tuple(SCHEMA.names) == FIELDS

#: Rows that are evaluated at once: many, so that rows of like work meet, in bounded memory.
AT_ONCE = 1 << 17

_CODES = pa.array([None, *(kind.code for kind in EXPRESSION_ERRORS[1:])], pa.string())
_INT64 = range(-(2**63), 2**63)


def evaluate_arrow(evaluator: Evaluator, column: Any) -> pa.Table:
    """Answer a column of expressions, an Arrow column a field; its schema is ``SCHEMA``.

    Takes text as an Arrow array, plain or chunked, of any type of text and dictionaries of it; as
    whatever offers Arrow's C interface, such as a Series of Polars or of pandas; or as what
    ``pyarrow.array`` takes, such as a list. Gives a row for each row, in order; a null gives a row
    of nulls, and so no error. An index is not carried: the way back is ``table.to_pandas()`` or
    ``polars.from_arrow(table)``. Raises TypeError where the column holds no text.
    """
    texts = _text(column)
    parts = [
        _evaluate(evaluator, texts.slice(start, AT_ONCE).cast(pa.string()).combine_chunks())
        for start in range(0, len(texts), AT_ONCE)
    ]
    return pa.Table.from_batches(parts, SCHEMA)


def evaluate_table(evaluator: Evaluator, table: pa.Table, column: str = "expression") -> pa.Table:
    """Answer the expressions in one column of a table.

    Gives the table as it came, followed by the columns of ``SCHEMA`` less ``expression``. Raises
    what ``check_columns`` raises, and TypeError where the column holds no text.
    """
    check_columns(table.column_names, column)
    results = evaluate_arrow(evaluator, table[column])
    for name in FIELDS[1:]:
        table = table.append_column(SCHEMA.field(name), results[name])
    return table


def check_columns(names: Sequence[str], column: str) -> None:
    """Raise InputError where a table has no such column, or has one of a result already."""
    if column not in names:
        raise InputError(f"no column {column!r}; the columns are {', '.join(names)}")
    taken = [name for name in FIELDS[1:] if name in names]
    if taken:
        raise InputError(f"the table has columns {', '.join(taken)} already; rename them")


def _text(column: Any) -> pa.ChunkedArray:
    """The column as Arrow; TypeError where it is not of text."""
    if isinstance(column, str | bytes):
        raise TypeError("one expression where a column is taken: use evaluate, or give a list")
    if hasattr(column, "__arrow_c_stream__"):
        column = pa.chunked_array(column)
    elif not isinstance(column, pa.Array):
        column = pa.array(column)
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if not is_text(column.type):
        raise TypeError(f"a column of text is needed, not of {column.type}")
    coded = pa.types.is_dictionary(column.type)
    # Polars' categories are views, which Arrow cannot look up yet.
    return column.cast(pa.dictionary(column.type.index_type, pa.string())) if coded else column


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text, coded by a dictionary or not, or nothing at all."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null
    return any(test(kind) for test in tests)


def _evaluate(evaluator: Evaluator, texts: pa.StringArray) -> pa.RecordBatch:
    """Answer an array of type string, of a length that fits into memory with all about it."""
    if not texts.null_count:
        return results_batch(texts, evaluator.evaluate_batch(texts.to_numpy(zero_copy_only=False)))
    answered = _evaluate(evaluator, texts.drop_null())
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    return answered.take(pa.array(np.cumsum(valid) - 1, mask=~valid))


def results_batch(texts: pa.StringArray, column: BatchResult) -> pa.RecordBatch:
    """What is in a BatchResult, as Arrow."""
    failed = column.errors != 0
    answers = pa.array(column.answers, pa.string(), mask=failed)
    arrays = [
        texts,
        answers,
        _values(answers),
        pa.array(column.log_probs, mask=failed),
        pa.array(column.certified),
        pa.array(column.models, pa.string()).take(pa.array(column.model_index)),
        _CODES.take(pa.array(column.errors)),
        _messages(column, np.flatnonzero(failed)),
        pa.array(column.positions, mask=column.positions < 0),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _messages(column: BatchResult, failed: NDArray[np.int64]) -> pa.StringArray:
    """The sentences of the rows that failed, null elsewhere."""
    if not len(failed):
        return pa.nulls(len(column), pa.string())
    messages = np.full(len(column), None, object)
    for row in failed.tolist():
        messages[row] = column.error(row).message
    return pa.array(messages, pa.string())


def _values(answers: pa.StringArray) -> pa.Int64Array:
    """The answers as integers, null where they are none or none of 64 bits."""
    try:
        return answers.cast(pa.int64())
    except pa.ArrowInvalid:  # some of them are not: tell them apart
        short = pc.match_substring_regex(answers, "^-?[0-9]{1,18}$")
        long = pc.match_substring_regex(answers, "^-?[0-9]{19,}$").fill_null(False)
    numbers = map(whole_number, answers.filter(long).to_pylist())
    fitting = [number if number in _INT64 else None for number in numbers]
    values = pc.if_else(short, answers, None).cast(pa.int64())
    return pc.replace_with_mask(values, long, pa.array(fitting, pa.int64()))
