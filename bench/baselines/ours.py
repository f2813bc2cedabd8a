"""exprinfer itself, as a user calls it."""

from __future__ import annotations

import exprinfer
from bench.baselines.baseline import Baseline
from exprinfer.runtime.session import Device

#: How many expressions to time with the slower models.
_FEWER = {"longhand": 200_000, "gist": 20_000}


class Ours(Baseline):
    """``evaluate_batch``: a list of texts in, an array of answers out."""

    def __init__(
        self, model: str = "auto", threads: int | None = None, device: Device = "cpu"
    ) -> None:
        self.evaluator = exprinfer.load(model, device, threads=threads)
        names = " and ".join(info.name for info in self.evaluator.models)
        self.name = f"exprinfer ({names})" + (f", {threads} thread" if threads else "")
        self.answers_like = model if model != "auto" else "exact"
        self.expressions = _FEWER.get(model, 1_000_000)

    def answer(self, texts: list[str]) -> list[str]:
        """Return the answers as a list, as all baselines do."""
        return self.evaluator.evaluate_batch(texts).answers.tolist()  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the evaluator's threads."""
        self.evaluator.close()
