"""How clear a model's decisions are: the smallest lead of a chosen symbol over the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from exprinfer.alphabet import SYMBOLS, Alphabet

#: Rows of one ONNX Runtime call.
BATCH = 4_096


def smallest_gap(file: Path, texts: list[str]) -> tuple[float, str]:
    """The smallest difference in log-probability between the likeliest symbol and the next.

    Over all output steps of all expressions, through ONNX Runtime on the CPU, with the expression
    where it is that small. The scores are taken inside the graph, before greedy decoding.
    """
    session = _scoring_session(file)
    alphabet = Alphabet(SYMBOLS)
    smallest, where = np.inf, ""
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        tokens, _ = alphabet.encode(part)
        scores = session.run(None, {"tokens": tokens.astype(np.int64)})
        gaps = np.min([_gaps(step) for step in scores], axis=0)
        if gaps.min() < smallest:
            smallest, where = float(gaps.min()), part[int(gaps.argmin())]
    return smallest, where


def _gaps(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Smallest gap of each row, over scores ``[batch, ..., symbols]``."""
    top = np.partition(scores, -2, axis=-1)
    gaps = top[..., -1] - top[..., -2]
    return np.asarray(gaps.reshape(len(gaps), -1).min(axis=1))


def _scoring_session(file: Path) -> onnxruntime.InferenceSession:
    """The model with its symbols' log-probabilities as outputs in place of its answer."""
    model = onnx.load(file)
    names = [node.output[0] for node in model.graph.node if node.op_type == "LogSoftmax"]
    kinds = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    outputs = [onnx.helper.make_tensor_value_info(name, kinds[name], None) for name in names]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
