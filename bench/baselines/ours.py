"""exprinfer itself, as it is installed."""

from __future__ import annotations

import exprinfer
from bench.baselines.baseline import Baseline
from exprinfer.runtime.session import Device


class Ours(Baseline):
    """``evaluate_batch`` of one model: a list of texts in, an array of answers out."""

    expressions = 1_000_000

    def __init__(
        self, model: str = "auto", threads: int | None = None, device: Device = "cpu"
    ) -> None:
        self.evaluator = exprinfer.load(model, device, threads=threads)
        names = " and ".join(described.name for described in self.evaluator.models)
        self.name = f"exprinfer ({names})" + (f", {threads} thread" if threads else "")
        self.answers_like = model if model != "auto" else "exact"
        if model == "longhand":
            self.expressions = 200_000
        if model == "gist":
            self.expressions = 20_000

    def answer(self, texts: list[str]) -> list[str]:
        """Answer; the array becomes a list, as the others give one."""
        return self.evaluator.evaluate_batch(texts).answers.tolist()  # type: ignore[no-any-return]

    def close(self) -> None:
        """End its threads."""
        self.evaluator.close()
