"""One exception class per cause, and the sentence that explains it.

ExprinferError
  ExpressionError (ValueError)            one expression has no answer
    NotTextError (TypeError)                not_text
    EmptyError                              empty
    UnknownSymbolError                      unknown_symbol
    MalformedError                          malformed
    DivisionByZeroError (ZeroDivisionError) division_by_zero
    OutsideDomainError                      outside_domain
    TooLongError                            too_long
    MalformedRowError                       malformed_row
    TooCostlyError                          too_costly
    NotHaltedError                          not_halted
  ModelNotFoundError (FileNotFoundError)  no model with this name or path
  ModelFileError (ValueError)             a file that is not a valid model
  CertificateError (ValueError)           a certificate that is not valid, or of another file
  DeviceError (RuntimeError)              the device is not available
  InferenceError (RuntimeError)           ONNX Runtime failed, for example without memory
  RuntimeMissingError (ImportError)       ONNX Runtime is not installed
  ExtraMissingError (ImportError)         an optional library is not installed
  InputError (ValueError)                 a file or table that cannot be scored
  OutputError (ValueError)                results that cannot be written
  ClusterError (RuntimeError)             a Ray cluster cannot be used, or gave up
  OverloadedError (RuntimeError)          a MicroBatcher is full
  ClosedError (RuntimeError)              an Evaluator or MicroBatcher was closed meanwhile
"""

from __future__ import annotations


class ExprinferError(Exception):
    """Base class of every error that exprinfer raises on purpose."""


class ExpressionError(ExprinferError, ValueError):
    """An expression has no answer; the subclass names the cause.

    Attributes:
        code: Stable name of the cause, as in every output. A class attribute.
        message: One sentence for people.
        position: Index of the character that caused the error, from 0. None if the cause has no
            position.
    """

    code = ""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class NotTextError(ExpressionError, TypeError):
    """The input is not a string."""

    code = "not_text"


class EmptyError(ExpressionError):
    """The input is empty."""

    code = "empty"


class UnknownSymbolError(ExpressionError):
    """A character is not one of ``0123456789+-*/()``."""

    code = "unknown_symbol"


class MalformedError(ExpressionError):
    """The text is not a valid expression."""

    code = "malformed"


class DivisionByZeroError(ExpressionError, ZeroDivisionError):
    """A divisor is zero."""

    code = "division_by_zero"


class OutsideDomainError(ExpressionError):
    """The expression is valid, but the model was not made for it."""

    code = "outside_domain"


class TooLongError(ExpressionError):
    """The expression has more symbols than the model can read."""

    code = "too_long"


class MalformedRowError(ExpressionError):
    """A row of a table cannot be read, so it has no expression."""

    code = "malformed_row"


class TooCostlyError(ExpressionError):
    """The expression needs more symbols, steps or time than the budget that was set."""

    code = "too_costly"


class NotHaltedError(ExpressionError):
    """A model that works on tapes stopped before it was done, so it has no answer."""

    code = "not_halted"


#: What a NotHaltedError says.
NOT_HALTED = (
    "not halted: the model stopped before its answer was complete, at the step limit of its file "
    "or in a case that the file does not know; the file is defective"
)


#: The classes by error number, as ``BatchResult.errors`` holds them. Number 0 means no error.
EXPRESSION_ERRORS: tuple[type[ExpressionError], ...] = (
    ExpressionError,
    NotTextError,
    EmptyError,
    UnknownSymbolError,
    MalformedError,
    DivisionByZeroError,
    OutsideDomainError,
    TooLongError,
    MalformedRowError,
    TooCostlyError,
    NotHaltedError,
)


class ModelNotFoundError(ExprinferError, FileNotFoundError):
    """There is no model with this name or at this path."""


class ModelFileError(ExprinferError, ValueError):
    """A file does not follow the model file contract."""


class CertificateError(ExprinferError, ValueError):
    """A certificate is not valid, or belongs to another model file."""


class DeviceError(ExprinferError, RuntimeError):
    """The requested device is not available."""


class InferenceError(ExprinferError, RuntimeError):
    """ONNX Runtime failed while it ran a model, for example because there is no memory left."""


class RuntimeMissingError(ExprinferError, ImportError):
    """ONNX Runtime is not installed."""


class ExtraMissingError(ExprinferError, ImportError):
    """An optional library is not installed."""


class InputError(ExprinferError, ValueError):
    """A file or table cannot be scored as it is."""


class OutputError(ExprinferError, ValueError):
    """Results cannot be written as requested, or a run cannot be resumed."""


class ClusterError(ExprinferError, RuntimeError):
    """A Ray cluster cannot be used, its workers keep dying, or the time for a run is over."""


class OverloadedError(ExprinferError, RuntimeError):
    """A MicroBatcher already holds as many requests as it accepts."""


class ClosedError(ExprinferError, RuntimeError):
    """An Evaluator or MicroBatcher was closed before it answered."""


def explain(
    number: int, text: str, position: int, domain_description: str, advice: str = ""
) -> ExpressionError:
    """Return the exception for an error number, with its sentence.

    Args:
        number: Index into ``EXPRESSION_ERRORS``, from 2 (``NotTextError`` needs no position) to
            that of ``TooLongError``, or that of ``NotHaltedError``.
        text: The expression.
        position: Index of the character that caused the error; for ``TooLongError``, the longest
            length that the model reads.
        domain_description: What the model accepts, for ``OutsideDomainError``.
        advice: What to do about an unknown or unexpected symbol.
    """
    kind = EXPRESSION_ERRORS[number]
    if kind is EmptyError:
        return kind("empty: there is no expression")
    if kind is NotHaltedError:
        return kind(NOT_HALTED)
    found = ascii(text[position]) if position < len(text) else "end of input"
    at = f"at position {position}"
    hint = f": {advice}" if advice else ""
    sentences = {
        UnknownSymbolError: f"unknown symbol {found} {at}{hint}",
        MalformedError: f"unexpected {found} {at}{hint}",
        DivisionByZeroError: f"division by zero {at}",
        OutsideDomainError: f"outside the model's domain {at}: it takes {domain_description}",
        TooLongError: f"too long: the model reads at most {position} symbols",
    }
    return kind(sentences[kind], position)


def printable(text: str) -> str:
    """Escape control characters: messages may quote file content."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
