"""Results as HTML, for notebooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from exprinfer.errors import EXPRESSION_ERRORS
from exprinfer.html.markup import BLANK, Html, element, fragment, joined, table
from exprinfer.results.excerpt import excerpt
from exprinfer.results.prediction import Prediction

if TYPE_CHECKING:
    from exprinfer.results.batch import BatchResult

#: Rows of a batch that are shown.
MAX_ROWS = 20
#: Characters shown of an expression or answer: in a table, and of a single result.
_CELL, _SINGLE = 60, 200


def prediction_html(prediction: Prediction) -> Html:
    """Return one result as a part of a page."""
    shown = [expression_html(prediction, _SINGLE)]
    if prediction.answer is not None:
        equals = " = " if prediction.certified else " =? "
        shown += [element("code", f"{equals}{_cut(prediction.answer, _SINGLE)}")]
    about = [f"by {prediction.model}"]
    if prediction.probability is not None:
        about.append(f"probability {prediction.probability:.4f}")
    if prediction.read_as is not None:
        about.append(f"read as {_cut(prediction.read_as, _SINGLE)}")
    if prediction.error:
        about = [prediction.error.message]
    return fragment(
        element("div", *shown, " ", mark(prediction)),
        element("div", ", ".join(about), class_="note"),
    )


def batch_html(result: BatchResult) -> Html:
    """Return the first rows of a batch as a table, with the counts of all rows."""
    first = slice(MAX_ROWS)
    shown = replace(
        result,
        expressions=result.expressions[first],
        answers=result.answers[first],
        log_probs=result.log_probs[first],
        certified=result.certified[first],
        errors=result.errors[first],
        positions=result.positions[first],
        model_index=result.model_index[first],
    )
    rows = [
        (
            str(number),
            expression_html(prediction, _CELL),
            element("code", _cut(prediction.answer or "", _CELL)),
            mark(prediction),
            prediction.error.message if prediction.error else prediction.model,
        )
        for number, prediction in enumerate(shown)
    ]
    rest = len(result) - len(rows)
    more = f"and {rest:,} more row{'s' * (rest != 1)}, not shown"
    return fragment(
        element("div", repr(result), class_="note"),
        table(("row", "expression", "answer", "", "model or error"), rows, numeric=(0,)),
        element("div", more, class_="note") if rest else "",
        _error_counts(result),
    )


def expression_html(prediction: Prediction, width: int) -> Html:
    """Return the expression of a result, cut to a width; the place of an error is marked."""
    error = prediction.error
    if error is None or error.position is None:
        return element("code", _cut(prediction.expression, width))
    before, at, after = excerpt(prediction.expression, error.position, width)
    return element("code", before, element("mark", at or BLANK), after)


def mark(prediction: Prediction) -> Html:
    """Return whether a result is certified, is not, or is an error."""
    if prediction.error:
        return element("span", f"\u2717 {prediction.error.code}", class_="failed")
    if prediction.certified:
        return element("span", "\u2713 certified", class_="certified")
    return element("span", "? not certified", class_="uncertified")


def _cut(text: str, width: int) -> str:
    return "".join(excerpt(text, 0, width))


def _error_counts(result: BatchResult) -> Html:
    """Return how many rows have each error."""
    counts = np.bincount(result.errors, minlength=len(EXPRESSION_ERRORS)).tolist()
    kinds = [
        f"{kind.code} {count:,}"
        for kind, count in zip(EXPRESSION_ERRORS[1:], counts[1:], strict=True)
        if count
    ]
    return joined([element("div", f"errors: {', '.join(kinds)}", class_="note")] if kinds else [])
