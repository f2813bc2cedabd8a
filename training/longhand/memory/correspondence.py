"""Which inferred state is which of the teacher's: known only after the comparison of both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.automaton import Automaton
from training.longhand.memory.search import Search


def teacher_numbers(found: Search) -> NDArray[np.int64]:
    """Return the inferred state that equals each of the teacher's, int64 ``[states]``.

    Raises:
        ValueError: If the comparison failed, or they are not the same up to their numbers.
    """
    pairs = np.unique(np.column_stack([found.state, found.memory[:, 0]]), axis=0)
    once = all(len(np.unique(pairs[:, place])) == len(pairs) for place in (0, 1))
    if not found.closed or not once:
        raise ValueError("the automaton and the teacher differ in more than the numbers of states")
    return pairs[:, 1].astype(np.int64)


def renumbered(automaton: Automaton, order: NDArray[np.int64]) -> Automaton:
    """Return the same automaton with other numbers: state ``order[n]`` becomes n."""
    number = np.argsort(order)
    return Automaton(
        automaton.looks[order],
        number[automaton.state],
        automaton.sight,
        automaton.label,
        number[automaton.next_state],
    )
