"""The loop that closes: learn from expressions, compare with the teacher, learn what failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.longhand.memory.asking import Asker
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.search import Search, TableMachine, search
from training.longhand.memory.traces import Traces, Watcher
from training.longhand.proof.table import TransitionTable

#: Continuations that tell states apart at first, and steps of each. If an expression shows two
#: things in one state, or a comparison fails, there were too few; the loop begins again with twice
#: as many, at most ``MOST``.
FIRST, STEPS, MOST = 4, 40, 64


@dataclass(frozen=True)
class Closed:
    """The result of the loop.

    Attributes:
        automaton: The automaton.
        found: Its last comparison with the teacher.
        tries: Continuations, conflicts, states and failing transitions of each beginning of the
            loop.
        questions: Questions in all of them.
        counterexamples: Steps that no expression showed, in the last one.
    """

    automaton: Automaton
    found: Search
    tries: list[Try]
    questions: int
    counterexamples: int


class Try(NamedTuple):
    """One beginning of the loop."""

    continuations: int
    states: int
    conflicts: int
    failing: int


def close(table: TransitionTable, watcher: Watcher, traces: Traces, seed: int = 0) -> Closed:
    """Infer an automaton, and compare it with the teacher until nothing fails.

    Args:
        table: The teacher's table, for the comparison.
        watcher: Answers questions.
        traces: Visible workings of expressions.
        seed: Draws the continuations.
    """
    rng = np.random.default_rng(seed)
    tries: list[Try] = []
    continuations, questions = FIRST, 0
    while True:
        shape = continuations, STEPS, len(watcher.alphabet.sights)
        asker = Asker(watcher, rng.random(shape))
        asker.learn(traces)
        automaton, found = _complete(asker, table)
        questions += asker.questions
        tries.append(Try(continuations, asker.states, asker.conflicts, len(found.failing)))
        if found.closed or 2 * continuations > MOST:
            return Closed(automaton, found, tries, questions, asker.counterexamples)
        continuations *= 2


def _complete(asker: Asker, table: TransitionTable) -> tuple[Automaton, Search]:
    """Compare with the teacher, and add the steps that no expression showed, until none is left."""
    while True:
        automaton = asker.automaton()
        found = search(TableMachine(automaton, asker.watcher.alphabet), table, asker.watcher)
        if asker.conflicts or not _add_unknown(asker, automaton, found):
            return automaton, found


def _add_unknown(asker: Asker, automaton: Automaton, found: Search) -> bool:
    """Add failing steps that the automaton does not know; return whether there were any."""
    known = set(zip(automaton.state.tolist(), automaton.sight.tolist(), strict=True))
    pair, number = found.failing.T
    unknown = zip(found.memory[pair, 0].tolist(), number.tolist(), strict=True)
    before = asker.counterexamples
    for state, one in unknown:
        sight, label = asker.watcher.shown(one)
        if (state, sight) not in known:
            known.add((state, sight))
            added = asker.add(asker.number(state), sight, label)
            asker.counterexamples += added
            asker.conflicts += not added
    return asker.counterexamples > before
