"""Runs a program on many expressions at once, as a table; fast enough for millions of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from training.longhand.program import HALT, TAPES, Program, State
from training.networks.longhand import KEEP, UNSEEN

#: No state looks at more tapes at once.
MOST_READ = 2
#: Halted rows are put aside each time that so many steps are done.
_PUT_ASIDE = 16


@dataclass(frozen=True)
class Situations:
    """Situations and what is done in them, one a row."""

    state: NDArray[np.int64]
    """Index into ``Table.states``, ``[situations]``."""
    seen: NDArray[np.int64]
    """Token ids by tape, ``[situations, tapes]``; UNSEEN on those not looked at."""
    then: NDArray[np.int64]
    """The next state, ``[situations]``."""
    write: NDArray[np.int64]
    """Token ids to write by tape, ``[situations, tapes]``; KEEP where nothing is written."""
    move: NDArray[np.int64]
    """-1, 0 or 1 by tape, ``[situations, tapes]``."""

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, rows: NDArray[np.integer]) -> Situations:
        return Situations(
            self.state[rows], self.seen[rows], self.then[rows], self.write[rows], self.move[rows]
        )


@dataclass(frozen=True)
class Run:
    """What became of a batch of expressions."""

    answers: NDArray[np.str_]
    """What stood on the answer's tape, ``[batch]``; DIVIDED_BY_ZERO where there is no answer."""
    steps: NDArray[np.int64]
    """Steps up to the halt, ``[batch]``."""
    reach: NDArray[np.int64]
    """How far any head went to the left and to the right of its first cell, ``[batch, 2]``."""
    met: NDArray[np.bool_]
    """Which situations of the table were met, ``[situations]``."""


class NoSuchSituationError(ValueError):
    """An expression led to a situation that the program holds to be impossible."""


class Table:
    """A program written out: every situation that it holds to be possible."""

    def __init__(self, program: Program) -> None:
        self.states: list[State] = program.states()
        """All states, START the first and HALT the last."""
        number = {state: index for index, state in enumerate(self.states)}
        self.reads = np.zeros((len(self.states), len(TAPES)), bool)
        """Which tapes a state looks at."""
        rows = []
        for state in self.states:
            reads = [TAPES.index(tape) for tape in program.reads(state)]
            self.reads[number[state], reads] = True
            for symbols, action in program.situations(state) if state != HALT else ():
                seen = [UNSEEN] * len(TAPES)
                for tape, symbol in zip(reads, symbols, strict=True):
                    seen[tape] = SYMBOLS.index(symbol)
                write = [
                    SYMBOLS.index(action.write[tape]) if tape in action.write else KEEP
                    for tape in TAPES
                ]
                move = [action.move.get(tape, 0) for tape in TAPES]
                rows.append((number[state], seen, number[action.then], write, move))
        self.situations = Situations(*(np.array(column) for column in zip(*rows, strict=True)))

    @cached_property
    def _index(self) -> NDArray[np.int64]:
        """The number of a situation by its key; -1 where it is impossible."""
        index = np.full(len(self.states) * (UNSEEN + 1) ** MOST_READ, -1)
        index[self._keys(self.situations.state, self.situations.seen)] = np.arange(
            len(self.situations)
        )
        return index

    @cached_property
    def _eyes(self) -> NDArray[np.int64]:
        """The tapes that each state looks at, ``[states, MOST_READ]``, padded with any."""
        return np.argsort(~self.reads, axis=1, kind="stable")[:, :MOST_READ]

    def _keys(self, state: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.int64]:
        keys = state
        eyes = self._eyes[state]
        for eye in range(MOST_READ):
            symbol = np.take_along_axis(seen, eyes[:, eye, None], 1)[:, 0]
            looks = np.take_along_axis(self.reads[state], eyes[:, eye, None], 1)[:, 0]
            keys = keys * (UNSEEN + 1) + np.where(looks, symbol, UNSEEN)
        return keys

    def run(self, texts: list[str]) -> Run:
        """Run the program on expressions; raises NoSuchSituationError."""
        tokens, _ = Alphabet(SYMBOLS).encode(texts)
        batch, time = tokens.shape
        origin, width = time + 2, 2 * time + 4
        tapes = np.zeros((batch, len(TAPES), width), np.int64)
        tapes[:, 0, origin : origin + time] = tokens
        heads = np.full((batch, len(TAPES)), origin)
        state, rows = np.zeros(batch, np.int64), np.arange(batch)
        steps, met = np.zeros(batch, np.int64), np.zeros(len(self.situations), bool)
        halt, step, every = len(self.states) - 1, 0, np.arange(len(TAPES))
        finished = np.zeros((batch, width), np.int64)
        reach = np.zeros((batch, 2), np.int64)
        while len(rows):
            cell = np.arange(len(rows))[:, None], every, heads
            number = self._index[self._keys(state, tapes[cell])]
            number[state == halt] = -2
            if (number == -1).any():
                row = int(np.argmax(number == -1))
                raise NoSuchSituationError(f"{texts[rows[row]]}: {self.states[state[row]]}")
            going = number >= 0
            met[number[going]] = True
            action = self.situations[number]
            write = np.where(going[:, None] & (action.write != KEEP), action.write, tapes[cell])
            tapes[cell] = write
            heads = heads + np.where(going[:, None], action.move, 0)
            state = np.where(going, action.then, state)
            steps[rows] += going
            furthest = np.stack([origin - heads.min(1), heads.max(1) - origin], axis=1)
            reach[rows] = np.maximum(reach[rows], furthest)
            step += 1
            if step % _PUT_ASIDE == 0 or (state == halt).all():
                halted = state == halt
                finished[rows[halted]] = tapes[halted, TAPES.index("answer")]
                rows, tapes, heads, state = (x[~halted] for x in (rows, tapes, heads, state))
        return Run(_read(finished), steps, reach, met)


def _read(tape: NDArray[np.int64]) -> NDArray[np.str_]:
    """The text on each tape, from its first symbol on."""
    first = np.argmax(tape != 0, axis=1)[:, None]
    cells = np.minimum(first + np.arange(tape.shape[1]), tape.shape[1] - 1)
    return Alphabet(SYMBOLS).decode(np.take_along_axis(tape, cells, 1))
