"""Merge beginnings of workings that no trace tells apart: the red-blue method (Lang et al. 1998).

Red nodes of the prefix tree are the states found so far. Blue nodes are their children. In each
round the blue node that was reached most often is compared with each red one: folding its subtree
into the red one's must not meet a step that shows two different things. If no red node fits, the
blue one becomes red. If some fit, ``Choice`` decides: the number of equal steps (evidence-driven
merging, the baseline), or the memories that a network had at these nodes; see ``guide``.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.tree import LOOKS, PrefixTree

#: Chooses a red node for a blue one. Takes the blue node, the red nodes that fit, at least one, and
#: the number of equal steps of each; returns the place in the list, or None to refuse all.
Choice = Callable[[int, list[int], list[int]], int | None]


@dataclass(frozen=True)
class Merged:
    """A deterministic automaton that agrees with all traces.

    Attributes:
        looks: Tapes that each state looks at, int64 ``[states]``; state 0 begins. HALTED is last.
        state: State of each transition, int64 ``[transitions]``.
        sight: What it sees.
        label: What it does and looks at next.
        next_state: The next state.
        state_of: The state of each node of the tree, int64 ``[nodes]``.
        alone: How many blue nodes fitted exactly one red node, and were merged.
        chosen: For how many the choice decided between several.
        refused: For how many it refused all.
    """

    looks: NDArray[np.int64]
    state: NDArray[np.int64]
    sight: NDArray[np.int64]
    label: NDArray[np.int64]
    next_state: NDArray[np.int64]
    state_of: NDArray[np.int64]
    alone: int
    chosen: int
    refused: int


def most_evidence(blue: int, fitting: list[int], scores: list[int]) -> int:
    """Choose the red node with the most equal steps."""
    del blue, fitting
    return int(np.argmax(scores))


class Merger:
    """The tree while it is being merged."""

    def __init__(self, tree: PrefixTree, looks: NDArray[np.int64]) -> None:
        self.rep = list(range(len(tree.visits)))
        self.visits: list[int] = tree.visits.tolist()
        self.looks = [int(looks[0]), *(tree.label % LOOKS).tolist()]
        self.edges: list[dict[int, tuple[int, int]]] = [{} for _ in self.rep]
        rows = zip(tree.parent.tolist(), tree.sight.tolist(), tree.label.tolist(), strict=True)
        for child, (parent, sight, label) in enumerate(rows, 1):
            self.edges[parent][sight] = label, child
        self.red = [0]
        self.is_red = bytearray(len(self.rep))
        self.is_red[0] = 1
        self.blue: list[tuple[int, int]] = []
        self.journal: list[tuple[int, int, int, int]] = []

    def find(self, node: int) -> int:
        """Return the node that a node was merged into."""
        while self.rep[node] != node:
            node = self.rep[node]
        return node

    def fold(self, red: int, blue: int) -> int:
        """Merge a blue node into a red one; return the number of equal steps, -1 if it fails.

        After a failure, and to undo a success, call ``undo``.
        """
        edges, journal, score = self.edges, self.journal, 0
        queue = deque([(red, blue)])
        while queue:
            a, b = map(self.find, queue.popleft())
            if a == b:
                continue
            if self.is_red[b]:
                a, b = b, a
                if self.is_red[b]:
                    return -1
            self.rep[b] = a
            journal.append((0, a, b, self.visits[a]))
            self.visits[a] += self.visits[b]
            mine = edges[a]
            for sight, (label, child) in edges[b].items():
                edge = mine.get(sight)
                if edge is None:
                    mine[sight] = label, child
                    journal.append((1, a, sight, child))
                elif edge[0] != label:
                    return -1
                else:
                    score += 1
                    queue.append((edge[1], child))
        return score

    def undo(self) -> None:
        """Undo the last fold."""
        for kind, a, what, visits in reversed(self.journal):
            if kind:
                del self.edges[a][what]
            else:
                self.rep[what] = what
                self.visits[a] = visits
        self.journal.clear()

    def keep(self) -> None:
        """Keep the last fold, and note the new blue nodes."""
        for kind, a, _, child in self.journal:
            if kind and self.is_red[a]:
                self.note(child)
        self.journal.clear()

    def note(self, node: int) -> None:
        """Note a blue node."""
        heapq.heappush(self.blue, (-self.visits[node], node))

    def next_blue(self) -> int | None:
        """Return the blue node that was reached most often; None if there is none."""
        while self.blue:
            visits, node = heapq.heappop(self.blue)
            node = self.find(node)
            if self.is_red[node]:
                continue
            if -visits == self.visits[node]:
                return node
            self.note(node)
        return None

    def promote(self, node: int) -> None:
        """Make a blue node red."""
        self.red.append(node)
        self.is_red[node] = 1
        for _, child in self.edges[node].values():
            self.note(child)


def merge(tree: PrefixTree, looks: NDArray[np.int64], choice: Choice = most_evidence) -> Merged:
    """Merge the nodes of a prefix tree.

    Args:
        tree: The tree.
        looks: The tapes that the first state looks at, int64 ``[1]``.
        choice: Chooses between several red nodes that fit.
    """
    merger = Merger(tree, looks)
    for _, child in merger.edges[0].values():
        merger.note(child)
    alone = chosen = refused = 0
    while (blue := merger.next_blue()) is not None:
        fitting, scores = [], []
        for red in merger.red:
            if merger.looks[red] == merger.looks[blue]:
                score = merger.fold(red, blue)
                merger.undo()
                if score >= 0:
                    fitting.append(red)
                    scores.append(score)
        place = choice(blue, fitting, scores) if fitting else None
        refused += bool(fitting) and place is None
        if place is None:
            merger.promote(blue)
            continue
        alone += len(fitting) == 1
        chosen += len(fitting) > 1
        merger.fold(fitting[place], blue)
        merger.keep()
    return _automaton(merger, (alone, chosen, refused))


def _automaton(merger: Merger, counts: tuple[int, int, int]) -> Merged:
    red = sorted(merger.red, key=lambda node: (merger.looks[node] == 0, node))
    number = {node: index for index, node in enumerate(red)}
    rows = [
        (number[node], sight, label, number[merger.find(child)])
        for node in red
        for sight, (label, child) in sorted(merger.edges[node].items())
    ]
    looks = np.array([merger.looks[node] for node in red])
    state_of = np.array([number[merger.find(node)] for node in range(len(merger.rep))])
    return Merged(looks, *np.array(rows).T, state_of, *counts)
