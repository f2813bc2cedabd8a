"""Names for the states of an automaton, and the operations that begin in them.

Both come from the automaton alone: what each state looks at, writes, moves, and leads to. The
program of the teacher, its phases and its numbers of states have no part in it.

A name says what the state does, such as ``subtract, borrow 1``. States that do the same get marks
after it: what they do at the nearest difference, and if possible the sign that is written there.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from exprinfer.runtime.state_info import StateInfo
from training.longhand.naming.activities import activities
from training.longhand.naming.cases import Behaviour, behaviours
from training.longhand.naming.formulas import fit
from training.longhand.naming.marks import marks
from training.longhand.naming.operations import operations
from training.longhand.proof.table import Transitions


def describe(reads: NDArray[np.bool_], transitions: Transitions) -> list[StateInfo]:
    """Return the name, operation and sign of each state.

    Args:
        reads: Which tapes each state looks at, bool ``[states, tapes]``. A state that looks at none
            has halted.
        transitions: The transitions. The order of the states only matters if two of them cannot
            be told apart; then their names end in a number.
    """
    states = behaviours(reads, transitions)
    found = operations(states)
    does = activities(states, fit(states), [operation for operation, _ in found])
    names = _numbered(_marked(states, does))
    return [StateInfo(name, *one) for name, one in zip(names, found, strict=True)]


def _marked(states: list[Behaviour], does: list[str]) -> list[str]:
    """Add marks where several states do the same."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for number, activity in enumerate(does):
        groups[activity].append(number)
    names = list(does)
    for group in groups.values():
        for number, found in marks(states, group).items():
            names[number] = ", ".join((does[number], *found))
    return names


def _numbered(names: list[str]) -> list[str]:
    """Number the names that occur more than once."""
    seen: defaultdict[str, int] = defaultdict(int)
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} #{seen[name]}" if names.count(name) > 1 else name)
    return numbered
