"""The results of a batch as arrays, and as tables of other libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    ExpressionError,
    MalformedError,
    NotTextError,
    TooCostlyError,
    UnknownSymbolError,
    explain,
)
from exprinfer.language.advice import advise
from exprinfer.language.grammar import Domain, describe_domain
from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.results.prediction import ErrorInfo, Prediction, as_text, parse_integer
from exprinfer.runtime.cost import steps_of
from exprinfer.runtime.limits import Limits


@dataclass(frozen=True, eq=False, repr=False)
class BatchResult:
    """The results of a batch as arrays, in input order. Iterating over it gives Predictions.

    Attributes:
        expressions: The inputs.
        answers: What the network wrote, ``[rows]``; empty if there is an error. The dtype is
            ``<U``, or ``StringDType`` if many long answers would make that large.
        log_probs: Log-probabilities of the whole answers, float32 ``[rows]``; NaN if there is an
            error.
        certified: Whether the model file was verified on a domain that contains the expression, on
            this kind of device, bool ``[rows]``.
        errors: Indices into ``exprinfer.errors.EXPRESSION_ERRORS``, uint8 ``[rows]``; 0 if there
            is an answer.
        positions: Index of the character that caused the error, int32 ``[rows]``; -1 if there is
            no error or it has no position.
        model_index: Indices into ``models``, uint8 ``[rows]``.
        models: Names of the open models. The last one is named for rows that no model answers.
        domain: What that last model accepts.
        read_as: By row, the text that was read, for rows that were not read as they are.
        operands: The operand ranges of the models' seed domain.
        limits: What each expression was allowed to cost.
        timed_out: The rows that took longer than their time.

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
    read_as: Mapping[int, str] = field(default_factory=dict)
    operands: Operands = DEFAULT_OPERANDS
    limits: Limits = field(default_factory=Limits)
    timed_out: Set[int] = frozenset()

    def __len__(self) -> int:
        return len(self.expressions)

    def __repr__(self) -> str:
        failed = int(np.count_nonzero(self.errors))
        return (
            f"BatchResult({len(self):,} row{'s' * (len(self) != 1)}: {len(self) - failed:,} "
            f"answered, {int(self.certified.sum()):,} certified, "
            f"{failed:,} error{'s' * (failed != 1)})"
        )

    def _repr_html_(self) -> str:
        """Return the first rows as a table, as notebooks show it."""
        from exprinfer.results.html import batch_html

        return batch_html(self)

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
            text, name, read_as = as_text(expression), self.models[model], self.read_as.get(row)
            if number:
                error = self.error(row)
                info = ErrorInfo(error.code, error.message, error.position)
                yield Prediction(text, None, None, None, False, name, info, read_as)
            else:
                value = parse_integer(answer)
                yield Prediction(text, answer, value, log_prob, certified, name, None, read_as)

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
        if EXPRESSION_ERRORS[number] is TooCostlyError:
            return self._too_costly(row, self.read_as.get(row) or as_text(expression))
        text, position = as_text(expression), int(self.positions[row])
        notation = EXPRESSION_ERRORS[number] in (UnknownSymbolError, MalformedError)
        advice = advise(text, position) if notation else ""
        accepted = describe_domain(self.domain, self.operands)
        return explain(number, text, position, accepted, advice)

    def _too_costly(self, row: int, text: str) -> TooCostlyError:
        symbols, steps, seconds = astuple(self.limits)
        if symbols is not None and len(text) > symbols:
            return TooCostlyError(
                f"too costly: it has {len(text):,} symbols, the budget is {symbols:,}"
            )
        needed = float(f"{steps_of(text):.1e}")  # an estimate, so two digits are enough
        if row in self.timed_out:
            return TooCostlyError(
                f"too costly: it was not done in {seconds:,} s, which are the budget; it may need "
                f"about {needed:,.0f} steps"
            )
        hint = f"; it may need about {needed:,.0f}" if needed > (steps or 0) else ""
        return TooCostlyError(
            f"too costly: it needs more than {steps:,} steps, which are the budget{hint}"
        )

    @property
    def values(self) -> list[int | None]:
        """The answers as integers of any size, None for rows without one.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().evaluate_batch(["5+3", "1/0"]).values
            [8, None]
        """
        return [parse_integer(answer) for answer in self.answers.tolist()]

    def to_arrow(self) -> Any:
        """Return the results as a ``pyarrow.Table`` with the schema ``exprinfer.arrow.SCHEMA``.

        ``value`` is null if the answer does not fit into 64 bits; ``answer`` has all digits.

        Raises:
            ExtraMissingError: If pyarrow is not installed.

        Example:
            >>> import exprinfer
            >>> exprinfer.load().evaluate_batch(["5+3", "1/0"]).to_arrow()["value"].to_pylist()
            [8, None]
        """
        from exprinfer.results.columns import to_table

        return to_table(self)

    def to_pandas(self) -> Any:
        """Return the results as a ``pandas.DataFrame``.

        Integers keep all their digits: missing values do not turn them into floating point.

        Raises:
            ExtraMissingError: If pyarrow or pandas is not installed.

        Example:
            >>> import exprinfer
            >>> frame = exprinfer.load().evaluate_batch(["9007199254740993*1", "1/0"]).to_pandas()
            >>> int(frame["value"][0])
            9007199254740993
        """
        from exprinfer.results.columns import to_pandas

        return to_pandas(self.to_arrow())


def _not_text_error(expression: object) -> NotTextError:
    if issubclass(type(expression), bytes):
        try:
            bytes.decode(expression)  # type: ignore[arg-type]
        except UnicodeDecodeError as error:
            return NotTextError(f"not UTF-8 text: {error.reason} at byte {error.start}")
    return NotTextError(f"expected text, got {type(expression).__name__}")
