"""Python's own ``eval``, in as many processes as there are cores."""

from __future__ import annotations

import multiprocessing

from bench.baselines.baseline import Baseline
from exprinfer.runtime.threads import cores

#: Expressions of one message to a process; larger ones were no faster.
PART = 50_000


class PythonEval(Baseline):
    """``eval`` of each string. It divides to a fraction, where the networks give a whole number."""

    name = "Python eval"
    expressions = 1_000_000
    answers_like = ""

    def __init__(self) -> None:
        self.pool = multiprocessing.get_context("spawn").Pool(cores())
        self.pool.map(abs, range(cores() * 4))

    def answer(self, texts: list[str]) -> list[str]:
        """Evaluate; the values stay numbers."""
        parts = [texts[start : start + PART] for start in range(0, len(texts), PART)]
        return [value for part in self.pool.imap(evaluate, parts) for value in part]

    def close(self) -> None:
        """End the processes."""
        self.pool.terminate()


def evaluate(texts: list[str]) -> list[str]:
    """Evaluate a part."""
    return [eval(text) for text in texts]
