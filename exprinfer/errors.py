"""One exception class per cause, and how they are shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text in one line, without what a terminal acts on: a file may have a say in a message."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class ExprinferError(Exception):
    """The base of every error that this package raises on purpose."""


class ExpressionError(ExprinferError, ValueError):
    """An input that the model does not answer."""

    code = ""
    """The cause's stable name, as it stands in every output."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        """Where in the expression, in characters from 0; None where the cause has no place."""


class NotTextError(ExpressionError, TypeError):
    """The input is no text."""

    code = "not_text"


class EmptyError(ExpressionError):
    """The input holds no symbol."""

    code = "empty"


class UnknownSymbolError(ExpressionError):
    """A character is not in the model's alphabet."""

    code = "unknown_symbol"


class MalformedError(ExpressionError):
    """The symbols do not form an expression."""

    code = "malformed"


class DivisionByZeroError(ExpressionError, ZeroDivisionError):
    """The divisor is zero."""

    code = "division_by_zero"


class OutsideDomainError(ExpressionError):
    """An expression, but with an operand that the model was not made for."""

    code = "outside_domain"


class TooLongError(ExpressionError):
    """The input is longer than the model can read."""

    code = "too_long"


#: The classes in the order of the error numbers in a ``BatchResult``; number 0 means no error.
EXPRESSION_ERRORS: tuple[type[ExpressionError], ...] = (
    ExpressionError,
    NotTextError,
    EmptyError,
    UnknownSymbolError,
    MalformedError,
    DivisionByZeroError,
    OutsideDomainError,
    TooLongError,
)


class ModelNotFoundError(ExprinferError, FileNotFoundError):
    """No model of that name or at that path."""


class ModelFileError(ExprinferError, ValueError):
    """A file that does not keep the model file's contract."""


class DeviceError(ExprinferError, RuntimeError):
    """The device that was asked for cannot be had."""


class RuntimeMissingError(ExprinferError, ImportError):
    """ONNX Runtime is not installed."""


class ExtraMissingError(ExprinferError, ImportError):
    """A library is not installed that one of the package's extras brings."""


class InputError(ExprinferError, ValueError):
    """A file that cannot be scored as it is."""


class OutputError(ExprinferError, ValueError):
    """Results that cannot be written as asked, or a run that cannot be continued."""


class OverloadedError(ExprinferError, RuntimeError):
    """The queue of a ``MicroBatcher`` is full."""


class ClosedError(ExprinferError, RuntimeError):
    """The ``MicroBatcher`` was closed before this request was answered."""
