"""Neural networks that read an integer arithmetic expression and write its value.

>>> import exprinfer
>>> evaluator = exprinfer.load()
>>> evaluator.evaluate("-(66+-19)")
Prediction('-(66+-19)' = -47, certified, by exact)

``load`` opens models, ``Evaluator`` answers, ``Prediction`` and ``BatchResult`` hold the answers.
``exprinfer.arrow``, ``exprinfer.aio`` and ``exprinfer.ray`` connect them to other libraries.
"""

from exprinfer.errors import (
    CertificateError,
    ClosedError,
    ClusterError,
    DeviceError,
    DivisionByZeroError,
    EmptyError,
    ExpressionError,
    ExprinferError,
    ExtraMissingError,
    InferenceError,
    InputError,
    MalformedError,
    MalformedRowError,
    ModelFileError,
    ModelNotFoundError,
    NotHaltedError,
    NotTextError,
    OutputError,
    OutsideDomainError,
    OverloadedError,
    RuntimeMissingError,
    TooCostlyError,
    TooLongError,
    UnknownSymbolError,
)
from exprinfer.evaluator import Evaluator, list_models, load
from exprinfer.language.grammar import Domain
from exprinfer.language.operands import Operands
from exprinfer.results import BatchResult, ErrorInfo, Prediction
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.model_info import ModelInfo
from exprinfer.runtime.state_info import StateInfo
from exprinfer.trace import Operation, Trace, TraceStep

__version__ = "0.1.0"

__all__ = [
    "BatchResult",
    "Certificate",
    "CertificateError",
    "ClosedError",
    "ClusterError",
    "DeviceError",
    "DivisionByZeroError",
    "Domain",
    "EmptyError",
    "ErrorInfo",
    "Evaluator",
    "ExpressionError",
    "ExprinferError",
    "ExtraMissingError",
    "InferenceError",
    "InputError",
    "MalformedError",
    "MalformedRowError",
    "ModelFileError",
    "ModelInfo",
    "ModelNotFoundError",
    "NotHaltedError",
    "NotTextError",
    "Operands",
    "Operation",
    "OutputError",
    "OutsideDomainError",
    "OverloadedError",
    "Prediction",
    "RuntimeMissingError",
    "StateInfo",
    "TooCostlyError",
    "TooLongError",
    "Trace",
    "TraceStep",
    "UnknownSymbolError",
    "__version__",
    "list_models",
    "load",
]
