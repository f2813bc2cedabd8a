"""An inferred automaton as a table of transitions."""

from __future__ import annotations

import numpy as np

from training.longhand.machine import TAPES
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.traces import Alphabet
from training.longhand.proof.table import Transitions, TransitionTable
from training.longhand.teacher.program import State


class InferredTable(TransitionTable):
    """An automaton as a table. Its states are numbers."""

    def __init__(self, automaton: Automaton, alphabet: Alphabet) -> None:
        self.states = [State(str(number)) for number in range(len(automaton.looks))]
        self.reads = automaton.looks[:, None] >> np.arange(len(TAPES)) & 1 > 0
        deeds = alphabet.deeds[automaton.deed]
        self.transitions = Transitions(
            automaton.state,
            alphabet.sights[automaton.sight],
            automaton.next_state,
            deeds[:, : len(TAPES)],
            deeds[:, len(TAPES) : -1],
        )
