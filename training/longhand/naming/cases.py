"""The states of an automaton as lists of cases, which the naming reads.

Nothing here comes from the teacher: only what each state looks at, what it does on seeing which
symbols, and which state is next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS
from training.longhand.machine import KEEP, TAPES
from training.longhand.proof.table import Transitions

DIRECTIONS = {-1: "left", 1: "right"}


@dataclass(frozen=True)
class Case:
    """What a state does on seeing certain symbols.

    Attributes:
        seen: By tape looked at, the symbol there.
        write: By tape, the symbol written, if it is not the one seen.
        move: By tape, -1 for left or 1 for right.
        then: Number of the next state.
    """

    seen: Mapping[str, str]
    write: Mapping[str, str]
    move: Mapping[str, int]
    then: int

    @cached_property
    def sight(self) -> tuple[tuple[str, str], ...]:
        """The tapes looked at and the symbols there; equal in two states that see the same."""
        return tuple(self.seen.items())

    def after(self, tape: str) -> str:
        """Return the symbol that is written, or else the one seen; empty if there is neither."""
        return self.write.get(tape, self.seen.get(tape, ""))

    def shows_digits(self, tapes: Sequence[str]) -> bool:
        """Return whether all these tapes show digits."""
        return all(self.seen[tape].isdigit() for tape in tapes)


@dataclass(frozen=True)
class Behaviour:
    """All cases of one state.

    Attributes:
        number: Number of the state.
        cases: Its cases, in the order of what is seen; none if the machine has halted.
    """

    number: int
    cases: tuple[Case, ...]

    @cached_property
    def looks(self) -> tuple[str, ...]:
        """The tapes that it looks at."""
        return tuple(self.cases[0].seen) if self.cases else ()

    @cached_property
    def by_sight(self) -> dict[tuple[tuple[str, str], ...], Case]:
        """Its cases by what is seen."""
        return {case.sight: case for case in self.cases}

    @cached_property
    def number_tapes(self) -> tuple[str, ...]:
        """The tapes looked at on which digits can be seen."""
        return tuple(
            tape for tape in self.looks if any(case.seen[tape].isdigit() for case in self.cases)
        )

    @cached_property
    def digit_cases(self) -> tuple[Case, ...]:
        """The cases in which all number tapes show digits."""
        tapes = self.number_tapes
        return tuple(case for case in self.cases if tapes and case.shows_digits(tapes))


def behaviours(reads: NDArray[np.bool_], transitions: Transitions) -> list[Behaviour]:
    """Return the cases of each state.

    Args:
        reads: Which tapes each state looks at, bool ``[states, tapes]``.
        transitions: The transitions, in any order.
    """
    cases: list[list[Case]] = [[] for _ in reads]
    order = np.lexsort((*transitions.seen.T[::-1], transitions.state))
    ordered = transitions[order]
    columns = (ordered.seen, ordered.write, ordered.move)
    rows = zip(ordered.state.tolist(), *(c.tolist() for c in columns), strict=True)
    for (state, seen, write, move), then in zip(rows, ordered.next_state.tolist(), strict=True):
        tapes = [tape for tape, looks in enumerate(reads[state]) if looks]
        cases[state].append(
            Case(
                {TAPES[tape]: SYMBOLS[seen[tape]] for tape in tapes},
                {TAPES[n]: SYMBOLS[s] for n, s in enumerate(write) if s not in (KEEP, seen[n])},
                {TAPES[n]: step for n, step in enumerate(move) if step},
                then,
            )
        )
    return [Behaviour(number, tuple(found)) for number, found in enumerate(cases)]
