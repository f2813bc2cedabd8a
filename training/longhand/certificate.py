"""Proves that the shipped file and the teacher are the same machine, situation by situation.

The memory is one of finitely many codes. From the first one on, each code that can be reached is
paired with the teacher's state and tried, through ONNX Runtime, on every combination of symbols
that can stand where it looks. Where every write, move and next memory agrees and the search closes,
the two do the same on every input of every length (bisimulation: Park 1981).
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
from training.longhand.program import TAPES
from training.longhand.simulate import Situations, Table
from training.longhand.step import Decisions, Step
from training.networks.longhand import KEEP, UNSEEN
from training.run import write_whole

FILE = "certificate.json"


class CertificateError(ValueError):
    """The file and the teacher are not the same machine."""


@dataclass(frozen=True)
class Certificate:
    """What was compared, and how clear the network's decisions are."""

    model_sha256: str
    """Of the file as it lies beside the certificate."""
    teacher_sha256: str
    """Over all of the teacher's situations and what it does in them."""
    onnxruntime: str
    provider: str
    memories: int
    """Codes that can be reached, the halting one among them."""
    situations: int
    """Pairs of a memory and the symbols under the heads that it looks at: all that can occur."""
    smallest_memory_gap: float
    """By how much the chosen code's score leads the next, at least."""
    smallest_write_gap: float
    smallest_move_gap: float
    largest_rounding_error: float
    """By how much a score differs, at most, from the same in float64."""
    differences: int = 0


def prove(file: Path, table: Table, provider: str = "CPUExecutionProvider") -> Certificate:
    """Compare the file with the teacher; raises CertificateError with the first difference."""
    step = Step(onnx.load(file), provider)
    situations = table.situations
    code_of = {0: step.start}  # by the teacher's state
    tried = np.zeros(len(situations), bool)
    gaps = np.full(3, np.inf)
    rounding = 0.0
    pending = [0]
    while pending:
        state = pending.pop()
        rows = np.flatnonzero(situations.state == state)
        asked = situations[rows]
        code = code_of[state]
        if state == len(table.states) - 1 or code == step.halt:
            if state != len(table.states) - 1 or code != step.halt:
                raise CertificateError(f"one of the two halts at {table.states[state]}")
            continue
        _compare_looks(step, table, state, code)
        decided = _decide(step, code, asked)
        _compare(table, asked, decided)
        gaps = np.minimum(gaps, [gap.min() for gap in decided.gaps()])
        rounding = max(rounding, _rounding(step, code, asked, decided))
        tried[rows] = True
        for row, (then, reached) in enumerate(zip(asked.then, decided.then, strict=True)):
            if then not in code_of:
                code_of[int(then)] = int(reached)
                pending.append(int(then))
            elif code_of[int(then)] != reached:
                raise CertificateError(
                    f"{_where(table, asked, row)} it goes on with memory {reached} in place of "
                    f"{code_of[int(then)]} ('{table.states[then]}')"
                )
    if not tried.all():
        raise CertificateError(f"{(~tried).sum()} situations were not reached")
    return Certificate(
        hashlib.sha256(file.read_bytes()).hexdigest(),
        _fingerprint(situations),
        onnxruntime.__version__,
        provider,
        len(code_of),
        len(situations),
        round(float(gaps[0]), 3),
        round(float(gaps[1]), 3),
        round(float(gaps[2]), 3),
        rounding,
    )


def write(proofs: list[Certificate], folder: Path) -> None:
    """Write the certificates, one a provider, beside the model."""
    text = json.dumps([asdict(proof) for proof in proofs], indent=2) + "\n"
    write_whole(folder / FILE, text.encode())


def _decide(step: Step, code: int, asked: Situations) -> Decisions:
    """Try a code on situations; whatever stands where it does not look must not matter."""
    codes = np.full(len(asked), code)
    decided = step.decide(codes, asked.seen)
    for symbol in range(1, len(SYMBOLS)):
        other = step.decide(codes, asked.seen, unseen=symbol)
        for ours, theirs in zip(decided.scores, other.scores, strict=True):
            if not np.array_equal(ours, theirs):
                raise CertificateError(f"memory {code} depends on what it does not look at")
    return decided


def _compare_looks(step: Step, table: Table, state: int, code: int) -> None:
    if not np.array_equal(step.looks[code], table.reads[state]):
        found = ", ".join(np.array(TAPES)[step.looks[code]])
        raise CertificateError(f"in the state '{table.states[state]}' it looks at {found}")


def _compare(table: Table, asked: Situations, decided: Decisions) -> None:
    # A symbol written over itself is no difference.
    expected = np.where(asked.write == asked.seen, KEEP, asked.write)
    written = np.where(decided.write == asked.seen, KEEP, decided.write)
    wrong = (written != expected).any(1) | (decided.move != asked.move).any(1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise CertificateError(
            f"{_where(table, asked, row)} it writes {_symbols(written[row])} and moves "
            f"{decided.move[row].tolist()} in place of {_symbols(expected[row])} and "
            f"{asked.move[row].tolist()}"
        )


def _rounding(step: Step, code: int, asked: Situations, decided: Decisions) -> float:
    """The largest difference between the scores and the same in float64."""
    exact = step.scores_in_float64(np.full(len(asked), code), asked.seen)
    found = np.concatenate([scores.reshape(len(asked), -1) for scores in decided.scores], axis=1)
    return float(np.abs(found - exact).max())


def _where(table: Table, asked: Situations, row: int) -> str:
    symbols = ", ".join(
        f"{SYMBOLS[symbol]!r} on {tape}"
        for tape, symbol in zip(TAPES, asked.seen[row], strict=True)
        if symbol != UNSEEN
    )
    return f"in the state '{table.states[int(asked.state[row])]}', on seeing {symbols},"


def _symbols(written: NDArray[np.int64]) -> list[str]:
    return ["" if symbol == KEEP else SYMBOLS[symbol] for symbol in written]


def _fingerprint(situations: Situations) -> str:
    digest = hashlib.sha256()
    for column in vars(situations).values():
        digest.update(np.ascontiguousarray(column).astype("<i8").tobytes())
    return digest.hexdigest()
