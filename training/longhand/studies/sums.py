"""Infer sums or products alone, from few workings: the setting of a paper on exact learning.

Papazov, D'Angelo and Flammarion (2025, arXiv 2511.22751) fit a differentiable transducer to visible
workings of decimal sums or products, and test it on far longer numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from training.longhand.memory.asking import Asker
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.traces import Traces, Watcher
from training.longhand.memory.tree import labels

#: Continuations at first and at most, and steps of each, as in the study ``memory``.
FIRST, MOST, STEPS = 4, 64, 40


@dataclass(frozen=True)
class Inferred:
    """An automaton and the questions that it took.

    Attributes:
        automaton: The automaton. It was never compared with the teacher's states.
        questions: Number of questions.
        conflicts: How often a working showed something else than the automaton.
    """

    automaton: Automaton
    questions: int
    conflicts: int


def draw_operation(operator: str, seed: int, count: int, digits: int) -> list[str]:
    """Draw different expressions of two numbers of 1 to ``digits`` digits, without signs."""
    rng = Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        a, b = (_number(rng, rng.randint(1, digits)) for _ in range(2))
        found[f"{a}{operator}{b}"] = None
    return list(found)


def draw_long(operator: str, seed: int, count: int, digits: int) -> list[str]:
    """Draw expressions of two numbers of exactly ``digits`` digits, without signs."""
    rng = Random(seed)
    return [f"{_number(rng, digits)}{operator}{_number(rng, digits)}" for _ in range(count)]


def _number(rng: Random, digits: int) -> str:
    return str(rng.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def infer(watcher: Watcher, traces: Traces, seed: int = 0) -> Inferred:
    """Infer an automaton from workings and questions, as the study ``memory`` does.

    No step is added from a comparison with the teacher: what no working shows stays unknown.
    """
    rng = np.random.default_rng(seed)
    continuations, questions = FIRST, 0
    while True:
        asker = Asker(watcher, rng.random((continuations, STEPS, len(watcher.alphabet.sights))))
        asker.learn(traces)
        questions += asker.questions
        if not asker.conflicts or 2 * continuations > MOST:
            return Inferred(asker.automaton(), questions, asker.conflicts)
        continuations *= 2


def wrong_workings(automaton: Automaton, traces: Traces) -> int:
    """Return the number of expressions in which any step of an automaton is wrong or unknown."""
    shape = len(automaton.looks), len(traces.alphabet.sights)
    label, then = np.full(shape, -1), np.zeros(shape, np.int64)
    label[automaton.state, automaton.sight] = automaton.label
    then[automaton.state, automaton.sight] = automaton.next_state
    shown, starts, lengths = labels(traces), traces.starts[:-1], np.diff(traces.starts)
    going, state, wrong = np.arange(len(lengths)), np.zeros(len(lengths), np.int64), 0
    for step in range(int(lengths.max(initial=0))):
        inside = lengths[going] > step
        going, state = going[inside], state[inside]
        at = starts[going] + step
        sight = traces.sight[at]
        same = label[state, sight] == shown[at]
        wrong += int((~same).sum())
        going, state = going[same], then[state, sight][same]
    return wrong
