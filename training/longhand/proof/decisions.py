"""What a model file decides in each case, and how clearly: the first part of its graph, alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from training.longhand.machine import TAPES, UNSEEN
from training.longhand.proof.parts import initializers, part
from training.margins import row_margins

SCORES = ("state_scores", "write_scores", "move_scores")


@dataclass(frozen=True)
class Decisions:
    """The cases of a file and what the network does in each of them.

    Attributes:
        state: Numbers of states, int64 ``[cases]``.
        seen: Token ids under the heads, int64 ``[cases, tapes]``; UNSEEN on tapes not looked at.
        next_state: Numbers of the next states, int64 ``[cases]``.
        write: Token ids to write, int64 ``[cases, tapes]``; KEEP for none.
        move: -1, 0 or 1 by tape, int64 ``[cases, tapes]``.
        scores: Scores of states, symbols and moves, float32 ``[cases, ..., choices]``.
    """

    state: NDArray[np.int64]
    seen: NDArray[np.int64]
    next_state: NDArray[np.int64]
    write: NDArray[np.int64]
    move: NDArray[np.int64]
    scores: tuple[NDArray[np.float32], ...]

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, rows: NDArray[np.integer]) -> Decisions:
        scores = tuple(one[rows] for one in self.scores)
        state, seen, next_state = self.state[rows], self.seen[rows], self.next_state[rows]
        return Decisions(state, seen, next_state, self.write[rows], self.move[rows], scores)

    def margins(self) -> list[NDArray[np.floating]]:
        """Return the margins of the highest score over the next, for states, symbols and moves.

        Each is ``[cases]``.
        """
        return [row_margins(scores) for scores in self.scores]


def decide(model: onnx.ModelProto, provider: str = "CPUExecutionProvider") -> Decisions:
    """Run the part of a file in which the network decides all cases."""
    first = part(model, ["decisions", *SCORES])
    session = onnxruntime.InferenceSession(first.SerializeToString(), providers=[provider])
    decisions, *scores = session.run(None, {})
    next_state, write, move = split(decisions)
    cases = initializers(model)["CASES"].astype(np.int64)
    return Decisions(cases[:, 0], cases[:, 1:], next_state, write, move, tuple(scores))


def split(decisions: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
    """Return next states, symbols and moves -1, 0, 1 from the output ``decisions`` of a file."""
    columns = decisions.astype(np.int64)
    tapes = len(TAPES)
    return [columns[:, 0], columns[:, 1 : 1 + tapes], columns[:, 1 + tapes :] - 1]


def scores_in_float64(
    model: onnx.ModelProto, state: NDArray[np.int64], seen: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the scores of cases in float64, from the weights of a file, ``[cases, scores]``.

    Args:
        model: The file.
        state: Numbers of states, int64 ``[cases]``.
        seen: Token ids under the heads, int64 ``[cases, tapes]``, or UNSEEN.
    """
    weights = {
        name: array.astype(float)
        for name, array in initializers(model).items()
        if array.dtype == np.float32
    }
    rows = seen + np.arange(len(TAPES)) * (UNSEEN + 1)
    embedding = weights["SYMBOL_VECTORS"][rows].sum(1)
    gates = embedding @ weights["INPUT_GATES"] + weights["HIDDEN_GATES"][state]
    i, f, o, candidate = np.split(gates, 4, axis=1)
    cell = _sigmoid(f) * weights["CELLS"][state] + _sigmoid(i) * np.tanh(candidate)
    hidden = _sigmoid(o) * np.tanh(cell)
    scores: NDArray[np.float64] = hidden @ weights["OUTPUT"] + weights["OUTPUT_BIAS"]
    return scores


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * (1 + np.tanh(0.5 * x))
