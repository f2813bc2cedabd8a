"""The shipped file in plain ONNX Runtime, with one call per expression."""

from __future__ import annotations

import numpy as np
import onnxruntime

from bench.baselines.baseline import Baseline
from exprinfer.language import tokenizer
from exprinfer.runtime.model_file import find


class OrtNaive(Baseline):
    """A session with ONNX Runtime's default options."""

    name = "ONNX Runtime, one call per expression"
    expressions = 20_000

    def __init__(self) -> None:
        self.session = onnxruntime.InferenceSession(
            str(find("exact")), providers=["CPUExecutionProvider"]
        )

    def answer(self, texts: list[str]) -> list[str]:
        """Return the answers, one call after the other."""
        answers = []
        for text in texts:
            tokens = tokenizer.encode([text])[0].astype(np.int64)
            ids = self.session.run(["answer"], {"tokens": tokens})[0]
            answers.append(str(tokenizer.decode(ids)[0]))
        return answers
