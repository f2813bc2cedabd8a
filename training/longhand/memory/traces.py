"""The visible working of expressions: everything that the teacher shows, but not its states.

In each step one can see at which tapes the teacher looks, the symbols under those heads, what it
writes, how it moves the heads, and whether it halts. The steps of all expressions are stored one
after another, as numbers of a sight (what is seen) and a deed (what is done).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from training.longhand.machine import UNSEEN
from training.longhand.problems.trees import trees
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import TransitionTable, tape_bits

#: Expressions of one call of the simulation.
CHUNK_ROWS = 10_000
#: The looks of a machine that has halted.
HALTED = 0
#: Larger than any number of tapes looked at.
LOOKS = 16


@dataclass(frozen=True)
class Alphabet:
    """Everything that can be seen and done in one step, each with a number.

    Attributes:
        sights: Token ids by tape, int64 ``[sights, tapes]``; UNSEEN on tapes not looked at.
        deeds: What is written and the moves by tape, and whether the machine halts, int64
            ``[deeds, 2 * tapes + 1]``.
    """

    sights: NDArray[np.int64]
    deeds: NDArray[np.int64]

    @cached_property
    def looks(self) -> NDArray[np.int64]:
        """The tapes looked at in each sight, as a number with one bit a tape, int64 ``[sights]``.

        It is never ``HALTED``.
        """
        return tape_bits(self.sights != UNSEEN)


@dataclass(frozen=True)
class Traces:
    """The visible working of some expressions.

    Attributes:
        alphabet: What the numbers mean.
        texts: The expressions.
        starts: First step of each expression, and the number of all steps, int64
            ``[expressions + 1]``.
        sight: What is seen in each step, int32 ``[steps]``.
        deed: What is done in each step, int32 ``[steps]``.
    """

    alphabet: Alphabet
    texts: list[str]
    starts: NDArray[np.int64]
    sight: NDArray[np.int32]
    deed: NDArray[np.int32]

    @cached_property
    def next_looks(self) -> NDArray[np.int64]:
        """The tapes looked at after each step, int64 ``[steps]``; HALTED at the end."""
        looks = np.append(self.alphabet.looks[self.sight[1:]], HALTED)
        looks[self.starts[1:] - 1] = HALTED
        return looks


class Watcher:
    """Watches the teacher work. It alone holds the teacher's table, and shows no state of it."""

    def __init__(self, table: TransitionTable) -> None:
        t = table.transitions
        halts = (t.next_state == table.halt)[:, None]
        done = np.hstack([t.write, t.move, halts])
        sights, self.sight_of = np.unique(t.seen, axis=0, return_inverse=True)
        deeds, self.deed_of = np.unique(done, axis=0, return_inverse=True)
        self._table = table
        self._looks = tape_bits(table.reads)
        self._rows = [np.flatnonzero(t.state == state) for state in range(len(table.states))]
        keys = zip(t.state.tolist(), self.sight_of.tolist(), strict=True)
        self._number = {key: number for number, key in enumerate(keys)}
        self._orders: NDArray[np.float64] | None = None
        self._shown: dict[int, bytes] = {}
        self.alphabet = Alphabet(sights, deeds)

    def watch(self, texts: list[str]) -> Traces:
        """Return the visible working of expressions."""
        rows: list[NDArray[np.int64]] = []
        numbers: list[NDArray[np.int64]] = []
        for start in range(0, len(texts), CHUNK_ROWS):

            def note(row: NDArray[np.int64], number: NDArray[np.int64], start: int = start) -> None:
                rows.append(start + row)
                numbers.append(number)

            simulate(self._table, texts[start : start + CHUNK_ROWS], note)
        row = np.concatenate(rows)
        number = np.concatenate(numbers)[np.argsort(row, kind="stable")]
        return self._visible(texts, np.bincount(row, minlength=len(texts)), number)

    def ask(self, word: Sequence[int], orders: NDArray[np.float64]) -> bytes | None:
        """Return everything that the teacher shows after a beginning: one question for each order.

        In each step of a question the teacher goes on with the possible sight that comes first.

        Args:
            word: Numbers of the sights of the beginning.
            orders: Places of the sights in each step, ``[questions, steps, sights]``.

        Returns:
            What it shows; None if the beginning is impossible.
        """
        t, state = self._table.transitions, 0
        for sight in word:
            if (state, sight) not in self._number:
                return None
            state = int(t.next_state[self._number[state, sight]])
        # Its answers are worked out once for each place where a beginning can lead.
        if orders is not self._orders:
            self._orders, self._shown = orders, {}
        if state not in self._shown:
            self._shown[state] = self._show(state, orders)
        return self._shown[state]

    def _show(self, state: int, orders: NDArray[np.float64]) -> bytes:
        t, shown = self._table.transitions, [int(self._looks[state])]
        for order in orders:
            here = state
            for places in order:
                rows = self._rows[here]
                if not len(rows):
                    break
                number = int(rows[np.argmin(places[self.sight_of[rows]])])
                here = int(t.next_state[number])
                shown += [self.sight_of[number], self.deed_of[number], self._looks[here]]
            shown.append(-1)
        return np.array(shown, np.int32).tobytes()

    def shown(self, number: int) -> tuple[int, int]:
        """Return the sight of a transition, and its label as in ``tree.labels``."""
        then = self._table.transitions.next_state[number]
        return int(self.sight_of[number]), int(self.deed_of[number] * LOOKS + self._looks[then])

    def _visible(
        self, texts: list[str], steps: NDArray[np.int64], number: NDArray[np.int64]
    ) -> Traces:
        starts = np.concatenate([[0], np.cumsum(steps)])
        sight, deed = self.sight_of[number], self.deed_of[number]
        return Traces(self.alphabet, texts, starts, sight.astype(np.int32), deed.astype(np.int32))


def draw(seed: int, count: int, operands: int = 4, depth: int = 3, digits: int = 4) -> list[str]:
    """Draw different expressions of at most some operands of some digits."""
    found: dict[str, None] = {}
    for problem in trees(seed, 100 * count, operands, depth, digits):
        found[problem.text] = None
        if len(found) == count:
            break
    return list(found)
