"""Results: of one expression, of a batch as arrays, and the schema that all outputs share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, ExpressionError, NotTextError, explain
from exprinfer.language.grammar import DOMAIN_DESCRIPTIONS, Domain


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """Why an expression has no answer.

    Attributes:
        code: Stable name of the cause, such as ``division_by_zero``.
        message: One sentence for people.
        position: Index of the character that caused the error, from 0. None if the cause has no
            position.
    """

    code: str
    message: str
    position: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Prediction:
    """The answer to one expression, or why there is none.

    Attributes:
        expression: The input. Bytes are shown as text, with what is not UTF-8 escaped; other
            objects as their ``repr``.
        answer: What the network wrote. None if there is an error.
        value: The answer as an integer. None if there is an error or the network wrote no integer.
        log_prob: Natural logarithm of the probability that the network gives the whole answer.
            None if there is an error.
        certified: Whether the model file was verified on a domain that contains this expression.
        model: Name of the model that answered.
        error: Why there is no answer. None if there is one.

    Example:
        >>> import exprinfer
        >>> exprinfer.load().evaluate("-(66+-19)")
        Prediction('-(66+-19)' = -47, certified, by exact)
    """

    expression: str
    answer: str | None
    value: int | None
    log_prob: float | None
    certified: bool
    model: str
    error: ErrorInfo | None = None

    def __repr__(self) -> str:
        shown = self.expression if len(self.expression) <= 60 else f"{self.expression[:57]}..."
        if self.error:
            return f"Prediction({shown!r}: {self.error.message})"
        certified = "certified" if self.certified else "not certified"
        answer = self.answer or ""
        answer = answer if len(answer) <= 60 else f"{answer[:57]}..."
        return f"Prediction({shown!r} = {answer}, {certified}, by {self.model})"

    @property
    def probability(self) -> float | None:
        """The probability that the network gives the whole answer, 0 to 1."""
        return None if self.log_prob is None else math.exp(self.log_prob)

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """Return the result in the schema of every output format.

        Returns:
            A dictionary with the keys ``expression``, ``answer``, ``value``, ``log_prob``,
            ``certified``, ``model``, ``error`` (the code), ``message`` and ``position``.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().evaluate("5+3").as_dict()["value"]
            8
        """
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


@dataclass(frozen=True, eq=False, repr=False)
class BatchResult:
    """The results of a batch as arrays, in input order. Iterating over it gives Predictions.

    Attributes:
        expressions: The inputs.
        answers: What the network wrote, ``[rows]``; empty if there is an error. The dtype is
            ``<U``, or ``StringDType`` if many long answers would make that large.
        log_probs: Log-probabilities of the whole answers, float32 ``[rows]``; NaN if there is an
            error.
        certified: Whether the model file was verified on a domain that contains the expression,
            bool ``[rows]``.
        errors: Indices into ``exprinfer.errors.EXPRESSION_ERRORS``, uint8 ``[rows]``; 0 if there
            is an answer.
        positions: Index of the character that caused the error, int32 ``[rows]``; -1 if there is
            no error or it has no position.
        model_index: Indices into ``models``, uint8 ``[rows]``.
        models: Names of the open models. The last one is named for rows that no model answers.
        domain: What that last model accepts.

    Example:
        >>> import exprinfer
        >>> result = exprinfer.load().evaluate_batch(["5+3", "7*-9", "1/0"])
        >>> result
        BatchResult(3 rows: 2 answered, 2 certified, 1 error)
        >>> result.answers.tolist()
        ['8', '-63', '']
    """

    expressions: Sequence[object]
    answers: NDArray[np.str_]
    log_probs: NDArray[np.float32]
    certified: NDArray[np.bool_]
    errors: NDArray[np.uint8]
    positions: NDArray[np.int32]
    model_index: NDArray[np.uint8]
    models: tuple[str, ...]
    domain: Domain

    def __len__(self) -> int:
        return len(self.expressions)

    def __repr__(self) -> str:
        failed = int(np.count_nonzero(self.errors))
        return (
            f"BatchResult({len(self):,} row{'s' * (len(self) != 1)}: {len(self) - failed:,} "
            f"answered, {int(self.certified.sum()):,} certified, "
            f"{failed:,} error{'s' * (failed != 1)})"
        )

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
        for row, (expression, answer, log_prob, certified, number, model) in enumerate(rows):
            text, name = as_text(expression), self.models[model]
            if number:
                error = self.error(row)
                info = ErrorInfo(error.code, error.message, error.position)
                yield Prediction(text, None, None, None, False, name, info)
            else:
                yield Prediction(text, answer, parse_integer(answer), log_prob, certified, name)

    def error(self, row: int) -> ExpressionError:
        """Return the exception that explains why a row has no answer.

        Args:
            row: Index of the row.

        Raises:
            ValueError: If the row has an answer.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().evaluate_batch(["1/0"]).error(0)
            DivisionByZeroError('division by zero at position 2')
        """
        number, expression = int(self.errors[row]), self.expressions[row]
        if not number:
            raise ValueError(f"row {row} has an answer")
        if EXPRESSION_ERRORS[number] is NotTextError:
            return _not_text_error(expression)
        description = DOMAIN_DESCRIPTIONS[self.domain]
        return explain(number, as_text(expression), int(self.positions[row]), description)


def as_text(expression: object) -> str:
    """Return an input as results show it; see ``Prediction.expression``."""
    if isinstance(expression, str):
        return str.__str__(expression)  # a subclass may define another __str__
    if isinstance(expression, bytes):
        return expression.decode(errors="backslashreplace")
    return repr(expression)


def parse_integer(answer: str) -> int | None:
    """Return the answer as an integer, or None if it is not one.

    ``int`` alone would also accept spaces and underscores. The result is also None if the answer
    has more digits than ``sys.get_int_max_str_digits()`` lets Python convert.
    """
    digits = answer.removeprefix("-")
    try:
        return int(answer) if digits.isdigit() else None
    except ValueError:
        return None


def _not_text_error(expression: object) -> NotTextError:
    if isinstance(expression, bytes):
        try:
            expression.decode()
        except UnicodeDecodeError as error:
            return NotTextError(f"not UTF-8 text: {error.reason} at byte {error.start}")
    return NotTextError(f"expected text, got {type(expression).__name__}")
