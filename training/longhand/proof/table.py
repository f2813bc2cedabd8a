"""A program as a table of all its transitions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS
from training.longhand.machine import KEEP, TAPES, UNSEEN
from training.longhand.teacher.program import HALT, Program, State

#: No state looks at more tapes.
MOST_READ = 2


@dataclass(frozen=True)
class Transitions:
    """Transitions, one in each row: a state, what it sees, and what it does.

    Attributes:
        state: Index into ``TransitionTable.states``, int64 ``[transitions]``.
        seen: Token ids by tape, int64 ``[transitions, tapes]``; UNSEEN on tapes not looked at.
        next_state: Index of the next state, int64 ``[transitions]``.
        write: Token ids to write by tape, int64 ``[transitions, tapes]``; KEEP for none.
        move: -1, 0 or 1 by tape, int64 ``[transitions, tapes]``.
    """

    state: NDArray[np.int64]
    seen: NDArray[np.int64]
    next_state: NDArray[np.int64]
    write: NDArray[np.int64]
    move: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, rows: NDArray[np.integer]) -> Transitions:
        return Transitions(*(column[rows] for column in vars(self).values()))


def kept(write: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what is written; to write the symbol that is there is to keep it."""
    return np.where(write == seen, KEEP, write)


def tape_bits(looks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the tapes looked at, bool ``[..., tapes]``, as numbers with one bit a tape."""
    bits: NDArray[np.int64] = looks @ (1 << np.arange(len(TAPES)))
    return bits


class TransitionTable:
    """A program written out: every transition that it considers possible."""

    def __init__(self, program: Program) -> None:
        self.states: list[State] = program.states()
        """All states, START first and HALT last."""
        number = {state: index for index, state in enumerate(self.states)}
        self.reads = np.zeros((len(self.states), len(TAPES)), bool)
        """Which tapes each state looks at, bool ``[states, tapes]``."""
        rows = []
        for state in self.states:
            reads = [TAPES.index(tape) for tape in program.reads(state)]
            self.reads[number[state], reads] = True
            for symbols, action in program.transitions(state) if state != HALT else ():
                seen = [UNSEEN] * len(TAPES)
                for tape, symbol in zip(reads, symbols, strict=True):
                    seen[tape] = SYMBOLS.index(symbol)
                write = [
                    SYMBOLS.index(action.write[tape]) if tape in action.write else KEEP
                    for tape in TAPES
                ]
                move = [action.move.get(tape, 0) for tape in TAPES]
                rows.append((number[state], seen, number[action.then], write, move))
        self.transitions = Transitions(*(np.array(column) for column in zip(*rows, strict=True)))

    @property
    def halt(self) -> int:
        """The number of the halting state."""
        return len(self.states) - 1

    def find(self, state: NDArray[np.int64], under: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of transitions, int64 ``[rows]``; -1 if there is none.

        Args:
            state: Numbers of states, int64 ``[rows]``.
            under: Token ids under the heads by tape, int64 ``[rows, tapes]``.
        """
        return self._index[self._keys(state, under)]

    @cached_property
    def _index(self) -> NDArray[np.int64]:
        """The number of a transition by its key; -1 if it is impossible."""
        index = np.full(len(self.states) * (UNSEEN + 1) ** MOST_READ, -1)
        index[self._keys(self.transitions.state, self.transitions.seen)] = np.arange(
            len(self.transitions)
        )
        return index

    @cached_property
    def _read_tapes(self) -> NDArray[np.int64]:
        """The tapes that each state looks at, ``[states, MOST_READ]``, filled up with others."""
        return np.argsort(~self.reads, axis=1, kind="stable")[:, :MOST_READ]

    def _keys(self, state: NDArray[np.int64], under: NDArray[np.int64]) -> NDArray[np.int64]:
        keys = state
        tapes = self._read_tapes[state]
        for place in range(MOST_READ):
            symbol = np.take_along_axis(under, tapes[:, place, None], 1)[:, 0]
            looks = np.take_along_axis(self.reads[state], tapes[:, place, None], 1)[:, 0]
            keys = keys * (UNSEEN + 1) + np.where(looks, symbol, UNSEEN)
        return keys
