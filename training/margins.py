"""Margins between the best and second-best symbol."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto
from tqdm import tqdm

from exprinfer.language.tokenizer import encode
from training.graphs import branch

#: Rows of one ONNX Runtime call.
CHUNK_ROWS = 4_096


def smallest_margin(file: Path, parts: Iterable[list[str]], size: int) -> tuple[float, str]:
    """Return the smallest margin of a model and the expression with the smallest margin.

    The margin is the difference in log-probability between the best and the second-best symbol.
    The smallest is taken over all output steps of all expressions, through ONNX Runtime on the CPU.

    Args:
        file: The model file.
        parts: Expressions that the model takes, at most ``CHUNK_ROWS`` at a time.
        size: Number of all expressions, for the progress bar.
    """
    session, steps = _scoring_session(file)
    smallest, smallest_text = np.inf, ""
    bar = tqdm(total=size, desc="margins", unit="expr", unit_scale=True)
    for part in parts:
        tokens, _ = encode(part)
        found = session.run(None, {"tokens": tokens.astype(np.int64)})
        # The additional row is for results that a graph computes and drops.
        margins = np.full(len(part) + 1, np.inf)
        for scores, rows in steps:
            of_step = row_margins(found[scores])
            np.minimum.at(
                margins, np.arange(len(of_step)) if rows is None else found[rows], of_step
            )
        row = int(margins[:-1].argmin())
        if margins[row] < smallest:
            smallest, smallest_text = float(margins[row]), part[row]
        bar.update(len(part))
    bar.close()
    return smallest, smallest_text


def row_margins(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the smallest margin of each row, ``[batch]``, of scores ``[batch, ..., symbols]``."""
    top = np.partition(scores, -2, axis=-1)
    margins = top[..., -1] - top[..., -2]
    return np.asarray(margins.reshape(len(margins), -1).min(axis=1))


def _scoring_session(
    file: Path,
) -> tuple[onnxruntime.InferenceSession, list[tuple[int, int | None]]]:
    """Open a model with the log-probabilities of its symbols as outputs.

    Returns the session, and for each output step the index of its scores and the index of the rows
    that these belong to; None if they belong to all rows.
    """
    model = onnx.load(file)
    if model.graph.node[-1].op_type == "If":  # a single row has a graph of its own
        model = branch(model, "many")
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
