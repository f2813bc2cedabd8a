"""Python's own ``eval``, in one process per core."""

from __future__ import annotations

import multiprocessing

from bench.baselines.baseline import Baseline
from exprinfer.runtime.threads import available_cores

#: Expressions per message to a process. Larger messages were not faster.
CHUNK_ROWS = 50_000


class PythonEval(Baseline):
    """``eval`` of each text.

    Its answers are not checked: ``/`` gives a fraction here, and an integer in the networks.
    """

    name = "Python eval"
    expressions = 1_000_000
    answers_like = ""

    def __init__(self) -> None:
        self.pool = multiprocessing.get_context("spawn").Pool(available_cores())
        self.pool.map(abs, range(available_cores() * 4))  # wait until all processes run

    def answer(self, texts: list[str]) -> list[str]:
        """Return the values. They stay numbers, which favors this baseline."""
        chunks = [texts[start : start + CHUNK_ROWS] for start in range(0, len(texts), CHUNK_ROWS)]
        return [value for values in self.pool.imap(evaluate, chunks) for value in values]

    def close(self) -> None:
        """End the processes."""
        self.pool.terminate()


def evaluate(texts: list[str]) -> list[str]:
    """Return the value of each text."""
    return [eval(text) for text in texts]
