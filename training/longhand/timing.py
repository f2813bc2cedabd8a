"""Measure steps and time of the tape machine on one batch of expressions."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import encode
from exprinfer.runtime.model import Model
from exprinfer.runtime.tapes import run_until
from training.longhand.machine import UNLIMITED

#: How often the time is measured; the shortest counts.
REPEATS = 3


def measure(model: Model, texts: list[str]) -> tuple[NDArray[np.int64], float]:
    """Return the steps of each expression, int64 ``[texts]``, and the seconds for all of them.

    The expressions are answered by one thread, in as few batches as the model allows.
    """
    tokens, lengths = encode(texts)
    steps = run_until(model.session, tokens, np.array([UNLIMITED])).steps
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for batch in model.batches(tokens, lengths, len(tokens)):
            model.answer(tokens[batch.rows])
        seconds.append(time.perf_counter() - began)
    return steps, min(seconds)
