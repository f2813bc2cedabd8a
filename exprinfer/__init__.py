"""Neural networks that read an integer arithmetic expression and write its value.

>>> import exprinfer
>>> evaluator = exprinfer.load("gist")
>>> evaluator.evaluate("5+3").model
'gist'
"""

from exprinfer.errors import (
    DeviceError,
    DivisionByZeroError,
    EmptyError,
    ExpressionError,
    ExprinferError,
    ExtraMissingError,
    MalformedError,
    ModelFileError,
    ModelNotFoundError,
    NotTextError,
    OutsideDomainError,
    RuntimeMissingError,
    TooLongError,
    UnknownSymbolError,
)
from exprinfer.evaluator import Evaluator, list_models, load
from exprinfer.language.grammar import Domain
from exprinfer.results import BatchResult, Prediction, Problem
from exprinfer.runtime.model_file import ModelInfo
from exprinfer.runtime.tapes import TraceStep
from exprinfer.trace import Operation, Trace

__all__ = [
    "BatchResult",
    "DeviceError",
    "DivisionByZeroError",
    "Domain",
    "EmptyError",
    "Evaluator",
    "ExpressionError",
    "ExprinferError",
    "ExtraMissingError",
    "MalformedError",
    "ModelFileError",
    "ModelInfo",
    "ModelNotFoundError",
    "NotTextError",
    "Operation",
    "OutsideDomainError",
    "Prediction",
    "Problem",
    "RuntimeMissingError",
    "TooLongError",
    "Trace",
    "TraceStep",
    "UnknownSymbolError",
    "list_models",
    "load",
]
