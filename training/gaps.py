"""How clear a model's decisions are: the smallest lead of a chosen symbol over the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto

from exprinfer.language.tokenizer import SYMBOLS, Alphabet

#: Rows of one ONNX Runtime call.
BATCH = 4_096


def smallest_gap(file: Path, texts: list[str]) -> tuple[float, str]:
    """The smallest difference in log-probability between the likeliest symbol and the next.

    Over all output steps of all expressions, through ONNX Runtime on the CPU, with the expression
    where it is that small. The scores are taken inside the graph, before greedy decoding.
    """
    session, steps = _scoring_session(file)
    alphabet = Alphabet(SYMBOLS)
    smallest, where = np.inf, ""
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        tokens, _ = alphabet.encode(part)
        found = session.run(None, {"tokens": tokens.astype(np.int64)})
        # The row more is for what a graph computes and drops.
        gaps = np.full(len(part) + 1, np.inf)
        for scores, rows in steps:
            of_step = row_gaps(found[scores])
            np.minimum.at(gaps, np.arange(len(of_step)) if rows is None else found[rows], of_step)
        if gaps[:-1].min() < smallest:
            smallest, where = float(gaps[:-1].min()), part[int(gaps[:-1].argmin())]
    return smallest, where


def row_gaps(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Smallest gap of each row, over scores ``[batch, ..., symbols]``."""
    top = np.partition(scores, -2, axis=-1)
    gaps = top[..., -1] - top[..., -2]
    return np.asarray(gaps.reshape(len(gaps), -1).min(axis=1))


def _scoring_session(
    file: Path,
) -> tuple[onnxruntime.InferenceSession, list[tuple[int, int | None]]]:
    """The model with its symbols' log-probabilities as outputs in place of its answer, and for each
    step the places of its scores and of the rows that it scores; None for all rows."""
    model = onnx.load(file)
    kinds = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    made = {name for node in model.graph.node for name in node.output}
    outputs: list[onnx.ValueInfoProto] = []

    def add(name: str, kind: int) -> int:
        outputs.append(onnx.helper.make_tensor_value_info(name, kind, None))
        return len(outputs) - 1

    steps: list[tuple[int, int | None]] = []
    for name in [node.output[0] for node in model.graph.node if node.op_type == "LogSoftmax"]:
        rows = name.replace("log_probs", "rows")
        scores = add(name, kinds.get(name, TensorProto.FLOAT))
        steps.append((scores, add(rows, TensorProto.INT64) if rows in made - {name} else None))
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session, steps
