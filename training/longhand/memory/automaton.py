"""A finite automaton that works on tapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.longhand.memory.traces import LOOKS


@dataclass(frozen=True)
class Automaton:
    """A deterministic automaton.

    Attributes:
        looks: Tapes that each state looks at, int64 ``[states]``; state 0 begins. HALTED is last.
        state: State of each transition, int64 ``[transitions]``.
        sight: What it sees.
        label: What it does and looks at next; see ``tree.labels``.
        next_state: The next state.
    """

    looks: NDArray[np.int64]
    state: NDArray[np.int64]
    sight: NDArray[np.int64]
    label: NDArray[np.int64]
    next_state: NDArray[np.int64]

    @property
    def deed(self) -> NDArray[np.int64]:
        """Number of what each transition does, int64 ``[transitions]``."""
        deed: NDArray[np.int64] = self.label // LOOKS
        return deed
