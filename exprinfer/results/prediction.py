"""The result of one expression, and the schema that all outputs share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeGuard


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
            objects as their ``repr``, or as ``<name of the type>`` if that fails.
        answer: What the network wrote. None if there is an error.
        value: The answer as an integer. None if there is an error or the network wrote no integer.
        log_prob: Natural logarithm of the probability that the network gives the whole answer.
            None if there is an error.
        certified: Whether the model file was verified on a domain that contains this expression, on
            this kind of device.
        model: Name of the model that answered.
        error: Why there is no answer. None if there is one.
        read_as: The text that was read, if blanks around the expression were removed or it was
            normalized. None if the expression was read as it is.

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
    read_as: str | None = None

    def __repr__(self) -> str:
        shown = self.expression if len(self.expression) <= 60 else f"{self.expression[:57]}..."
        if self.error:
            return f"Prediction({shown!r}: {self.error.message})"
        certified = "certified" if self.certified else "not certified"
        answer = self.answer or ""
        answer = answer if len(answer) <= 60 else f"{answer[:57]}..."
        return f"Prediction({shown!r} = {answer}, {certified}, by {self.model})"

    def _repr_html_(self) -> str:
        """Return the result as notebooks show it."""
        from exprinfer.results.html import prediction_html

        return prediction_html(self)

    @property
    def probability(self) -> float | None:
        """The probability that the network gives the whole answer, 0 to 1."""
        return None if self.log_prob is None else math.exp(self.log_prob)

    def as_dict(self) -> dict[str, str | int | float | bool | None]:
        """Return the result in the schema of every output format.

        Returns:
            A dictionary with the keys ``expression``, ``answer``, ``value``, ``log_prob``,
            ``certified``, ``model``, ``error`` (the code), ``message``, ``position`` and
            ``read_as``.

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
            "read_as": self.read_as,
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
    "read_as",
)


def as_text(expression: object) -> str:
    """Return an input as results show it; see ``Prediction.expression``."""
    if is_text(expression):
        return str.__str__(expression)  # a subclass may define another __str__
    if issubclass(type(expression), bytes):
        return bytes.decode(expression, errors="backslashreplace")  # type: ignore[arg-type]
    try:
        return str.__str__(repr(expression))
    except Exception:  # integers of many digits, lists nested deeply, objects of any class
        return f"<{type(expression).__name__}>"


def is_text(expression: object) -> TypeGuard[str]:
    """Return whether an input is a string.

    ``isinstance`` would ask the object too, and some proxies raise when they are asked.
    """
    return issubclass(type(expression), str)


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
