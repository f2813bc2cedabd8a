"""Open models and evaluate expressions: the calls that users make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, ModelNotFoundError, NotTextError
from exprinfer.language.texts import Texts
from exprinfer.results import BatchResult, Prediction, parse_integer
from exprinfer.results.prediction import is_text
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.engine import Engine
from exprinfer.runtime.limits import Limits
from exprinfer.runtime.model import Model, describe, open_models
from exprinfer.runtime.model_file import chosen_models, shipped
from exprinfer.runtime.model_info import ModelInfo, ModelList
from exprinfer.runtime.session import Device
from exprinfer.runtime.stop import Stop
from exprinfer.runtime.trusted_certificates import Named, read_named
from exprinfer.trace import Trace, trace

#: Expressions that ``stream`` takes at a time, enough for rows of similar cost to share a batch.
STREAM_ROWS = 8_192

_NOT_TEXT = EXPRESSION_ERRORS.index(NotTextError)


class Evaluator:
    """One or more open models. Make one with ``load``; threads may share it.

    Models are tried in a fixed order. The first whose certified domain contains the expression
    answers, or else the last model. An answer does not depend on the batch that it was computed in;
    log-probabilities may differ in the last digits.

    Attributes:
        models: What the model files say about themselves, and their certificates, in the order in
            which they are asked.
        device: Where the models really run, ``"cpu"`` or ``"cuda"``.
        device_note: Why CUDA is not used although ONNX Runtime was built for it; empty otherwise.
        batch_size: Largest number of rows in one call of ONNX Runtime. None means the size that
            suits each model and device.
        allow_out_of_domain: Whether expressions outside the models' domain are evaluated too. Such
            answers are never certified.
        normalize: Whether expressions in other notations are read too.
        max_symbols: Largest number of symbols of an expression. None means no limit.
        max_steps: Largest number of steps of an expression. None means no limit.
        timeout: Longest time of an expression in seconds. None means no limit.
        limits: These three together.

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
        timeout: float | None = None,
        certificates: Sequence[Named] = (),
    ) -> None:
        self.models: tuple[ModelInfo, ...] = tuple(model.info for model in models)
        self.device = models[-1].device
        self.device_note = models[-1].note
        self.batch_size = batch_size
        self.allow_out_of_domain = allow_out_of_domain
        self.normalize = normalize
        self.max_symbols, self.max_steps, self.timeout = max_symbols, max_steps, timeout
        self.limits = Limits(max_symbols, max_steps, timeout)
        self._threads, self._certificates = threads, tuple(certificates)  # what a pickle holds
        self._engine = Engine(models, batch_size, threads, allow_out_of_domain, normalize)
        self._quick_length = self._engine.quick_length(self.limits)

    def __repr__(self) -> str:
        names = " and ".join(model.name for model in self.models)
        return f"Evaluator({names} on {self.device})"

    def evaluate(
        self,
        expression: str,
        *,
        max_symbols: int | None = None,
        max_steps: int | None = None,
        timeout: float | None = None,
    ) -> Prediction:
        """Evaluate one expression.

        Args:
            expression: The expression. Blanks around it do not count.
            max_symbols: As for ``load``; None means the evaluator's own limit.
            max_steps: As for ``load``; None means the evaluator's own limit.
            timeout: As for ``load``; None means the evaluator's own limit.

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
            TooCostlyError: If it needs more than ``max_symbols``, ``max_steps`` or ``timeout``.
            NotHaltedError: If the model stopped before its answer was complete.
            ClosedError: If ``close(cancel=True)`` was called meanwhile.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().evaluate("-(66+-19)").value
            -47
        """
        limits, longest = self.limits, self._quick_length
        if not (max_symbols is None and max_steps is None and timeout is None):
            limits = Limits(max_symbols, max_steps, timeout).or_else(limits)
            longest = self._engine.quick_length(limits)
        if type(expression) is str and (quick := self._engine.answer_quickly(expression, longest)):
            answer, log_prob = quick
            value, name = parse_integer(answer), self.models[0].name
            return Prediction(expression, answer, value, log_prob, True, name)
        result, _ = self._evaluate_some([expression], limits)
        if result.errors[0]:
            raise result.error(0)
        return next(iter(result))

    def evaluate_many(
        self,
        expressions: Iterable[str],
        *,
        max_symbols: int | None = None,
        max_steps: int | None = None,
        timeout: float | None = None,
    ) -> list[Prediction]:
        """Evaluate many expressions, in input order.

        An expression that has no answer gives a Prediction with an ``error``, not an exception.

        Args:
            expressions: The expressions.
            max_symbols: As for ``load``; None means the evaluator's own limit.
            max_steps: As for ``load``; None means the evaluator's own limit.
            timeout: As for ``load``; None means the evaluator's own limit.

        Raises:
            TypeError: If ``expressions`` is a single string.
            ClosedError: If ``close(cancel=True)`` was called meanwhile.

        Example:
            >>> import exprinfer
            >>> [p.value for p in exprinfer.load().evaluate_many(["5+3", "7*-9", "1/0"])]
            [8, -63, None]
        """
        _refuse_single(expressions)
        chunks = _chunks(expressions)
        limits = Limits(max_symbols, max_steps, timeout)
        return [found for chunk in chunks for found in self._evaluate_some(chunk, limits)[0]]

    def stream(
        self,
        expressions: Iterable[str],
        *,
        max_symbols: int | None = None,
        max_steps: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[Prediction]:
        """Evaluate expressions lazily, in input order, with bounded memory.

        Costly expressions are evaluated when it is their turn, so they do not delay the
        expressions before them.

        Args:
            expressions: The expressions, for example from a generator.
            max_symbols: As for ``load``; None means the evaluator's own limit.
            max_steps: As for ``load``; None means the evaluator's own limit.
            timeout: As for ``load``; None means the evaluator's own limit.

        Yields:
            A Prediction for each expression; one without an answer has an ``error``.

        Raises:
            TypeError: If ``expressions`` is a single string.
            ClosedError: If ``close(cancel=True)`` was called meanwhile.

        Example:
            >>> import exprinfer
            >>> answers = exprinfer.load().stream(f"{n}*{n}" for n in range(1, 4))
            >>> [prediction.answer for prediction in answers]
            ['1', '4', '9']
        """
        _refuse_single(expressions)
        return self._stream(_chunks(expressions), Limits(max_symbols, max_steps, timeout))

    def _stream(self, chunks: Iterator[list[str]], limits: Limits) -> Iterator[Prediction]:
        for chunk in chunks:
            result, deferred = self._evaluate_some(chunk, limits, only_quick=True)
            costly = set(deferred)
            later: Iterator[Prediction] = iter(())
            for row, found in enumerate(result):
                if row not in costly:
                    yield found
                    continue
                if deferred:  # this is the first of them
                    texts = [chunk[row] for row in sorted(costly)]
                    later, deferred = iter(self._evaluate_some(texts, limits)[0]), []
                yield next(later)

    def evaluate_batch(
        self,
        expressions: Sequence[str] | NDArray[np.str_],
        *,
        max_symbols: int | None = None,
        max_steps: int | None = None,
        timeout: float | None = None,
    ) -> BatchResult:
        """Evaluate many expressions and return arrays, without a Python object for each row.

        Args:
            expressions: The expressions. A row that is not a string gets the error ``not_text``.
            max_symbols: As for ``load``; None means the evaluator's own limit.
            max_steps: As for ``load``; None means the evaluator's own limit.
            timeout: As for ``load``; None means the evaluator's own limit.

        Returns:
            The results in input order.

        Raises:
            TypeError: If ``expressions`` is a single string.
            ClosedError: If ``close(cancel=True)`` was called meanwhile.

        Example:
            >>> import exprinfer
            >>> result = exprinfer.load().evaluate_batch(["5+3", "12345*-6789"])
            >>> result.answers.tolist(), result.certified.tolist()
            (['8', '-83810205'], [True, True])
        """
        _refuse_single(expressions)
        return self._evaluate_some(expressions, Limits(max_symbols, max_steps, timeout))[0]

    def _evaluate_some(
        self,
        expressions: Sequence[object] | NDArray[np.str_],
        limits: Limits,
        stop: Stop | None = None,
        only_quick: bool = False,
    ) -> tuple[BatchResult, list[int]]:
        """Evaluate expressions, with all that the other methods choose for you.

        Args:
            expressions: The expressions.
            limits: What each may cost; None in it means the evaluator's own limit.
            stop: Ends this call from another thread, within a second. It serves one call.
            only_quick: Leave costly expressions for later.

        Returns:
            The results, and the rows that were left for later; the results of these mean nothing.

        Raises:
            ClosedError: If the call was ended.

        Example:
            >>> import exprinfer
            >>> from exprinfer.runtime.limits import Limits
            >>> texts, limits = ["5+3", "9" * 64 + "/1" * 32], Limits()
            >>> result, later = exprinfer.load()._evaluate_some(texts, limits, only_quick=True)
            >>> result.answers[0], later
            (np.str_('8'), [1])
        """
        # Python's garbage collector soon leaves a tuple of strings alone, but never a list.
        is_packed = isinstance(expressions, Texts)
        rows: Sequence[object] = expressions if is_packed else tuple(expressions)  # type: ignore[assignment]
        texts, not_text = _texts(rows)
        limits = limits.or_else(self.limits)
        collector = self._engine.answer(texts, limits, stop, only_quick)
        collector.errors[not_text], collector.positions[not_text] = _NOT_TEXT, -1
        result = BatchResult(
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
            limits,
            collector.timed_out,
        )
        return result, collector.deferred

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

    def close(self, cancel: bool = False) -> None:
        """Wait for running batches, then stop the threads; a later call starts them again.

        Leaving a ``with`` block also does it, with ``cancel`` if an exception ends the block.

        Args:
            cancel: Whether calls in other threads end within a second instead, with a ClosedError.

        Example:
            >>> import exprinfer
            >>> evaluator = exprinfer.load()
            >>> evaluator.close()
        """
        if cancel:
            self._engine.stop()
        self._engine.close()

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(cancel=error is not None)

    def __reduce__(self) -> tuple[Callable[..., Evaluator], tuple[object, ...]]:
        """Pickle the arguments: the copy opens the same files, on the same kind of device.

        A pickle holds the content of the certificates that were named, but only the paths of the
        models.
        """
        paths = [model.path for model in self._engine.models]
        options = self.device, self.batch_size, self.allow_out_of_domain, self._threads
        limits = self.max_symbols, self.max_steps, self.timeout
        return _open, (paths, *options, self.normalize, *limits, self._certificates)


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
    timeout: float | None = None,
    certificates: Sequence[str | Path | Certificate] = (),
) -> Evaluator:
    """Open one or more models and return an Evaluator.

    Args:
        model: ``"auto"`` opens the models ``exact`` and ``longhand``, which are tried in this
            order: the first whose certified domain contains the expression answers. The name of a
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
            expression; see ``Trace.steps``. Expressions that need more get the error
            ``too_costly``, at once if the lengths of their numbers show it, or else when they are
            stopped there. By default there is no limit, and one expression of 2,048
            symbols can take minutes. Set limits if expressions come from people you do not trust.
        timeout: Seconds that the computation of an expression may take, by such a model. After
            this time it is stopped and gets the error ``too_costly``. Expressions that share a
            batch share their time, so a call with many expressions may take longer.
        certificates: Paths of certificates of the model file, or what ``Certificate.read`` returned
            for them. An answer is certified only if the certificate of exactly this file covers the
            expression. Those of the shipped files come with the package; for other files, name one
            whose author you trust.

    Returns:
        An Evaluator with the methods ``evaluate`` (one expression), ``evaluate_many`` (a list),
        ``stream`` (lazily), ``evaluate_batch`` (arrays) and ``trace`` (step by step).

    Raises:
        ModelNotFoundError: If there is no such model.
        ModelFileError: If the file is damaged or does not follow the model file contract.
        CertificateError: If a certificate is not valid, or belongs to another file.
        DeviceError: If the device is not available.
        RuntimeMissingError: If ONNX Runtime is not installed.
        ValueError: If ``batch_size``, ``threads``, ``max_symbols`` or ``max_steps`` is not a
            positive integer, or ``timeout`` is not a positive number.
        TypeError: If ``certificates`` is not a list.

    Example:
        >>> import exprinfer
        >>> evaluator = exprinfer.load()
        >>> evaluator.evaluate("-(66+-19)")
        Prediction('-(66+-19)' = -47, certified, by exact)
        >>> [prediction.answer for prediction in evaluator.evaluate_many(["5+3", "123456*-789"])]
        ['8', '-97406784']
    """
    named = read_named(certificates)
    return _open(
        chosen_models(model),
        device,
        batch_size,
        allow_out_of_domain,
        threads,
        normalize,
        max_symbols,
        max_steps,
        timeout,
        named,
    )


def list_models() -> list[ModelInfo]:
    """Return what the shipped model files say about themselves, and their certificates, by name.

    Raises:
        ModelFileError: If a file is damaged.
        CertificateError: If a certificate is not valid.

    Example:
        >>> import exprinfer
        >>> [model.name for model in exprinfer.list_models()]
        ['exact', 'gist', 'longhand']
    """
    return ModelList(map(describe, shipped().values()))


def _open(
    models: Sequence[str | Path],
    device: Device,
    batch_size: int | None,
    allow_out_of_domain: bool,
    threads: int | None,
    normalize: bool,
    max_symbols: int | None,
    max_steps: int | None,
    timeout: float | None,
    certificates: Sequence[Named],
) -> Evaluator:
    opened = open_models(models, device, certificates)
    options = batch_size, allow_out_of_domain, threads, normalize
    return Evaluator(opened, *options, max_symbols, max_steps, timeout, certificates)


def _chunks(expressions: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(expressions)
    while chunk := list(islice(rest, STREAM_ROWS)):
        yield chunk


def _refuse_single(expressions: object) -> None:
    if isinstance(expressions, str | bytes | bytearray):
        raise TypeError("expected many expressions, got one: use evaluate, or pass a list")


def _texts(rows: Sequence[object]) -> tuple[Sequence[str], list[int]]:
    """Replace non-string rows with "" and return their indices."""
    packed = Texts.pack(rows)
    if packed is not None:
        return packed, []
    not_text = [number for number, row in enumerate(rows) if not is_text(row)]
    # A subclass may define another length or content: take what it holds as a str.
    return [str.__str__(row) if is_text(row) else "" for row in rows], not_text
