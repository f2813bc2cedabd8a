"""The prefix tree of traces: one node for each beginning of a working that was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.traces import LOOKS, Traces


@dataclass(frozen=True)
class PrefixTree:
    """Nodes and edges; node 0 is the beginning of every expression.

    Attributes:
        parent: The node before each edge, int64 ``[edges]``. Edge i leads to node i + 1.
        sight: What is seen, int64 ``[edges]``.
        label: What is then done and looked at, int64 ``[edges]``; see ``labels``.
        visits: How often each node was reached, int64 ``[edges + 1]``.
    """

    parent: NDArray[np.int64]
    sight: NDArray[np.int64]
    label: NDArray[np.int64]
    visits: NDArray[np.int64]


def labels(traces: Traces) -> NDArray[np.int64]:
    """Return all that is visible of a step after its sight, as one number, int64 ``[steps]``.

    It is ``deed * LOOKS`` plus the tapes looked at in the next step.
    """
    return traces.deed.astype(np.int64) * LOOKS + traces.next_looks


def prefix_tree(traces: Traces) -> PrefixTree:
    """Return the prefix tree of traces."""
    label = labels(traces)
    node = np.zeros(len(traces.sight), np.int64)
    lengths, first = np.diff(traces.starts), traces.starts[:-1]
    sights = len(traces.alphabet.sights)
    parents, seen, done, visits = [], [], [], [np.array([len(first)])]
    nodes = 1
    for step in range(int(lengths.max())):
        here = first[lengths > step] + step
        keys, edge, inverse, counts = np.unique(
            node[here] * sights + traces.sight[here],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        parents.append(keys // sights)
        seen.append(keys % sights)
        done.append(label[here[edge]])
        visits.append(counts)
        goes_on = lengths[lengths > step] > step + 1
        node[here[goes_on] + 1] = (nodes + inverse)[goes_on]
        nodes += len(keys)
    return PrefixTree(*map(np.concatenate, (parents, seen, done, visits)))
