"""Infer states from visible workings, and from questions to the teacher. No state is given.

A beginning of a working is in the same state as another if the teacher shows the same after both,
in a fixed set of continuations. Expressions say which steps occur; each new one is asked about
once. What no expression shows comes from the comparison with the teacher; see ``search``. This is
Angluin's way of learning automata (1987) with continuations drawn by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.automaton import Automaton
from training.longhand.memory.traces import HALTED, Traces, Watcher
from training.longhand.memory.tree import labels

#: More states than any set of continuations tells apart here; a limit of the arrays.
_MOST_STATES = 1_000
_UNKNOWN = -1


@dataclass
class Asker:
    """The automaton while it grows.

    Attributes:
        watcher: Answers the questions.
        orders: The continuations, ``[continuations, steps, sights]``.
        questions: Number of questions: a beginning and one continuation each.
        counterexamples: Number of steps that no expression showed.
        conflicts: How often an expression showed something else than the automaton.
    """

    watcher: Watcher
    orders: NDArray[np.float64]
    questions: int = 0
    counterexamples: int = 0
    conflicts: int = 0

    def __post_init__(self) -> None:
        shape = _MOST_STATES, len(self.watcher.alphabet.sights)
        self._next, self._label = np.full(shape, _UNKNOWN), np.full(shape, _UNKNOWN)
        self._words: list[tuple[int, ...]] = []
        self._state_of: dict[bytes, int] = {}
        self._state(())

    @property
    def states(self) -> int:
        """Number of states so far."""
        return len(self._words)

    def _state(self, word: tuple[int, ...]) -> int | None:
        """Return the state after a beginning; a new one if the teacher shows something new.

        Returns:
            The state; None if the beginning is impossible.
        """
        self.questions += len(self.orders)
        shown = self.watcher.ask(word, self.orders)
        if shown is None:
            return None
        if shown not in self._state_of:
            self._state_of[shown] = len(self._words)
            self._words.append(word)
        return self._state_of[shown]

    def add(self, state: int, sight: int, label: int) -> bool:
        """Add a step that was shown; the state after it is asked about.

        Returns:
            Whether the step is possible after the beginning that stands for the state. If it is
            not, the state is two states of the teacher.
        """
        then = self._state((*self._words[state], sight))
        if then is None:
            return False
        self._label[state, sight], self._next[state, sight] = label, then
        return True

    def learn(self, traces: Traces) -> None:
        """Add all steps of traces. Each trace is followed until something is new."""
        label = labels(traces)
        starts, lengths = traces.starts[:-1], np.diff(traces.starts)
        going, state = np.arange(len(lengths)), np.zeros(len(lengths), np.int64)
        for step in range(int(lengths.max(initial=0))):
            inside = lengths[going] > step
            going, state = going[inside], state[inside]
            at = starts[going] + step
            sight = traces.sight[at].astype(np.int64)
            self._add_new(state, sight, label[at])
            same = self._label[state, sight] == label[at]
            self.conflicts += int((~same).sum())
            going, state = going[same], self._next[state, sight][same]

    def _add_new(
        self, state: NDArray[np.int64], sight: NDArray[np.int64], label: NDArray[np.int64]
    ) -> None:
        new = np.flatnonzero(self._next[state, sight] == _UNKNOWN)
        for row in new:
            if self._next[state[row], sight[row]] == _UNKNOWN:
                self.add(int(state[row]), int(sight[row]), int(label[row]))

    def automaton(self) -> Automaton:
        """Return the automaton; the halting state is last."""
        order = self._order()
        number = np.argsort(order)
        state, sight = np.nonzero(self._next != _UNKNOWN)
        then = number[self._next[state, sight]]
        looks = self._looks()[order]
        return Automaton(looks, number[state], sight, self._label[state, sight], then)

    def number(self, state: int) -> int:
        """Return the number here of a state of ``automaton()``."""
        return int(self._order()[state])

    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self._looks() == HALTED, kind="stable")

    def _looks(self) -> NDArray[np.int64]:
        return np.array([np.frombuffer(shown, np.int32)[0] for shown in self._state_of], np.int64)
