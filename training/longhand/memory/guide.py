"""Let a network's memories choose what to merge.

Two beginnings of workings are alike if the network, with its memory of the one, predicts what came
after the other, and the other way round.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from training.longhand.memory.search import NetworkMachine
from training.longhand.memory.traces import Traces
from training.longhand.memory.tree import LOOKS, PrefixTree, labels

#: How many beginnings of each kind are compared, and how many steps after each.
WINDOWS, STEPS = 24, 6
#: The share of right predictions, of those from the right memory, that is asked for.
ALIKE = 0.9


class Guide:
    """Chooses between red nodes by the memories of a network; see ``merge.Choice``."""

    def __init__(
        self,
        machine: NetworkMachine,
        traces: Traces,
        tree: PrefixTree,
        memory: NDArray[np.uint8],
        alike: float = ALIKE,
    ) -> None:
        self._machine, self._alike = machine, alike
        self._sight, self._label = traces.sight.astype(np.int64), labels(traces)
        self._memory = memory
        self._last = np.repeat(traces.starts[1:] - 1, np.diff(traces.starts))
        self._order = np.argsort(tree.node, kind="stable")
        counts = np.bincount(tree.node, minlength=len(tree.visits))
        self._first, self._counts = np.cumsum(counts) - counts, counts
        self._deeds = {tuple(row): n for n, row in enumerate(traces.alphabet.deeds[:, :-1].tolist())}
        self._rng = np.random.default_rng(0)
        self._places: dict[int, NDArray[np.int64]] = {}

    def __call__(self, blue: int, fitting: list[int], scores: list[int]) -> int | None:
        """Return the place of the red node whose memories are most alike; None if none is."""
        del scores
        ours = self._of(blue)
        if not len(ours):  # a machine that has halted
            return 0
        theirs = [self._places.setdefault(red, self._of(red)) for red in fitting]
        likeness = self._likeness(ours, theirs)
        best = int(np.argmax(likeness))
        if likeness[best] < self._alike:
            return None
        both = np.concatenate([theirs[best], ours])
        self._places[fitting[best]] = self._rng.permutation(both)[: 4 * WINDOWS]
        return best

    def _of(self, node: int) -> NDArray[np.int64]:
        """Return some steps before which the tree was at a node."""
        first, count = self._first[node], self._counts[node]
        chosen = np.arange(count)
        if count > WINDOWS:
            chosen = self._rng.choice(count, WINDOWS, replace=False)
        places: NDArray[np.int64] = self._order[first + chosen]
        return places

    def _likeness(
        self, ours: NDArray[np.int64], theirs: list[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        """Return the share of right predictions of what came after other beginnings, by red node.

        It is divided by the same share with each beginning's own memory.
        """
        memory, windows = [], []
        for places in theirs:
            ours_now, theirs_now = (self._rng.choice(one, WINDOWS) for one in (ours, places))
            for source, target in (
                (ours_now, theirs_now),
                (theirs_now, ours_now),
                (ours_now, ours_now),
                (theirs_now, theirs_now),
            ):
                memory.append(source)
                windows.append(target)
        right = self._right(np.concatenate(memory), np.concatenate(windows))
        cross, own = right.reshape(len(theirs), 2, 2 * WINDOWS).mean(2).T
        return cross / np.maximum(own, 1e-9)

    def _right(self, source: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the share of steps after ``target`` predicted right from the memory at ``source``."""
        memory: NDArray[np.integer] = self._memory[source]
        right, steps = np.zeros(len(source)), np.zeros(len(source))
        for step in range(STEPS):
            at = np.minimum(target + step, self._last[target])
            inside = target + step <= self._last[target]
            done = self._machine.step(memory, self._sight[at])
            label = self._label_of(done.deed, done.looks)
            right += inside & (label == self._label[at])
            steps += inside
            memory = done.memory
        return right / steps

    def _label_of(self, deed: NDArray[np.int64], looks: NDArray[np.int64]) -> NDArray[np.int64]:
        ...
