"""Results as text for people, as JSON Lines or as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable

from exprinfer.prediction import Prediction
from exprinfer.scoring import SCORED_FIELDS, Scored, ScoredBatch

#: Characters of a line without an answer that the text format shows.
SHOWN = 60


def to_text(results: Iterable[Scored]) -> str:
    """One line a result, each kind with a face of its own.

    ``1+2 = 3`` where the model is certified, ``1+2 =? 3`` where it is not, and
    ``1/0 ! division by zero at position 2`` where there is no answer.
    """
    if isinstance(results, ScoredBatch) and results.givens is None:
        column = results.column
        if column.certified.all():  # the common case, without an object a line
            pairs = zip(column.expressions, column.answers.tolist(), strict=True)
            return "".join([f"{expression} = {answer}\n" for expression, answer in pairs])
    return "".join(f"{_line(result.prediction)}{_marks(result)}\n" for result in results)


def _line(prediction: Prediction) -> str:
    if prediction.error:
        return f"{_shown(prediction.expression)} ! {prediction.error.message}"
    equals = "=" if prediction.certified else "=?"
    return f"{prediction.expression} {equals} {prediction.answer}"


def _shown(text: str) -> str:
    """The text cut and escaped, so that no hostile line reaches a terminal as it is."""
    safe = (c if c.isascii() and c.isprintable() else ascii(c)[1:-1] for c in text[:SHOWN])
    return "".join(safe) + ("..." if len(text) > SHOWN else "")


def _marks(result: Scored) -> str:
    if result.given is None or result.given_right is None:
        return ""
    words = {True: "right", False: "wrong", None: "missing"}
    given, right = words[result.given_right], words[result.right]
    return f"  (given {_shown(result.given)}: {given}; answer: {right})"


def to_jsonl(results: Iterable[Scored]) -> str:
    """One JSON object a line, with ``SCORED_FIELDS`` as its keys."""
    return "".join(json.dumps(result.as_dict()) + "\n" for result in results)


def to_csv(results: Iterable[Scored]) -> str:
    """One CSV row a result (RFC 4180, CRLF), its columns ``SCORED_FIELDS``; no header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, SCORED_FIELDS)
    writer.writerows(result.as_dict() for result in results)
    return text.getvalue()


FORMATS: dict[str, Callable[[Iterable[Scored]], str]] = {
    "text": to_text,
    "jsonl": to_jsonl,
    "csv": to_csv,
}
#: What stands before the first result.
HEADERS = {"text": "", "jsonl": "", "csv": ",".join(SCORED_FIELDS) + "\r\n"}
