"""Results as columns of Arrow and pandas. Needs pyarrow: ``pip install 'exprinfer[files]'``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, ExtraMissingError
from exprinfer.language.texts import Texts
from exprinfer.results.batch import BatchResult
from exprinfer.results.prediction import FIELDS, as_text, parse_integer

# All other modules that need pyarrow import this one first, so that only this one checks for it.
try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    raise ExtraMissingError(
        "Arrow columns, tables and zstd need pyarrow, which is not installed: "
        "pip install 'exprinfer[files]'"
    ) from None

#: The columns of every result table. Their names are the keys of ``Prediction.as_dict``. ``value``
#: is null if the answer is not an integer, or does not fit into 64 bits; ``answer`` has all digits.
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
        "read_as": pa.string(),
    }
)
assert tuple(SCHEMA.names) == FIELDS

_CODES = (None, *(kind.code for kind in EXPRESSION_ERRORS[1:]))
_LAST_ASCII = 127
_INT64 = range(-(2**63), 2**63)


def to_table(result: BatchResult) -> pa.Table:
    """Convert a BatchResult to a table with the schema ``SCHEMA``."""
    return pa.Table.from_batches([results_batch(to_strings(result.expressions), result)], SCHEMA)


def to_pandas(table: pa.Table) -> Any:
    """Convert a result table to a pandas DataFrame in which integers keep their digits.

    ``table.to_pandas()`` would turn integers into floating point if some of them are missing.

    Args:
        table: A table of results, for example of ``evaluate_arrow``.

    Raises:
        ExtraMissingError: If pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise ExtraMissingError("pandas is not installed: pip install pandas") from None
    # By default pandas turns a column of integers with nulls into floating point.
    integers = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    return table.to_pandas(types_mapper=integers.get)


def results_batch(texts: pa.StringArray, result: BatchResult) -> pa.RecordBatch:
    """Convert a BatchResult to a record batch with the schema ``SCHEMA``."""
    return pa.RecordBatch.from_arrays([texts, *result_columns(result)], schema=SCHEMA)


# The columns are made from buffers. ``pa.array`` and ``pa.scalar`` would import pandas if it is
# installed, which takes half a second and 40 MB.


def result_columns(result: BatchResult) -> list[pa.Array]:
    """Return the columns of ``SCHEMA`` except ``expression``."""
    failed = result.errors != 0
    answers = _answers(result.answers, failed)
    return [
        answers,
        _values(answers),
        _column(pa.float32(), result.log_probs, failed),
        _column(pa.bool_(), result.certified),
        _names(result.models, result.model_index),
        _names(_CODES, result.errors),
        _messages(result, np.flatnonzero(failed)),
        _column(pa.int32(), result.positions, result.positions < 0),
        _read_as(result),
    ]


def _column(
    kind: pa.DataType, values: NDArray[Any], missing: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Return a column of numbers or Booleans, with nulls in the rows ``missing``."""
    if missing is not None and missing.all():
        return pa.nulls(len(values), kind)
    content = np.packbits(values, bitorder="little") if values.dtype == bool else values
    buffers = [_validity(missing), pa.py_buffer(np.ascontiguousarray(content))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _validity(missing: NDArray[np.bool_] | None) -> pa.Buffer | None:
    """Return the buffer of a column that says which rows are not null; None if none is."""
    if missing is None or not missing.any():
        return None
    return pa.py_buffer(np.packbits(~missing, bitorder="little"))


def _names(names: Sequence[str | None], index: NDArray[np.uint8]) -> pa.StringArray:
    """Return the name of each row, given by its index; null for None."""
    if len(index) and (index == index[0]).all():  # repeating is faster
        return pa.repeat(text_column([names[index[0]]])[0], len(index))
    return text_column(names).take(_column(pa.uint8(), index))


def text_column(texts: Iterable[str | None]) -> pa.StringArray:
    """Return a column of any text; null for None."""
    rows = list(texts)
    encoded = [b"" if text is None else text.encode() for text in rows]
    lengths = np.fromiter(map(len, encoded), np.int64, len(rows))
    missing = np.array([text is None for text in rows], bool)
    return _from_buffers(np.frombuffer(b"".join(encoded), np.uint8), lengths, missing)


def to_strings(expressions: Sequence[object]) -> pa.StringArray:
    """Return inputs as a column of text, as results show them."""
    packed = Texts.pack(expressions)
    if packed is not None:
        return _from_buffers(packed.characters(), packed.lengths)
    return text_column(map(as_text, expressions))


def from_strings(strings: pa.StringArray) -> Sequence[str]:
    """Return the texts of a column without nulls. They stay in place if all are ASCII."""
    if not len(strings):
        return []
    _, offsets, data = strings.buffers()
    ends = np.frombuffer(offsets, np.int32)[strings.offset :][: len(strings) + 1].astype(np.int64)
    buffer = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
    if buffer.max(initial=0) > _LAST_ASCII:
        return strings.to_pylist()  # type: ignore[no-any-return]
    return Texts(buffer, ends[:-1] - ends[0], np.diff(ends))


def _answers(answers: NDArray[np.str_], failed: NDArray[np.bool_]) -> pa.StringArray:
    """Return the answers as a column, null for the rows that failed."""
    if answers.dtype.kind != "U":
        return pa.array(answers, pa.string(), mask=failed)
    # Answers are ASCII, and numpy fills them up with NULs.
    codes = np.ascontiguousarray(answers).view(np.uint32).astype(np.uint8)
    characters = np.compress(codes != 0, codes)
    return _from_buffers(characters, np.strings.str_len(answers), failed)


def _from_buffers(
    characters: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    missing: NDArray[np.bool_] | None = None,
) -> pa.StringArray:
    """Return a column of text.

    Args:
        characters: The characters of all texts, one after another.
        lengths: The length of each text.
        missing: The rows that are null.
    """
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    buffers = pa.py_buffer(offsets), pa.py_buffer(characters), _validity(missing)
    return pa.StringArray.from_buffers(len(lengths), *buffers)


def _messages(result: BatchResult, failed: NDArray[np.int64]) -> pa.StringArray:
    """Return the messages of the rows ``failed``; all others are null."""
    if not len(failed):
        return pa.nulls(len(result), pa.string())
    messages: list[str | None] = [None] * len(result)
    for row in failed.tolist():
        messages[row] = result.error(row).message
    return text_column(messages)


def _read_as(result: BatchResult) -> pa.StringArray:
    """Return the texts that were read, null for rows that were read as they are."""
    if not result.read_as:
        return pa.nulls(len(result), pa.string())
    return text_column(map(result.read_as.get, range(len(result))))


def _values(answers: pa.StringArray) -> pa.Int64Array:
    """Convert answers to integers; null if one is not an integer, or does not fit into 64 bits."""
    try:
        return answers.cast(pa.int64())
    except pa.ArrowInvalid:  # at least one of them: convert the short and the long ones apart
        short = pc.match_substring_regex(answers, "^-?[0-9]{1,18}$")
        long = pc.match_substring_regex(answers, "^-?[0-9]{19,}$").fill_null(False)
    numbers = map(parse_integer, answers.filter(long).to_pylist())
    fitting = [number if number in _INT64 else None for number in numbers]
    missing = np.array([number is None for number in fitting], bool)
    replacements = _column(pa.int64(), np.array([n or 0 for n in fitting], np.int64), missing)
    values = pc.if_else(short, answers, None).cast(pa.int64())
    return pc.replace_with_mask(values, long, replacements)
