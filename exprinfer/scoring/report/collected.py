"""What a report shows in addition to the counts, collected batch by batch in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    DivisionByZeroError,
    NotHaltedError,
    TooCostlyError,
)
from exprinfer.language.tokenizer import encode
from exprinfer.results import BatchResult, as_text
from exprinfer.results.excerpt import excerpt
from exprinfer.runtime.tapes import expected_steps
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.report.seed_map import (
    CERTIFIED,
    ERROR,
    RIGHT,
    UNCERTIFIED,
    WRONG,
    SeedMap,
)

#: Lines in each list, and examples of each error.
MAX_LINES, MAX_EXAMPLES = 20, 3
#: Characters shown of an expression, an answer and a message.
_SHOWN, _ANSWER, _MESSAGE = 80, 40, 160
#: Errors of rows that a model read; those of all other rows were found before.
_READ = tuple(map(EXPRESSION_ERRORS.index, (DivisionByZeroError, TooCostlyError, NotHaltedError)))


class Line(NamedTuple):
    """A line or row that the report shows."""

    figure: float
    """What the list is sorted by: a log-probability, or a number of steps."""
    input: int
    """The index of its input."""
    number: int
    """The number of its result in that input, from 1."""
    before: str
    """The expression up to the place of the error, cut to what is shown."""
    at: str | None
    """The symbol at that place; None if there is none."""
    after: str
    """The rest of it."""
    answer: str
    """The answer, or the message of the error, cut to what is shown."""
    mark: str
    """``certified``, ``uncertified``, or the code of the error."""


@dataclass(frozen=True)
class Collected:
    """What was collected so far."""

    tape_models: tuple[str, ...] = ()
    """The names of the models that work on tapes: their time grows with the steps."""
    input: int = 0
    """The index of the input of the last batch."""
    lines: int = 0
    """The number of its results so far."""
    models: Counter[str] = field(default_factory=Counter)
    """The number of answers of each model."""
    least_sure: tuple[Line, ...] = ()
    """The answers with the least log-probability."""
    most_steps: tuple[Line, ...] = ()
    """The lines that need the most steps, by estimate."""
    wrong: tuple[Line, ...] = ()
    """The first wrong answers of the models."""
    examples: dict[str, tuple[Line, ...]] = field(default_factory=dict)
    """The first lines with each error, by code."""
    seed: SeedMap = field(default_factory=SeedMap)

    def plus(self, batch: ScoredBatch, number: int) -> Collected:
        """Return what was collected after one more batch.

        Args:
            batch: The results.
            number: The index of their input.
        """
        result = batch.result
        first = self.lines if number == self.input else 0
        rows = _Rows(result, number, first)
        answered = np.bincount(result.model_index[result.errors == 0], minlength=1).tolist()
        counts = {result.models[model]: count for model, count in enumerate(answered) if count}
        marks = [marked.right for marked in batch.marked]
        texts = _texts(result)
        return replace(
            self,
            input=number,
            lines=first + len(result),
            models=self.models + Counter(counts),
            least_sure=_least(self.least_sure, rows, result.log_probs.astype(float)),
            most_steps=_least(self.most_steps, rows, -self._steps(result, texts)),
            wrong=self._wrong(rows, marks),
            examples=self._examples(rows),
            seed=self._seed(result).plus(texts, _notes(result, marks)),
        )

    def _steps(self, result: BatchResult, texts: list[str]) -> NDArray[np.float64]:
        """Return the estimated steps of each row, NaN for those that need none."""
        on_tapes = [name in self.tape_models for name in result.models]
        read = np.isin(result.errors, (0, *_READ)) & np.array(on_tapes)[result.model_index]
        steps = np.full(len(result), np.nan)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        # Texts of similar length share an array, so that one long text does not make all rows wide.
        width = 1 << np.ceil(np.log2(np.maximum(lengths, 1))).astype(np.int64)
        for size in np.unique(width[read]).tolist():
            rows = np.flatnonzero(read & (width == size))
            tokens, sizes = encode([texts[row] for row in rows.tolist()], size)
            steps[rows] = expected_steps(tokens, sizes)
        return steps

    def _wrong(self, rows: _Rows, marks: list[bool | None]) -> tuple[Line, ...]:
        left = MAX_LINES - len(self.wrong)
        wrong = [row for row, right in enumerate(marks) if right is False][:left]
        return (*self.wrong, *(rows.line(row, 0.0) for row in wrong))

    def _examples(self, rows: _Rows) -> dict[str, tuple[Line, ...]]:
        examples = dict(self.examples)
        for kind in np.unique(rows.result.errors).tolist():
            code = EXPRESSION_ERRORS[kind].code
            left = MAX_EXAMPLES - len(examples.get(code, ()))
            if kind and left > 0:
                found = np.flatnonzero(rows.result.errors == kind)[:left].tolist()
                examples[code] = (
                    *examples.get(code, ()),
                    *(rows.line(row, 0.0) for row in found),
                )
        return examples

    def _seed(self, result: BatchResult) -> SeedMap:
        """Return the map, with the operand ranges of the models."""
        return self.seed if self.seed.operands == result.operands else SeedMap(result.operands)

    def to_json(self) -> dict[str, Any]:
        """Return what was collected as JSON values."""
        return {**vars(self), "seed": self.seed.to_json()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Collected:
        """Return what ``to_json`` was made of."""
        lists = {name: _read_lines(saved[name]) for name in ("least_sure", "most_steps", "wrong")}
        examples = {code: _read_lines(lines) for code, lines in saved["examples"].items()}
        return cls(
            tape_models=tuple(saved["tape_models"]),
            input=saved["input"],
            lines=saved["lines"],
            models=Counter(saved["models"]),
            examples=examples,
            seed=SeedMap.from_json(saved["seed"]),
            **lists,
        )


def _read_lines(saved: Iterable[list[Any]]) -> tuple[Line, ...]:
    return tuple(Line(*line) for line in saved)


class _Rows:
    """Makes the lines of the report from the rows of a batch."""

    def __init__(self, result: BatchResult, number: int, first: int) -> None:
        self.result, self._input, self._first = result, number, first

    def line(self, row: int, figure: float) -> Line:
        """Return a row as the report shows it."""
        result, number = self.result, self._first + row + 1
        text = as_text(result.expressions[row])
        if not result.errors[row]:
            mark = "certified" if result.certified[row] else "uncertified"
            answer, position = _cut(str(result.answers[row]), _ANSWER), None
        else:
            error = result.error(row)
            mark, answer, position = error.code, _cut(error.message, _MESSAGE), error.position
        at: tuple[str, str | None, str] = (_cut(text, _SHOWN), None, "")
        if position is not None:
            at = excerpt(text, position, _SHOWN)
        return Line(figure, self._input, number, *at, answer, mark)


def _cut(text: str, width: int) -> str:
    return "".join(excerpt(text, 0, width))


def _least(lines: tuple[Line, ...], rows: _Rows, figures: NDArray[np.float64]) -> tuple[Line, ...]:
    """Return the lines with the least figures, of those so far and of more rows.

    Args:
        lines: The lines so far, sorted by their figures.
        rows: The rows.
        figures: Their figures, ``[rows]``; NaN for rows that are left out.
    """
    limit = lines[-1].figure if len(lines) == MAX_LINES else np.inf
    found = np.flatnonzero(figures < limit)
    if len(found) > MAX_LINES:
        found = found[np.argsort(figures[found], kind="stable")[:MAX_LINES]]
    more = [rows.line(row, float(figures[row])) for row in found.tolist()]
    return tuple(sorted([*lines, *more], key=lambda line: line.figure)[:MAX_LINES])


def _texts(result: BatchResult) -> list[str]:
    """Return the texts that were read."""
    texts = list(map(as_text, result.expressions))
    for row, text in result.read_as.items():
        texts[row] = text
    return texts


def _notes(result: BatchResult, marks: list[bool | None]) -> NDArray[np.uint8]:
    """Return what the map notes of each row, uint8 ``[rows]``."""
    answered = result.errors == 0
    notes = np.where(answered, np.where(result.certified, CERTIFIED, UNCERTIFIED), ERROR)
    for row, right in enumerate(marks):
        if right is not None:
            notes[row] |= RIGHT if right else WRONG
    return notes.astype(np.uint8)
