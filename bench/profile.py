"""Where the time goes: the stages of ``evaluate_batch``, and the operators of the network."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bench.timing import Call, fastest
from exprinfer.language import tokenizer
from exprinfer.language.validation import validate
from exprinfer.runtime.model import Model
from exprinfer.runtime.model_file import find
from training.expressions import sample

SEED, EXPRESSIONS, BATCH_SIZE = 5, 65_536, 1_024
#: How many operators are listed.
OPERATORS = 12


def stages() -> dict[str, float]:
    """Return the nanoseconds per expression of each stage of ``evaluate_batch``, on one thread."""
    texts = sample(EXPRESSIONS, SEED).texts()
    model = Model("exact", "cpu")
    tokens, lengths = tokenizer.encode(texts)
    batches = _batches(model, tokens, lengths)
    ids = [model.session.run(batch)[0] for batch in batches]
    calls: dict[str, Call] = {
        "tokenize": lambda: tokenizer.encode(texts),
        "validate": lambda: validate(tokens, lengths),
        "form batches": lambda: list(model.batches(tokens, lengths, BATCH_SIZE)),
        "network": lambda: [model.session.run(batch) for batch in batches],
        "decode": lambda: [tokenizer.decode(batch) for batch in ids],
    }
    return {
        name: round(1e9 * fastest(call, repeats=3) / EXPRESSIONS, 1) for name, call in calls.items()
    }


def operators() -> dict[str, float]:
    """Return the nanoseconds per expression of the slowest operators, from ONNX Runtime's profile.

    ``If`` and ``Loop`` are left out: their time is that of the operators in them.
    """
    model = Model("exact", "cpu")
    batches = _batches(model, *tokenizer.encode(sample(EXPRESSIONS, SEED).texts()))
    spent: Counter[str] = Counter()  # microseconds
    for event in _profile(batches):
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = event["args"]["op_name"]
            spent[name] += 0 if name in ("If", "Loop") else event["dur"]
    slowest = spent.most_common(OPERATORS)
    return {name: round(1e3 * spent / EXPRESSIONS, 1) for name, spent in slowest}


def _profile(batches: list[NDArray[np.uint8]]) -> list[dict[str, Any]]:
    """Return the events that ONNX Runtime recorded while it answered the batches."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(
            str(find("exact")), options, providers=["CPUExecutionProvider"]
        )
        for batch in batches:
            session.run(None, {"tokens": batch.astype(np.int64)})
        events: list[dict[str, Any]] = json.loads(Path(session.end_profiling()).read_text())
    return events


def _batches(
    model: Model, tokens: NDArray[np.uint8], lengths: NDArray[np.int64]
) -> list[NDArray[np.uint8]]:
    """Return the token ids batch by batch, each as wide as its longest text."""
    return [
        tokens[batch.rows, : int(lengths[batch.rows].max())]
        for batch in model.batches(tokens, lengths, BATCH_SIZE)
    ]
