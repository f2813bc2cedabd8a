"""Format results as text for people, as JSON Lines and as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import printable
from exprinfer.language.normalization import BLANKS
from exprinfer.language.texts import Texts
from exprinfer.results import BatchResult, Prediction
from exprinfer.scoring.marking import MarkedPrediction, Row, ScoredBatch

#: Characters shown of an expression without an answer.
_SHOWN_CHARACTERS = 60
#: Characters of an expression and its answer, up to which lines are laid out in a matrix.
_MATRIX_WIDTH = 256


def to_text(results: Iterable[MarkedPrediction]) -> str:
    """Format results for people, one line each.

    A certified answer is written ``1+2 = 3``, any other answer ``1+2 =? 3``, and an error
    ``1/0 ! division by zero at position 2``.
    """
    if isinstance(results, ScoredBatch) and results.given is None:
        result = results.result
        plain = not result.read_as and results.source is None
        if plain and result.certified.all() and (lines := _certified_lines(result)) is not None:
            return lines
    source = getattr(results, "source", None)
    prefix = "" if source is None else f"{printable(source)}: "
    return "".join(f"{prefix}{_line(marked.prediction)}{_marks(marked)}\n" for marked in results)


def _certified_lines(result: BatchResult) -> str | None:
    """Return the lines of answers that are all certified, without an object for each line.

    Returns:
        The lines, or None if one of them is long.
    """
    texts, answers = Texts.pack(result.expressions), result.answers
    if texts is None or answers.dtype.kind != "U":
        return None
    width, answer_width = int(texts.lengths.max(initial=1)), answers.dtype.itemsize // 4
    if width + answer_width > _MATRIX_WIDTH:
        return None
    # One row of characters for each line. Certified texts have no NULs, so these can be left out.
    lines = np.zeros((len(texts), width + answer_width + 4), np.uint8)
    lines[:, :width] = texts.matrix(width)
    lines[:, width : width + 3] = np.frombuffer(b" = ", np.uint8)
    lines[:, width + 3 : -1] = answers.view(np.uint32).reshape(len(texts), answer_width)
    lines[:, -1] = ord("\n")
    characters: NDArray[np.uint8] = lines[lines != 0]
    return characters.tobytes().decode()


def _line(prediction: Prediction) -> str:
    if prediction.error:
        return f"{_escaped(prediction.expression)} ! {printable(prediction.error.message)}"
    equals, read_as = "=" if prediction.certified else "=?", prediction.read_as
    if read_as is None:
        return f"{prediction.expression} {equals} {prediction.answer}"
    if prediction.expression.strip(BLANKS) == read_as:
        return f"{read_as} {equals} {prediction.answer}"
    return f"{printable(prediction.expression)} {equals} {prediction.answer}  (read as {read_as})"


def _escaped(text: str) -> str:
    """Cut the text and escape it: a hostile file must not send control characters to a terminal."""
    cut = text[:_SHOWN_CHARACTERS]
    safe = (c if c.isascii() and c.isprintable() else ascii(c)[1:-1] for c in cut)
    return "".join(safe) + ("..." if len(text) > len(cut) else "")


def _marks(marked: MarkedPrediction) -> str:
    if marked.given is None or marked.operator is None:
        return ""
    given = {True: "right", False: "wrong", None: "unreadable"}[marked.given_right]
    right = {True: "right", False: "wrong", None: "missing"}[marked.right]
    return f"  (given {_escaped(marked.given)}: {given}; answer: {right})"


def to_jsonl(batch: ScoredBatch) -> str:
    """Format results as JSON Lines; values without a JSON type become text."""
    return "".join(_json(row) + "\n" for row in batch.rows())


def _json(row: Row) -> str:
    try:
        return json.dumps(row, default=_to_json, allow_nan=False)
    except ValueError:  # a table's own columns may hold NaN or infinity
        return json.dumps(_finite(row), default=_to_json, allow_nan=False)


def _finite(value: Any) -> Any:
    """Return a value with null in place of NaN and infinity, however deep they are in it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _to_json(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def to_csv(batch: ScoredBatch) -> str:
    """Format results as CSV rows (RFC 4180, CRLF), without a header."""
    text = io.StringIO()
    csv.DictWriter(text, batch.fields, extrasaction="ignore").writerows(batch.rows())
    return text.getvalue()


def csv_header(fields: Iterable[str]) -> str:
    """Return the first line of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerow(fields)
    return text.getvalue()
