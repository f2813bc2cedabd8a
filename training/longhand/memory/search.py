"""Compare a machine with the teacher in every pair (memory, teacher's state) that can be reached.

This is the certificate: if the search ends and no transition fails, machine and teacher do the same
on every expression of every length (a bisimulation). Memories need not equal states: any number of
memories may stand for one state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from training.longhand.machine import TAPES
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.network import MemoryNetwork
from training.longhand.memory.traces import LOOKS, Alphabet, Watcher
from training.longhand.proof.table import TransitionTable, kept, tape_bits

#: Transitions of one call of the network.
_ROWS = 65_536


class Done(NamedTuple):
    """What a machine does in some steps.

    Attributes:
        deed: Symbols to write and moves by tape, int64 ``[rows, 2 * tapes]``.
        looks: The tapes looked at next, as in ``Alphabet.looks``, int64 ``[rows]``.
        memory: The memory after the step, uint8 or int32 ``[rows, places]``.
    """

    deed: NDArray[np.int64]
    looks: NDArray[np.int64]
    memory: NDArray[np.integer]


class Machine(Protocol):
    """A machine with a finite memory."""

    @property
    def start(self) -> NDArray[np.integer]:
        """The memory in the beginning, ``[places]``."""

    def step(self, memory: NDArray[np.integer], sight: NDArray[np.int64]) -> Done:
        """Take one step from memories ``[rows, places]``, on numbers of what is seen ``[rows]``."""


class NetworkMachine:
    """A fitted network; its memory is its bits."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self.start = np.zeros(network.bits, np.uint8)

    @torch.no_grad()
    def step(self, memory: NDArray[np.integer], sight: NDArray[np.int64]) -> Done:
        """Take one step with rounded bits."""
        gates = self.network.gates()
        parts = []
        for first in range(0, len(sight), _ROWS):
            rows = slice(first, first + _ROWS)
            bits = torch.from_numpy(memory[rows]).float()
            now = self.network.step(bits, gates[torch.from_numpy(sight[rows])])
            after = (now.bits > 0).float()
            logits, looks = self.network.decide(now.hidden, after)
            deed = torch.stack([one.argmax(1) for one in logits], 1).numpy()
            deed[:, len(TAPES) :] -= 1
            tapes = tape_bits((looks > 0).numpy())
            parts.append(Done(deed, tapes, after.byte().numpy()))
        return Done(*map(np.concatenate, zip(*parts, strict=True)))


class TableMachine:
    """An automaton; its memory is the number of its state. What it does not know, it gets wrong."""

    def __init__(self, automaton: Automaton, alphabet: Alphabet) -> None:
        self.start = np.zeros(1, np.int32)
        self._row = np.full((len(automaton.looks), len(alphabet.sights)), len(automaton.state))
        self._row[automaton.state, automaton.sight] = np.arange(len(automaton.state))
        deeds = alphabet.deeds[automaton.label // LOOKS, :-1]
        self._deed = np.vstack([deeds, np.full(2 * len(TAPES), -2)])
        self._looks = np.append(automaton.label % LOOKS, -1)
        self._next = np.append(automaton.next_state, 0).astype(np.int32)

    def step(self, memory: NDArray[np.integer], sight: NDArray[np.int64]) -> Done:
        """Look the step up."""
        row = self._row[memory[:, 0], sight]
        return Done(self._deed[row], self._looks[row], self._next[row][:, None])


@dataclass(frozen=True)
class Search:
    """What the search found.

    Attributes:
        memory: The memory of each pair, ``[pairs, places]``.
        state: The teacher's state of each pair, int64 ``[pairs]``.
        tried: Number of transitions that were compared.
        failing: Pair and number of the teacher's transition of each that failed, int64 ``[n, 2]``.
        ended: Whether no pair was left to try.
    """

    memory: NDArray[np.integer]
    state: NDArray[np.int64]
    tried: int
    failing: NDArray[np.int64]
    ended: bool

    @property
    def closed(self) -> bool:
        """Whether machine and teacher were shown to be equivalent."""
        return self.ended and not len(self.failing)

    @property
    def memories(self) -> int:
        """Number of different memories."""
        return len(np.unique(self.memory, axis=0))


def search(
    machine: Machine, table: TransitionTable, watcher: Watcher, most: int = 400_000
) -> Search:
    """Compare a machine with the teacher, breadth first.

    A pair after a transition that failed is tried too, so the count of failures is that of all
    pairs on the teacher's ways.

    Args:
        machine: The machine.
        table: The teacher's table.
        watcher: Has the numbers of all sights.
        most: Stop after so many pairs.
    """
    t = table.transitions
    of_state = [np.flatnonzero(t.state == state) for state in range(len(table.states))]
    counts = np.array([len(rows) for rows in of_state])
    teacher_looks = tape_bits(table.reads)
    known = {(machine.start.tobytes(), 0)}
    levels = [(machine.start[None], np.zeros(1, np.int64))]
    failing, tried, pairs, before = [np.empty((0, 2), np.int64)], 0, 1, 0
    while pairs < most:
        memory, state = levels[-1]
        if not counts[state].any():
            break
        number = np.concatenate([of_state[one] for one in state])
        pair = np.repeat(np.arange(len(state)), counts[state])
        sight = watcher.sight_of[number]
        done = machine.step(memory[pair], sight)
        expected = np.hstack([kept(t.write, t.seen)[number], t.move[number]])
        does = np.hstack(
            [kept(done.deed[:, : len(TAPES)], t.seen[number]), done.deed[:, len(TAPES) :]]
        )
        then = t.next_state[number]
        wrong = (does != expected).any(1) | (done.looks != teacher_looks[then])
        failing.append(np.stack([before + pair, number], 1)[wrong])
        tried += len(number)
        new = []
        keys = zip(map(bytes, np.ascontiguousarray(done.memory)), then.tolist(), strict=True)
        unknown = done.looks < 0
        for row, key in enumerate(keys):
            if key not in known and not unknown[row]:
                known.add(key)
                new.append(row)
        levels.append((done.memory[new], then[new]))
        before, pairs = before + len(state), pairs + len(new)
    ended = pairs < most
    memories, states = (np.concatenate(column) for column in zip(*levels, strict=True))
    return Search(memories, states, tried, np.vstack(failing), ended)
