"""The shipped file in plain ONNX Runtime, one call per line."""

from __future__ import annotations

import numpy as np
import onnxruntime

from bench.baselines.baseline import Baseline
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.runtime.model_file import find


class OrtNaive(Baseline):
    """A session with its defaults."""

    name = "ONNX Runtime, one call a line"
    expressions = 20_000

    def __init__(self) -> None:
        self.session = onnxruntime.InferenceSession(
            str(find("exact")), providers=["CPUExecutionProvider"]
        )
        self.alphabet = Alphabet(SYMBOLS)

    def answer(self, texts: list[str]) -> list[str]:
        """Answer line by line."""
        answers = []
        for text in texts:
            tokens = self.alphabet.encode([text])[0].astype(np.int64)
            ids = self.session.run(["answer"], {"tokens": tokens})[0]
            answers.append(str(self.alphabet.decode(ids)[0]))
        return answers
