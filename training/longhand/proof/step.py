"""One step of a model file by itself: the body of its inner Loop, run by ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto

from training.longhand.machine import KEEP, TAPES, UNSEEN
from training.margins import row_margins

#: Cells of the tapes on which a single step is tried, with the head in the middle.
CELLS = 3
WEIGHTS = ("SYMBOL_VECTORS", "INPUT_GATES", "HIDDEN_GATES", "CELLS", "OUTPUT", "OUTPUT_BIAS")
#: What the step takes from the graph around it, apart from weights and constants.
OUTER = {"limit_now", "last_cell", "few"}
SCORES = ("state_scores", "write_scores", "move_scores")


@dataclass(frozen=True)
class Decisions:
    """What a step did in each row, and its scores.

    Attributes:
        next_state: Number of the next state, int64 ``[rows]``.
        write: Token ids now under the old head positions, int64 ``[rows, tapes]``; KEEP if they are
            as before.
        move: -1, 0 or 1 by tape, int64 ``[rows, tapes]``.
        scores: Scores of states, symbols and moves, float32 ``[rows, ..., choices]``.
    """

    next_state: NDArray[np.int64]
    write: NDArray[np.int64]
    move: NDArray[np.int64]
    scores: tuple[NDArray[np.float32], ...]

    def margins(self) -> list[NDArray[np.floating]]:
        """Return the margins of the highest score over the next, for states, symbols and moves.

        Each is ``[rows]``.
        """
        return [row_margins(scores) for scores in self.scores]


class Step:
    """The step of a model file, with its own nodes and weights."""

    def __init__(self, model: onnx.ModelProto, provider: str = "CPUExecutionProvider") -> None:
        body = onnx.GraphProto()
        body.CopyFrom(_loop_body(_loop_body(model.graph)))
        weights = {weight.name: weight for weight in model.graph.initializer}
        used = {name for node in body.node for name in node.input} - OUTER
        body.initializer.extend(weights[name] for name in sorted(used & weights.keys()))
        make = onnx.helper.make_tensor_value_info
        for name in sorted(OUTER):
            body.input.append(make(name, TensorProto.INT64, [name]))
        for name in SCORES:
            body.output.append(make(name, TensorProto.FLOAT, None))
        alone = onnx.helper.make_model(body, opset_imports=model.opset_import)
        alone.ir_version = model.ir_version
        self.looks = onnx.numpy_helper.to_array(weights["LOOKS"])[:, :, 0]
        """Which tapes each state looks at, bool ``[states, tapes]``."""
        self.start = int(onnx.numpy_helper.to_array(weights["START"])[0])
        self.halt = int(onnx.numpy_helper.to_array(weights["HALT"])[0])
        self._weights = {name: onnx.numpy_helper.to_array(weights[name]) for name in WEIGHTS}
        self._session = onnxruntime.InferenceSession(
            alone.SerializeToString(), providers=[provider]
        )

    def decide(
        self, state: NDArray[np.int64], seen: NDArray[np.int64], hidden: int = 0
    ) -> Decisions:
        """Do one step in each row.

        Args:
            state: Numbers of states, int64 ``[rows]``.
            seen: Token ids under the heads, int64 ``[rows, tapes]``, or UNSEEN.
            hidden: Token id to put on the tapes that are UNSEEN.
        """
        rows = len(state)
        under = np.where(seen == UNSEEN, hidden, seen).astype(np.uint8)
        tapes = np.zeros((rows, len(TAPES), CELLS), np.uint8)
        tapes[:, :, CELLS // 2] = under
        feed = {
            "number": np.array(0),
            "any_in": np.array(True),
            "state_in": state,
            "heads_in": np.full((rows, len(TAPES), 1), CELLS // 2),
            "tapes_in": tapes,
            "steps_in": np.zeros(rows, np.int64),
            "log_prob_in": np.zeros(rows, np.float32),
            "going_in": np.ones(rows, bool),
            "limit_now": np.full(rows, 2),
            "few": np.array([0]),
            "last_cell": np.array([CELLS - 1]),
        }
        outputs = ["state_out", "tapes_out", "heads_out", *SCORES]
        used = {value.name for value in self._session.get_inputs()}
        feed = {name: value for name, value in feed.items() if name in used}
        next_state, tapes, heads, *scores = self._session.run(outputs, feed)
        written = np.argmax(scores[1], axis=-1)
        now = tapes[:, :, CELLS // 2]
        np.testing.assert_array_equal(now, np.where(written == KEEP, under, written))
        return Decisions(next_state, written, heads[:, :, 0] - CELLS // 2, tuple(scores))

    def scores_in_float64(
        self, state: NDArray[np.int64], seen: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return all scores of such a step in float64, from the same weights, ``[rows, scores]``.

        Args:
            state: Numbers of states, int64 ``[rows]``.
            seen: Token ids under the heads, int64 ``[rows, tapes]``, or UNSEEN.
        """
        weights = {name: weight.astype(float) for name, weight in self._weights.items()}
        rows = seen + np.arange(len(TAPES)) * (UNSEEN + 1)
        embedding = weights["SYMBOL_VECTORS"][rows].sum(1)
        gates = embedding @ weights["INPUT_GATES"] + weights["HIDDEN_GATES"][state]
        i, f, o, candidate = np.split(gates, 4, axis=1)
        cell = _sigmoid(f) * weights["CELLS"][state] + _sigmoid(i) * np.tanh(candidate)
        hidden = _sigmoid(o) * np.tanh(cell)
        scores: NDArray[np.float64] = hidden @ weights["OUTPUT"] + weights["OUTPUT_BIAS"]
        return scores


def _loop_body(graph: onnx.GraphProto) -> onnx.GraphProto:
    loop = next(node for node in graph.node if node.op_type == "Loop")
    body: onnx.GraphProto = next(part.g for part in loop.attribute if part.name == "body")
    return body


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * (1 + np.tanh(0.5 * x))
