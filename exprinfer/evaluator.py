"""Open models and evaluate expressions: the calls that users make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, ModelNotFoundError, NotTextError
from exprinfer.results import BatchResult, Prediction, parse_integer
from exprinfer.results.prediction import is_text
from exprinfer.runtime.engine import Engine
from exprinfer.runtime.model import Model
from exprinfer.runtime.model_file import default_models, shipped
from exprinfer.runtime.model_info import ModelInfo, ModelList
from exprinfer.runtime.session import Device
from exprinfer.trace import Trace, trace

#: Expressions that ``stream`` takes at a time, enough for rows of similar cost to share a batch.
STREAM_ROWS = 8_192

_NOT_TEXT = EXPRESSION_ERRORS.index(NotTextError)


class Evaluator:
    """One or more open models. Make one with ``load``; threads may share it.

    Models are tried in a fixed order. The first whose verified domain contains the expression
    answers, or else the last model. An answer does not depend on the batch that it was computed in;
    log-probabilities may differ in the last digits.

    Attributes:
        models: What the model files say about themselves, in the order in which they are asked.
        device: Where the models really run, ``"cpu"`` or ``"cuda"``.
        device_note: Why CUDA is not used although ONNX Runtime was built for it; empty otherwise.
        batch_size: Largest number of rows in one call of ONNX Runtime. None means the size that
            suits each model and device.
        allow_out_of_domain: Whether expressions outside the models' domain are evaluated too. Such
            answers are never certified.
        normalize: Whether expressions in other notations are read too.
        max_symbols: Largest number of symbols of an expression. None means no limit.
        max_steps: Largest number of steps of an expression. None means no limit.

    Example:
        >>> import exprinfer
        >>> with exprinfer.load() as evaluator:
        ...     evaluator
        ...     evaluator.evaluate("2*(3+4)").value
        Evaluator(exact and longhand on cpu)
        14
    """

    def __init__(
        self,
        models: Sequence[Model],
        batch_size: int | None = None,
        allow_out_of_domain: bool = False,
        threads: int | None = None,
        normalize: bool = False,
        max_symbols: int | None = None,
        max_steps: int | None = None,
    ) -> None:
        self.models: tuple[ModelInfo, ...] = tuple(model.info for model in models)
        self.device = models[-1].session.device
        self.device_note = models[-1].session.note
        self.batch_size = batch_size
        self.allow_out_of_domain = allow_out_of_domain
        self.normalize = normalize
        self.max_symbols, self.max_steps = max_symbols, max_steps
        self._threads = threads
        self._engine = Engine(
            models, batch_size, threads, allow_out_of_domain, normalize, max_symbols, max_steps
        )

    def __repr__(self) -> str:
        names = " and ".join(model.name for model in self.models)
        return f"Evaluator({names} on {self.device})"

    def evaluate(self, expression: str) -> Prediction:
        """Evaluate one expression.

        Args:
            expression: The expression. Blanks around it do not count.

        Returns:
            The prediction. Its ``error`` is always None.

        Raises:
            NotTextError: If the input is not a string.
            EmptyError: If it is empty.
            UnknownSymbolError: If a character is not one of ``0123456789+-*/()``.
            MalformedError: If it is not a valid expression.
            DivisionByZeroError: If a divisor is zero.
            OutsideDomainError: If no open model was made for it.
            TooLongError: If it is longer than the models can read.
            TooCostlyError: If it needs more than ``max_symbols`` or ``max_steps``.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().evaluate("-(66+-19)").value
            -47
        """
        quick = self._engine.answer_quickly(expression) if type(expression) is str else None
        if quick:
            answer, log_prob = quick
            value, name = parse_integer(answer), self.models[0].name
            return Prediction(expression, answer, value, log_prob, True, name)
        result = self.evaluate_batch([expression])
        if result.errors[0]:
            raise result.error(0)
        return next(iter(result))

    def evaluate_many(self, expressions: Iterable[str]) -> list[Prediction]:
        """Evaluate many expressions, in input order.

        An expression that has no answer gives a Prediction with an ``error``, not an exception.

        Args:
            expressions: The expressions.

        Raises:
            TypeError: If ``expressions`` is a single string.

        Example:
            >>> import exprinfer
            >>> [p.value for p in exprinfer.load().evaluate_many(["5+3", "7*-9", "1/0"])]
            [8, -63, None]
        """
        return list(self.stream(expressions))

    def stream(self, expressions: Iterable[str]) -> Iterator[Prediction]:
        """Evaluate expressions lazily, in input order, with bounded memory.

        Args:
            expressions: The expressions, for example from a generator.

        Yields:
            A Prediction for each expression; one without an answer has an ``error``.

        Raises:
            TypeError: If ``expressions`` is a single string.

        Example:
            >>> import exprinfer
            >>> answers = exprinfer.load().stream(f"{n}*{n}" for n in range(1, 4))
            >>> [prediction.answer for prediction in answers]
            ['1', '4', '9']
        """
        _refuse_single(expressions)
        return self._stream(iter(expressions))

    def _stream(self, expressions: Iterator[str]) -> Iterator[Prediction]:
        while chunk := list(islice(expressions, STREAM_ROWS)):
            yield from self.evaluate_batch(chunk)

    def evaluate_batch(self, expressions: Sequence[str] | NDArray[np.str_]) -> BatchResult:
        """Evaluate many expressions and return arrays, without a Python object for each row.

        Args:
            expressions: The expressions. A row that is not a string gets the error ``not_text``.

        Returns:
            The results in input order.

        Raises:
            TypeError: If ``expressions`` is a single string.

        Example:
            >>> import exprinfer
            >>> result = exprinfer.load().evaluate_batch(["5+3", "12345*-6789"])
            >>> result.answers.tolist(), result.certified.tolist()
            (['8', '-83810205'], [True, True])
        """
        _refuse_single(expressions)
        # Python's garbage collector soon leaves a tuple of strings alone, but never a list.
        rows: tuple[object, ...] = tuple(expressions)
        texts, not_text = _texts(rows)
        collector = self._engine.answer(texts)
        collector.errors[not_text], collector.positions[not_text] = _NOT_TEXT, -1
        return BatchResult(
            rows,
            collector.answers(),
            collector.log_probs,
            collector.certified,
            collector.errors,
            collector.positions,
            collector.model_index,
            tuple(model.name for model in self.models),
            self.models[-1].domain,
            {row: text.text for row, text in collector.rewritten.items()},
            self._engine.operands,
            (self.max_symbols, self.max_steps),
        )

    def trace(self, expression: str) -> Trace:
        """Trace the evaluation of one expression, step by step, by the model that works on tapes.

        Args:
            expression: The expression.

        Raises:
            ExpressionError: If the expression has no answer; see ``evaluate``.
            TooLongError: If there are more than 2,000 steps.
            ModelNotFoundError: If no open model works on tapes.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().trace("12-30").operations[0].result
            '-18'
        """
        prediction = self.evaluate(expression)
        for model in self._engine.models:
            if model.info.tapes:
                return trace(model, prediction.read_as or expression)
        raise ModelNotFoundError("no open model works on tapes; load('longhand') opens one")

    def close(self) -> None:
        """Wait for running batches, then stop the threads; a later call starts them again.

        Leaving a ``with`` block also does it.

        Example:
            >>> import exprinfer
            >>> evaluator = exprinfer.load()
            >>> evaluator.close()
        """
        self._engine.close()

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., Evaluator], tuple[object, ...]]:
        """Pickle the arguments: the copy opens the same files, on the same kind of device."""
        paths = [model.path for model in self._engine.models]
        options = self.device, self.batch_size, self.allow_out_of_domain, self._threads
        return _open, (paths, *options, self.normalize, self.max_symbols, self.max_steps)


def load(
    model: str | Path = "auto",
    device: Device = "auto",
    *,
    batch_size: int | None = None,
    threads: int | None = None,
    allow_out_of_domain: bool = False,
    normalize: bool = False,
    max_symbols: int | None = None,
    max_steps: int | None = None,
) -> Evaluator:
    """Open one or more models and return an Evaluator.

    Args:
        model: ``"auto"`` opens the models ``exact`` and ``longhand``, which are tried in this
            order: the first whose verified domain contains the expression answers. The name of a
            shipped model (see ``list_models``) or the path of an ``.onnx`` file opens only that
            model.
        device: ``"auto"`` uses CUDA if ONNX Runtime can really use it, and the CPU otherwise;
            ``Evaluator.device`` tells which. ``"cpu"`` and ``"cuda"`` use that device or fail.
        batch_size: Largest number of expressions in one call of ONNX Runtime. By default the size
            that suits the model and the device. It never changes answers.
        threads: Number of batches that are computed at the same time, each on one thread. By
            default the number of cores.
        allow_out_of_domain: Also evaluate expressions outside the domain that the model was made
            for, as far as the model can read them. Such answers may be wrong and are never
            certified. By default they get the error ``outside_domain``.
        normalize: Also read expressions in other notations, such as ``2 x (3 - 4)``,
            ``1'000+2`` or with signs beyond ASCII; see ``exprinfer.language.normalization`` for
            the list. The meaning never changes, and ``Prediction.read_as`` holds the text that was
            read.
        max_symbols: Largest number of symbols that an expression may have. Longer ones get the
            error ``too_costly``. By default only the models set a limit.
        max_steps: Largest number of steps that a model that works on tapes may take for an
            expression; see ``Trace.steps``. Expressions that need more are stopped there and get
            the error ``too_costly``. By default there is no limit, and one expression of 2,048
            symbols can take minutes. Set both if expressions come from people you do not trust.

    Returns:
        An Evaluator with the methods ``evaluate`` (one expression), ``evaluate_many`` (a list),
        ``stream`` (lazily), ``evaluate_batch`` (arrays) and ``trace`` (step by step).

    Raises:
        ModelNotFoundError: If there is no such model.
        ModelFileError: If the file is damaged or does not follow the model file contract.
        DeviceError: If the device is not available.
        RuntimeMissingError: If ONNX Runtime is not installed.
        ValueError: If ``batch_size``, ``threads``, ``max_symbols`` or ``max_steps`` is not a
            positive integer.

    Example:
        >>> import exprinfer
        >>> evaluator = exprinfer.load()
        >>> evaluator.evaluate("-(66+-19)")
        Prediction('-(66+-19)' = -47, certified, by exact)
        >>> [prediction.answer for prediction in evaluator.evaluate_many(["5+3", "123456*-789"])]
        ['8', '-97406784']
    """
    names = default_models() if model == "auto" else [model]
    return _open(
        names,
        device,
        batch_size,
        allow_out_of_domain,
        threads,
        normalize,
        max_symbols,
        max_steps,
    )


def list_models() -> list[ModelInfo]:
    """Return what the shipped model files say about themselves, sorted by name.

    Raises:
        ModelFileError: If a file is damaged.

    Example:
        >>> import exprinfer
        >>> [model.name for model in exprinfer.list_models()]
        ['exact', 'gist', 'longhand']
    """
    return ModelList(Model(name, "cpu").info for name in shipped())


def _open(
    models: Sequence[str | Path],
    device: Device,
    batch_size: int | None,
    allow_out_of_domain: bool,
    threads: int | None,
    normalize: bool,
    max_symbols: int | None,
    max_steps: int | None,
) -> Evaluator:
    opened = [Model(model, device) for model in models]
    return Evaluator(
        opened, batch_size, allow_out_of_domain, threads, normalize, max_symbols, max_steps
    )


def _refuse_single(expressions: object) -> None:
    if isinstance(expressions, str | bytes | bytearray):
        raise TypeError("expected many expressions, got one: use evaluate, or pass a list")


def _texts(rows: tuple[object, ...]) -> tuple[Sequence[str], list[int]]:
    """Replace non-string rows with "" and return their indices."""
    if set(map(type, rows)) <= {str}:
        return cast("tuple[str, ...]", rows), []
    not_text = [number for number, row in enumerate(rows) if not is_text(row)]
    # A subclass may define another length or content: take what it holds as a str.
    return [str.__str__(row) if is_text(row) else "" for row in rows], not_text
