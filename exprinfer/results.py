"""The result of one expression, the results of many as columns, and their one output schema."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, ExpressionError, NotTextError
from exprinfer.language.grammar import Domain
from exprinfer.language.validation import explain


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an expression has no answer."""

    code: str
    """The cause's stable name, such as ``division_by_zero``."""
    message: str
    """A sentence for people."""
    position: int | None
    """Where in the expression, in characters from 0; None where the cause has no place."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model answers to one expression, or why it does not."""

    expression: str
    """The input as it came; of bytes what is UTF-8, the rest escaped; else its ``repr``."""
    answer: str | None
    """What the network wrote; None where there is an error."""
    value: int | None
    """The answer as an integer; None where the network wrote no integer."""
    log_prob: float | None
    """Natural logarithm of the probability that the network gives its whole answer."""
    certified: bool
    """Whether the model is verified to be right on a domain that holds this expression."""
    model: str
    """Name of the model that answered."""
    error: Problem | None = None
    """None where there is an answer."""

    @property
    def probability(self) -> float | None:
        """The probability that the network gives its whole answer, 0..1."""
        return None if self.log_prob is None else math.exp(self.log_prob)

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """The one schema of every output format, with ``FIELDS`` as its keys."""
        error = self.error
        return {
            "expression": self.expression,
            "answer": self.answer,
            "value": self.value,
            "log_prob": self.log_prob,
            "certified": self.certified,
            "model": self.model,
            "error": error.code if error else None,
            "message": error.message if error else None,
            "position": error.position if error else None,
        }


#: The keys of ``Prediction.as_dict``, in order.
FIELDS = (
    "expression",
    "answer",
    "value",
    "log_prob",
    "certified",
    "model",
    "error",
    "message",
    "position",
)


@dataclass(frozen=True, eq=False)
class BatchResult:
    """The results of a batch as arrays, in input order; iterating over it makes Predictions."""

    expressions: Sequence[object]
    """The inputs as they came."""
    answers: NDArray[np.str_]
    """What the network wrote; empty where there is an error. Of dtype ``<U``, or StringDType where
    long answers among many would make that large (``results.FIXED_WIDTH_AT_MOST``)."""
    log_probs: NDArray[np.float32]
    """Log-probabilities of the whole answers; NaN where there is an error."""
    certified: NDArray[np.bool_]
    """Whether the model is verified on a domain that holds the expression."""
    errors: NDArray[np.uint8]
    """Indices into ``errors.EXPRESSION_ERRORS``; 0 where there is an answer."""
    positions: NDArray[np.int32]
    """Where the errors are, in characters from 0; -1 where there is none or it has no place."""
    model_index: NDArray[np.uint8]
    """Indices into ``models``."""
    models: tuple[str, ...]
    """Names of the models that were asked, the last one the one that refuses."""
    domain: Domain
    """What that one takes."""

    def __len__(self) -> int:
        return len(self.expressions)

    def __iter__(self) -> Iterator[Prediction]:
        rows = zip(
            self.expressions,
            self.answers.tolist(),
            self.log_probs.tolist(),
            self.certified.tolist(),
            self.errors.tolist(),
            self.model_index.tolist(),
            strict=True,
        )
        for index, (expression, answer, log_prob, certified, number, model) in enumerate(rows):
            text, name = as_text(expression), self.models[model]
            if number:
                error = self.error(index)
                problem = Problem(error.code, error.message, error.position)
                yield Prediction(text, None, None, None, False, name, problem)
            else:
                yield Prediction(text, answer, whole_number(answer), log_prob, certified, name)

    def error(self, index: int) -> ExpressionError:
        """The exception that says why row ``index`` has no answer; ValueError where it has one."""
        number, expression = int(self.errors[index]), self.expressions[index]
        if not number:
            raise ValueError(f"row {index} has an answer")
        if EXPRESSION_ERRORS[number] is NotTextError:
            return _not_text(expression)
        return explain(number, as_text(expression), int(self.positions[index]), self.domain)


def as_text(expression: object) -> str:
    """An input as results show it: see ``Prediction.expression``."""
    if isinstance(expression, str):
        return str.__str__(expression)  # a subclass's own __str__ may say something else
    if isinstance(expression, bytes):
        return expression.decode(errors="backslashreplace")
    return repr(expression)


def _not_text(expression: object) -> NotTextError:
    if isinstance(expression, bytes):
        try:
            expression.decode()
        except UnicodeDecodeError as error:
            return NotTextError(f"not UTF-8 text: {error.reason} at byte {error.start}")
    return NotTextError(f"not text but {type(expression).__name__}")


def whole_number(answer: str) -> int | None:
    """The integer that the answer is, if it is one; ``int`` alone would also take ``1 2`` apart.

    None too where it has more digits than ``sys.get_int_max_str_digits()`` lets Python read.
    """
    digits = answer.removeprefix("-")
    try:
        return int(answer) if digits.isdigit() else None
    except ValueError:
        return None
