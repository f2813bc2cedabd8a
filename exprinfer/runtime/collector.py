"""The results of a column while they come in, in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import EXPRESSION_ERRORS, DivisionByZeroError
from exprinfer.runtime.model import Answers

#: Characters of answers of one width that one array may hold; beyond, each has its own width
#: (numpy's ``StringDType``), unless that width is so small that it would save nothing.
FIXED_WIDTH_AT_MOST, SMALL_WIDTH = 1 << 25, 8

_BY_ZERO = EXPRESSION_ERRORS.index(DivisionByZeroError)


class Results:
    """Arrays with a place for each row, errors for those that have none yet."""

    def __init__(self, rows: int, refused_by: int) -> None:
        """Take the number of rows, and the index of the model that refuses what none answers."""
        self.log_probs = np.full(rows, np.nan, np.float32)
        self.certified = np.zeros(rows, bool)
        self.errors = np.zeros(rows, np.uint8)
        self.positions = np.full(rows, -1, np.int32)
        self.model_index = np.full(rows, refused_by, np.uint8)
        self._answers: list[tuple[NDArray[np.int64], NDArray[np.str_]]] = []

    def add(self, rows: NDArray[np.int64], answers: Answers, model: int) -> None:
        """Take what a model made of some rows."""
        self._answers.append((rows, answers.texts))
        self.log_probs[rows], self.model_index[rows] = answers.log_probs, model
        for row, position in answers.divided_by_zero.items():
            self.errors[rows[row]], self.positions[rows[row]] = _BY_ZERO, position
            self.certified[rows[row]] = False

    def joined_answers(self) -> NDArray[np.str_]:
        """All answers in order, of one width unless that would take much memory."""
        widest = max((texts.dtype.itemsize // 4 for _, texts in self._answers), default=1)
        fixed = widest <= SMALL_WIDTH or widest * len(self.errors) <= FIXED_WIDTH_AT_MOST
        answers = np.zeros(len(self.errors), f"<U{widest}" if fixed else np.dtypes.StringDType())
        for rows, texts in self._answers:
            answers[rows] = texts
        return answers
