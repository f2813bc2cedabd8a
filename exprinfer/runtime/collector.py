"""Collect the results of a batch while they arrive, in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    DivisionByZeroError,
    NotHaltedError,
    TooCostlyError,
    TooLongError,
)
from exprinfer.language.normalization import Normalized
from exprinfer.runtime.model import Answers

#: Characters that one fixed-width array of answers may have. Larger results use numpy's
#: ``StringDType``, in which each answer has its own width, unless answers are at most SMALL_WIDTH
#: characters long, when that would save nothing.
MAX_FIXED_CHARACTERS, SMALL_WIDTH = 1 << 25, 8

_DIVISION_BY_ZERO = EXPRESSION_ERRORS.index(DivisionByZeroError)
_TOO_COSTLY = EXPRESSION_ERRORS.index(TooCostlyError)
_NOT_HALTED = EXPRESSION_ERRORS.index(NotHaltedError)
_TOO_LONG = EXPRESSION_ERRORS.index(TooLongError)


class Collector:
    """Arrays with one place for each row; their names are those of ``BatchResult``."""

    def __init__(self, rows: int, refusing_model: int) -> None:
        """Make the arrays.

        Args:
            rows: Number of rows.
            refusing_model: Index of the model that is named for rows that no model answers.
        """
        self.log_probs = np.full(rows, np.nan, np.float32)
        self.certified = np.zeros(rows, bool)
        self.errors = np.zeros(rows, np.uint8)
        self.positions = np.full(rows, -1, np.int32)
        self.model_index = np.full(rows, refusing_model, np.uint8)
        #: By row, the text that was read if it is not the text that was given.
        self.rewritten: dict[int, Normalized] = {}
        #: Rows that were stopped because they took too long.
        self.timed_out: set[int] = set()
        #: Rows that were left for later because they are costly.
        self.deferred: list[int] = []
        self._answers: list[tuple[NDArray[np.int64], NDArray[np.str_]]] = []

    def add(self, rows: NDArray[np.int64], answers: Answers, model: int) -> None:
        """Take the answers that a model gave to some rows."""
        self._answers.append((rows, answers.texts))
        self.log_probs[rows], self.model_index[rows] = answers.log_probs, model
        for row, position in answers.zero_divisors.items():
            self.errors[rows[row]], self.positions[rows[row]] = _DIVISION_BY_ZERO, position
            self.certified[rows[row]] = False
        if len(answers.not_halted):
            not_halted = rows[answers.not_halted]
            self.errors[not_halted], self.certified[not_halted] = _NOT_HALTED, False
        if len(answers.cut_off):
            cut_off = rows[answers.cut_off]
            self.errors[cut_off], self.certified[cut_off] = _TOO_COSTLY, False
            if answers.timed_out:
                self.timed_out.update(cut_off.tolist())

    def replace(self, rows: NDArray[np.int64], other: Collector, texts: list[Normalized]) -> None:
        """Take the results of rewritten texts in place of those of some rows.

        Args:
            rows: The rows.
            other: The results of the rewritten texts; positions refer to those.
            texts: The rewritten texts.
        """
        for name in ("log_probs", "certified", "errors", "model_index"):
            getattr(self, name)[rows] = getattr(other, name)
        self._answers += [(rows[inner], answers) for inner, answers in other._answers]
        for row, position, text in zip(rows.tolist(), other.positions.tolist(), texts, strict=True):
            # That of an error about the length is a length; it stays as it is.
            inside = 0 <= position < len(text.positions) and self.errors[row] != _TOO_LONG
            self.positions[row] = text.positions[position] if inside else position
            self.rewritten[row] = text
        self.timed_out.update(rows[list(other.timed_out)].tolist())
        self.deferred += rows[other.deferred].tolist()

    def answers(self) -> NDArray[np.str_]:
        """Return all answers in order, with one fixed width unless that takes much memory."""
        widest = max((texts.dtype.itemsize // 4 for _, texts in self._answers), default=1)
        fixed = widest <= SMALL_WIDTH or widest * len(self.errors) <= MAX_FIXED_CHARACTERS
        answers = np.zeros(len(self.errors), f"<U{widest}" if fixed else np.dtypes.StringDType())
        for rows, texts in self._answers:
            answers[rows] = texts
        return answers
