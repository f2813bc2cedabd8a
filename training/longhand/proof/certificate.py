"""Prove that a model file is equivalent to the teacher, transition by transition.

The machine is always in one of finitely many states. Starting from the first one, each state of the
file that can be reached is paired with a state of the teacher. It is then tried, through ONNX
Runtime, on every combination of symbols that can be where it looks. If every write, every move and
every next state agrees, and no state is left to try, then file and teacher do the same on every
input of every length (a bisimulation: Park 1981).

The proof says nothing about the teacher itself: that it does arithmetic right is tested.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS
from training.files import write_atomically
from training.hardware import gpu, processor
from training.longhand.machine import KEEP, TAPES, UNSEEN
from training.longhand.proof.step import Decisions, Step
from training.longhand.proof.table import Transitions, TransitionTable

FILE = "certificate.json"


class CertificateError(ValueError):
    """The file and the teacher are not equivalent."""


@dataclass(frozen=True)
class Certificate:
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


def prove(
    file: Path, table: TransitionTable, provider: str = "CPUExecutionProvider"
) -> Certificate:
    """Compare a model file with the teacher.

    Args:
        file: The model file.
        table: The transition table of the teacher.
        provider: Execution provider of ONNX Runtime.

    Raises:
        CertificateError: If they are not equivalent; the message describes the first difference.
    """
    step = Step(onnx.load(file), provider)
    number_of = {0: step.start}  # in the file, by the number in the table
    tried = np.zeros(len(table.transitions), bool)
    margins, rounding = np.full(3, np.inf), 0.0
    to_try = [0]
    while to_try:
        state = to_try.pop()
        if _halts(step, table, state, number_of[state]):
            continue
        _compare_looks(step, table, state, number_of[state])
        rows = np.flatnonzero(table.transitions.state == state)
        expected = table.transitions[rows]
        decided = _decide(step, number_of[state], expected)
        _compare(table, expected, decided)
        margins = np.minimum(margins, [margin.min() for margin in decided.margins()])
        rounding = max(rounding, _rounding_error(step, number_of[state], expected, decided))
        tried[rows] = True
        to_try += _pair_next_states(table, expected, decided, number_of)
    if not tried.all():
        raise CertificateError(f"{(~tried).sum()} transitions were not reached")
    return Certificate(
        hashlib.sha256(file.read_bytes()).hexdigest(),
        _fingerprint(table.transitions),
        onnxruntime.__version__,
        provider,
        (gpu() or "a GPU") if provider.startswith("CUDA") else processor(),
        len(number_of),
        len(table.transitions),
        round(float(margins[0]), 3),
        round(float(margins[1]), 3),
        round(float(margins[2]), 3),
        rounding,
    )


def write(certificates: list[Certificate], folder: Path) -> None:
    """Write the certificates, one for each provider, beside the model."""
    text = json.dumps([asdict(one) for one in certificates], indent=2) + "\n"
    write_atomically(folder / FILE, text.encode())


def _halts(step: Step, table: TransitionTable, state: int, number: int) -> bool:
    """Return whether both halt; raises CertificateError if only one of them does."""
    if (state == table.halt) != (number == step.halt):
        raise CertificateError(f"one of the two halts in the state '{table.states[state]}'")
    return state == table.halt


def _decide(step: Step, number: int, expected: Transitions) -> Decisions:
    """Try a state on what it can see; raises CertificateError if hidden symbols matter."""
    state = np.full(len(expected), number)
    decided = step.decide(state, expected.seen)
    for symbol in range(1, len(SYMBOLS)):
        other = step.decide(state, expected.seen, hidden=symbol)
        for ours, theirs in zip(decided.scores, other.scores, strict=True):
            if not np.array_equal(ours, theirs):
                raise CertificateError(f"state {number} depends on a tape it does not look at")
    return decided


def _compare_looks(step: Step, table: TransitionTable, state: int, number: int) -> None:
    if not np.array_equal(step.looks[number], table.reads[state]):
        found = ", ".join(np.array(TAPES)[step.looks[number]])
        raise CertificateError(f"in the state '{table.states[state]}' it looks at {found}")


def _compare(table: TransitionTable, expected: Transitions, decided: Decisions) -> None:
    """Compare writes and moves; raises CertificateError."""
    # Writing the symbol that is already there is the same as keeping it.
    should = np.where(expected.write == expected.seen, KEEP, expected.write)
    does = np.where(decided.write == expected.seen, KEEP, decided.write)
    wrong = (does != should).any(1) | (decided.move != expected.move).any(1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise CertificateError(
            f"{_situation(table, expected, row)} it writes {_symbols(does[row])} and moves "
            f"{decided.move[row].tolist()}, expected {_symbols(should[row])} and "
            f"{expected.move[row].tolist()}"
        )


def _pair_next_states(
    table: TransitionTable, expected: Transitions, decided: Decisions, number_of: dict[int, int]
) -> list[int]:
    """Pair the next states; return the new ones; raises CertificateError if a pair differs."""
    new = []
    pairs = zip(expected.next_state.tolist(), decided.next_state.tolist(), strict=True)
    for row, (state, number) in enumerate(pairs):
        if state not in number_of:
            number_of[state] = number
            new.append(state)
        elif number_of[state] != number:
            raise CertificateError(
                f"{_situation(table, expected, row)} its next state is {number}, expected "
                f"{number_of[state]} ('{table.states[state]}')"
            )
    return new


def _rounding_error(step: Step, number: int, expected: Transitions, decided: Decisions) -> float:
    """Return the largest difference of a score from the same score in float64."""
    exact = step.scores_in_float64(np.full(len(expected), number), expected.seen)
    rows = [scores.reshape(len(expected), -1) for scores in decided.scores]
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
