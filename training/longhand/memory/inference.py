"""Infer the automaton that longhand is fitted to, once for each run.

It is kept in the folder of the run, so a run that was stopped continues with the same one.
"""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.files import write_atomically
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.loop import Closed, close
from training.longhand.memory.table import InferredTable
from training.longhand.memory.traces import Alphabet, Watcher, draw
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER
from training.recipe import DataSettings

#: The automaton in the folder of a run.
FILE = "automaton.npz"


@dataclass(frozen=True)
class Inferred:
    """What was inferred.

    Attributes:
        automaton: The automaton, with the numbers of its own states.
        alphabet: What the numbers of its sights and deeds mean.
        record: What it was inferred from, and how it compares with the teacher.
    """

    automaton: Automaton
    alphabet: Alphabet
    record: dict[str, Any]

    @property
    def table(self) -> InferredTable:
        """The automaton as a table."""
        return InferredTable(self.automaton, self.alphabet)


def infer(data: DataSettings) -> Inferred:
    """Infer an automaton from visible workings of expressions, and from questions.

    Args:
        data: Number and size of the expressions, and the seed of these and of the questions.

    Raises:
        ValueError: If the automaton and the teacher still differ after the last try.
    """
    began = time.monotonic()
    table = TransitionTable(TEACHER)
    watcher = Watcher(table)
    texts = draw(data.seed, data.samples, data.operands, data.depth, data.digits)
    closed = close(table, watcher, watcher.watch(texts), data.seed)
    if not closed.found.closed:
        raise ValueError(
            f"the inferred automaton differs from the teacher in {len(closed.found.failing):,} "
            "transitions; choose other [data] settings"
        )
    record = _record(data, len(texts), closed)
    record["seconds"] = round(time.monotonic() - began, 1)
    return Inferred(closed.automaton, watcher.alphabet, record)


def _record(data: DataSettings, expressions: int, closed: Closed) -> dict[str, Any]:
    found = closed.found
    return {
        "data": _settings(data),
        "states_given": 0,
        "states_found": len(closed.automaton.looks),
        "expressions": expressions,
        "questions": closed.questions,
        "tries": [one._asdict() for one in closed.tries],
        "transitions": len(closed.automaton.state),
        "transitions_that_no_expression_showed": closed.counterexamples,
        "pairs_compared": len(found.state),
        "transitions_compared": found.tried,
        "differences": len(found.failing),
    }


def _settings(data: DataSettings) -> dict[str, Any]:
    names = "seed", "samples", "digits", "operands", "depth"
    return {name: value for name, value in asdict(data).items() if name in names}


def infer_once(data: DataSettings, folder: Path) -> Inferred:
    """Return the automaton in the folder of a run; infer it if there is none.

    Raises:
        ValueError: If it was inferred with other settings, or the inference fails.
    """
    if not (folder / FILE).exists():
        inferred = infer(data)
        folder.mkdir(parents=True, exist_ok=True)
        _save(inferred, folder / FILE)
    return load(data, folder)


def _save(inferred: Inferred, file: Path) -> None:
    content = io.BytesIO()
    arrays = {**vars(inferred.automaton), **_arrays(inferred.alphabet)}
    np.savez_compressed(content, record=np.array(json.dumps(inferred.record)), **arrays)
    write_atomically(file, content.getvalue())


def _arrays(alphabet: Alphabet) -> dict[str, Any]:
    return {"sights": alphabet.sights, "deeds": alphabet.deeds}


def load(data: DataSettings, folder: Path) -> Inferred:
    """Read the automaton in the folder of a run.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it was inferred with other settings.
    """
    if not (folder / FILE).exists():
        raise FileNotFoundError(f"no automaton in {folder}; fit its recipe first")
    with np.load(folder / FILE) as kept:
        arrays = dict(kept)
    record = json.loads(str(arrays.pop("record")))
    if record["data"] != _settings(data):
        raise ValueError(
            f"{folder} holds an automaton of another recipe; remove it, or choose another folder "
            "with --runs"
        )
    alphabet = Alphabet(arrays.pop("sights"), arrays.pop("deeds"))
    return Inferred(Automaton(**arrays), alphabet, record)
