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
from exprinfer.evaluator import Evaluator, describe_shipped, load
from exprinfer.grammar import Domain
from exprinfer.model_file import Description
from exprinfer.prediction import Column, Prediction, Problem
from exprinfer.steps import WorkStep
from exprinfer.work import Operation, Work

__all__ = [
    "Column",
    "Description",
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
    "ModelNotFoundError",
    "NotTextError",
    "Operation",
    "OutsideDomainError",
    "Prediction",
    "Problem",
    "RuntimeMissingError",
    "TooLongError",
    "UnknownSymbolError",
    "Work",
    "WorkStep",
    "describe_shipped",
    "load",
]
