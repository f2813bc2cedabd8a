"""Batches of one call, and the model that answers each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exprinfer.runtime.batching import MIN_ROWS
from exprinfer.runtime.limits import Limits
from exprinfer.runtime.model import Answers, Model
from exprinfer.runtime.stop import Stop
from exprinfer.runtime.threads import Job

#: Rows that leave a batch together share another one, which has so many times the patience.
MORE_PATIENCE = 8


@dataclass(frozen=True, slots=True)
class Call:
    """What holds for all texts of one call."""

    limits: Limits
    stop: Stop
    only_quick: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A batch, and the model that answers it."""

    model: Model
    index: int
    rows: NDArray[np.int64]
    tokens: NDArray[np.uint8]
    costly: bool
    patience: int | None
    call: Call

    @property
    def is_long(self) -> bool:
        """Whether it may take a second although it is not costly."""
        return self.patience is not None and len(self.rows) > MIN_ROWS

    def __call__(self) -> Answers:
        """Answer the batch; see ``Model.answer``."""
        limits, stop = self.call.limits, self.call.stop
        return self.model.answer(self.tokens, limits, self.patience, stop)

    def again(self, rows: NDArray[np.int64]) -> Task:
        """Return the task of some of the rows, with more patience, without end for a single row."""
        tokens = self.tokens[rows]
        width = int(np.count_nonzero(tokens, axis=1).max())
        patience = self.patience * MORE_PATIENCE if self.patience and len(rows) > 1 else None
        rest = self.rows[rows], tokens[:, :width]
        return Task(self.model, self.index, *rest, True, patience, self.call)


class BatchJob(Job[Answers]):
    """A task that a thread may do."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.task = task
