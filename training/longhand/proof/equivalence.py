"""Prove that a model file is equivalent to the teacher, transition by transition.

The machine is always in one of finitely many states. The file lists every case: a state and the
symbols that it sees. Its network decides them all when ONNX Runtime opens the file, and the file
returns these decisions as the output ``decisions``. Starting from the first one, each state of the
file that can be reached is paired with a state of the teacher. Both must have the same cases, and
in each of them every write, every move and the next state must agree. If no state is left to try,
then file and teacher do the same on every input of every length (a bisimulation: Park 1981).

The graph around the decisions is compared with a reference interpreter; see ``runs``.

The proof says nothing about the teacher itself: that it does arithmetic right is tested.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS
from training.certificate import sha256
from training.hardware import gpu, processor
from training.longhand.machine import KEEP, TAPES, UNSEEN
from training.longhand.proof.decisions import (
    Decisions,
    decide,
    scores_in_float64,
    split,
)
from training.longhand.proof.parts import initializers
from training.longhand.proof.runs import Compared
from training.longhand.proof.table import Transitions, TransitionTable, kept


class NotEquivalentError(ValueError):
    """The file and the teacher are not equivalent."""


@dataclass(frozen=True)
class Equivalence:
    """What was compared, where, and how clear the decisions of the network are.

    Attributes:
        model_sha256: SHA-256 of the model file.
        teacher_sha256: SHA-256 of all transitions of the teacher.
        onnxruntime: Version of ONNX Runtime.
        provider: Execution provider of ONNX Runtime.
        hardware: Processor or GPU.
        states: Number of states that can be reached, including the halting one.
        transitions: Number of transitions that were tried: all that can occur.
        smallest_state_margin: Smallest margin of the score of the chosen next state.
        smallest_write_margin: Smallest margin of the score of the chosen symbol.
        smallest_move_margin: Smallest margin of the score of the chosen move.
        largest_rounding_error: Largest difference of a score from the same score in float64.
        differences: Number of transitions that differ: 0.
        runs: What was compared of the graph around the decisions, or None.
    """

    model_sha256: str
    teacher_sha256: str
    onnxruntime: str
    provider: str
    hardware: str
    states: int
    transitions: int
    smallest_state_margin: float
    smallest_write_margin: float
    smallest_move_margin: float
    largest_rounding_error: float
    differences: int = 0
    runs: Compared | None = None


def prove(
    file: Path, table: TransitionTable, provider: str = "CPUExecutionProvider"
) -> Equivalence:
    """Compare a model file with the teacher.

    Args:
        file: The model file.
        table: The transition table of the teacher.
        provider: Execution provider of ONNX Runtime.

    Raises:
        NotEquivalentError: If they are not equivalent; the message describes the first difference.
    """
    model = onnx.load(file)
    found = decide(model, provider)
    _compare_session(file, found, provider)
    start, halt = (int(initializers(model)[name][0]) for name in ("START", "HALT"))
    number_of = {0: start}  # in the file, by the number in the table
    tried = np.zeros(len(found), bool)
    to_try = [0]
    while to_try:
        state = to_try.pop()
        number = number_of[state]
        if (state == table.halt) != (number == halt):
            raise NotEquivalentError(f"one of the two halts in the state '{table.states[state]}'")
        looks = initializers(model)["LOOKS"][number, :, 0].astype(np.bool_)
        _compare_looks(looks, table, state)
        expected = table.transitions[np.flatnonzero(table.transitions.state == state)]
        rows = _rows(table, expected, found, number)
        decided = found[rows]
        _compare(table, expected, decided)
        tried[rows] = True
        to_try += _pair_next_states(table, expected, decided, number_of)
    if not tried.all() or tried.sum() != len(table.transitions):
        raise NotEquivalentError(
            f"{tried.sum()} cases were reached, the file lists {len(found)} and the teacher has "
            f"{len(table.transitions)}"
        )
    margins = [margin.min() for margin in found.margins()]
    return Equivalence(
        sha256(file),
        _fingerprint(table.transitions),
        onnxruntime.__version__,
        provider,
        (gpu() or "a GPU") if provider.startswith("CUDA") else processor(),
        len(number_of),
        len(table.transitions),
        round(float(margins[0]), 3),
        round(float(margins[1]), 3),
        round(float(margins[2]), 3),
        _rounding_error(model, found),
    )


def _compare_session(file: Path, found: Decisions, provider: str) -> None:
    """Compare with the decisions that the whole file makes when it is opened."""
    session = onnxruntime.InferenceSession(str(file), providers=[provider])
    (decisions,) = session.run(["decisions"], {"tokens": np.ones((1, 1), np.int64)})
    ours = [found.next_state, found.write, found.move]
    if not all(map(np.array_equal, split(decisions), ours)):
        raise NotEquivalentError("the whole file makes other decisions than its first part")


def _rows(
    table: TransitionTable, expected: Transitions, found: Decisions, number: int
) -> NDArray[np.intp]:
    """Return the cases of the file, in the order of the teacher's; both must have the same ones."""
    rows = np.flatnonzero(found.state == number)
    index = {tuple(seen): row for row, seen in zip(rows, found.seen[rows].tolist(), strict=True)}
    missing = [tuple(seen) not in index for seen in expected.seen.tolist()]
    if any(missing):
        where = _situation(table, expected, missing.index(True))
        raise NotEquivalentError(f"{where} the file has no case")
    return np.array([index[tuple(seen)] for seen in expected.seen.tolist()], np.intp)


def _compare_looks(looks: NDArray[np.bool_], table: TransitionTable, state: int) -> None:
    if not np.array_equal(looks, table.reads[state]):
        found = ", ".join(np.array(TAPES)[looks])
        raise NotEquivalentError(f"in the state '{table.states[state]}' it looks at {found}")


def _compare(table: TransitionTable, expected: Transitions, decided: Decisions) -> None:
    """Compare writes and moves; raises NotEquivalentError."""
    # Writing the symbol that is already there is the same as keeping it.
    should, does = kept(expected.write, expected.seen), kept(decided.write, expected.seen)
    wrong = (does != should).any(1) | (decided.move != expected.move).any(1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise NotEquivalentError(
            f"{_situation(table, expected, row)} it writes {_symbols(does[row])} and moves "
            f"{decided.move[row].tolist()}, expected {_symbols(should[row])} and "
            f"{expected.move[row].tolist()}"
        )


def _pair_next_states(
    table: TransitionTable, expected: Transitions, decided: Decisions, number_of: dict[int, int]
) -> list[int]:
    """Pair the next states; return the new ones; raises NotEquivalentError if a pair differs."""
    new = []
    pairs = zip(expected.next_state.tolist(), decided.next_state.tolist(), strict=True)
    for row, (state, number) in enumerate(pairs):
        if state not in number_of:
            number_of[state] = number
            new.append(state)
        elif number_of[state] != number:
            raise NotEquivalentError(
                f"{_situation(table, expected, row)} its next state is {number}, expected "
                f"{number_of[state]} ('{table.states[state]}')"
            )
    return new


def _rounding_error(model: onnx.ModelProto, found: Decisions) -> float:
    """Return the largest difference of a score from the same score in float64."""
    exact = scores_in_float64(model, found.state, found.seen)
    rows = [scores.reshape(len(found), -1) for scores in found.scores]
    return float(np.abs(np.concatenate(rows, axis=1) - exact).max())


def _situation(table: TransitionTable, expected: Transitions, row: int) -> str:
    """Describe the state and what it sees."""
    symbols = ", ".join(
        f"{SYMBOLS[symbol]!r} on {tape}"
        for tape, symbol in zip(TAPES, expected.seen[row], strict=True)
        if symbol != UNSEEN
    )
    return f"in the state '{table.states[int(expected.state[row])]}', on seeing {symbols},"


def _symbols(written: NDArray[np.int64]) -> list[str]:
    return ["" if symbol == KEEP else SYMBOLS[symbol] for symbol in written]


def _fingerprint(transitions: Transitions) -> str:
    digest = hashlib.sha256()
    for column in vars(transitions).values():
        digest.update(np.ascontiguousarray(column).astype("<i8").tobytes())
    return digest.hexdigest()
