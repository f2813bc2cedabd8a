"""Merge beginnings of workings that no trace tells apart: the red-blue method (Lang et al. 1998).

Red nodes of the prefix tree are the states found so far. Blue nodes are their children. The blue
node that was reached most often is compared with each red one: folding its subtree into the red
one's must not meet a step that shows two different things. If no red node fits, the blue one
becomes red. Otherwise it is merged into the red one with the most equal steps, if these are enough
evidence; if not, it is put aside for later. What is never merged leaves its step out.

The states of some nodes may be told. Nodes of one told state are one red node from the start, and
no other node is merged with it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.automaton import Automaton
from training.longhand.memory.traces import LOOKS
from training.longhand.memory.tree import PrefixTree

#: Equal steps that a merger needs. The surest ones come first.
EVIDENCE = (1_000, 300, 100, 30, 10, 4)
#: A node that was reached so often and cannot be merged becomes a state.
ALONE = 20
#: The place in ``EVIDENCE`` to go on from after that.
AFTER_ALONE = 3
#: The state of a node that is not told.
UNTOLD = -1


class Merger:
    """The tree while it is being merged."""

    def __init__(self, tree: PrefixTree, looks: NDArray[np.int64], told: list[int]) -> None:
        self.rep = list(range(len(tree.visits)))
        self.told = told
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
            elif not self.is_red[a] and self.visits[b] > self.visits[a]:
                a, b = b, a
            if self.told[a] != self.told[b]:
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

    def renote(self, nodes: list[int]) -> list[int]:
        """Note blue nodes again; return the empty list of those put aside."""
        for node in nodes:
            self.note(self.find(node))
        return []

    def promote(self, node: int) -> None:
        """Make a blue node red."""
        self.red.append(node)
        self.is_red[node] = 1
        for _, child in self.edges[node].values():
            self.note(child)

    def join_told(self) -> None:
        """Make the nodes of each told state one red node.

        Raises:
            ValueError: If two nodes of one told state show two different things.
        """
        first = {self.told[0]: 0}
        for node, state in enumerate(self.told):
            if state == UNTOLD:
                continue
            if state not in first:
                first[state] = self.find(node)
                self.promote(first[state])
            elif self.fold(first[state], node) < 0:
                raise ValueError(f"the nodes that are told to be in state {state} differ")
            self.keep()


def merge(
    tree: PrefixTree,
    looks: NDArray[np.int64],
    evidence: Sequence[int] = EVIDENCE,
    told: NDArray[np.int64] | None = None,
) -> Automaton:
    """Merge the nodes of a prefix tree.

    Args:
        tree: The tree.
        looks: The tapes that the first state looks at, int64 ``[1]``.
        evidence: Numbers of equal steps that a merger needs, in the order they are tried.
        told: The state of each node, int64 ``[nodes]``; ``UNTOLD`` where it is not told. None tells
            nothing.

    Raises:
        ValueError: If two nodes of one told state show two different things.
    """
    nodes = len(tree.visits)
    merger = Merger(tree, looks, [UNTOLD] * nodes if told is None else told.tolist())
    for _, child in merger.edges[0].values():
        merger.note(child)
    merger.join_told()
    place = 0
    later: list[int] = []
    while True:
        blue = merger.next_blue()
        if blue is None:
            place += 1
            if place == len(evidence):
                # What has much below it, and still resembles nothing, is something else.
                later = [node for node in map(merger.find, later) if not merger.is_red[node]]
                alone = max(later, key=lambda node: merger.visits[node], default=0)
                if not later or merger.visits[alone] < ALONE:
                    break
                merger.promote(alone)
                place = AFTER_ALONE
            later = merger.renote(later)
            continue
        red, score = _best(merger, blue)
        if red is None:
            merger.promote(blue)
        elif score < evidence[place] and merger.looks[blue]:
            later.append(blue)
        else:
            merger.fold(red, blue)
            merger.keep()
    return _automaton(merger)


def _best(merger: Merger, blue: int) -> tuple[int | None, int]:
    """Return the red node with the most equal steps, and their number."""
    best, most = None, -1
    for red in merger.red:
        if merger.looks[red] == merger.looks[blue] and merger.told[red] == merger.told[blue]:
            score = merger.fold(red, blue)
            merger.undo()
            if score > most:
                best, most = red, score
    return best, most


def _automaton(merger: Merger) -> Automaton:
    red = sorted(merger.red, key=lambda node: (merger.looks[node] == 0, node))
    number = {node: index for index, node in enumerate(red)}
    rows = [
        (number[node], sight, label, number[child])
        for node in red
        for sight, (label, edge) in sorted(merger.edges[node].items())
        if (child := merger.find(edge)) in number
    ]
    looks = np.array([merger.looks[node] for node in red])
    return Automaton(looks, *np.array(rows).T)
