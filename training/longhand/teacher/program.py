"""Programs for the tape machine: in each state, look at some tapes, then act.

A state decides which tapes the machine looks at. The symbols on the others have no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from exprinfer.language.tokenizer import SYMBOLS
from training.longhand.machine import BLANK


class State(NamedTuple):
    """What the machine remembers between two steps.

    Attributes:
        phase: The phase of the program.
        holds: The few values that the phase needs.
    """

    phase: str
    holds: tuple[int | str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.phase, *map(str, self.holds)]).replace("_", " ")


START = State("start", ("+",))
HALT = State("halt")


@dataclass(frozen=True)
class Action:
    """What the machine does in one step: write on tapes, move heads, and go to another state.

    Attributes:
        then: The next state.
        write: By tape, the symbol that replaces the one under the head.
        move: By tape, -1 for left or 1 for right, after writing.
    """

    then: State
    write: Mapping[str, str] = field(default_factory=dict)
    move: Mapping[str, int] = field(default_factory=dict)


class ImpossibleError(Exception):
    """These symbols cannot be under the heads in this state."""


@dataclass(frozen=True)
class Phase:
    """One kind of state.

    Attributes:
        reads: The tapes that it looks at.
        act: What it does. Called with the values held, then the symbols read; may raise
            ImpossibleError.
    """

    reads: tuple[str, ...]
    act: Callable[..., Action]


class Program:
    """Phases by name, added with the decorator ``phase``."""

    def __init__(self) -> None:
        self.phases: dict[str, Phase] = {}

    @classmethod
    def union(cls, *parts: Program) -> Program:
        """Return a program with all phases of the parts."""
        whole = cls()
        for part in parts:
            whole.phases |= part.phases
        return whole

    def phase(self, *reads: str) -> Callable[[Callable[..., Action]], Callable[..., State]]:
        """Add a function as a phase that looks at some tapes; it then makes its states."""

        def add(act: Callable[..., Action]) -> Callable[..., State]:
            self.phases[act.__name__] = Phase(reads, act)
            return partial(_state, act.__name__)

        return add

    def reads(self, state: State) -> tuple[str, ...]:
        """Return the tapes that a state looks at."""
        return () if state == HALT else self.phases[state.phase].reads

    def act(self, state: State, symbols: tuple[str, ...]) -> Action:
        """Return the action on seeing these symbols, in the order of ``reads``.

        Raises:
            ImpossibleError: If the symbols cannot be there in this state.
        """
        return self.phases[state.phase].act(*state.holds, *symbols)

    def states(self) -> list[State]:
        """Return every state that can be reached from START by possible transitions; HALT last."""
        found = [START]
        for state in found:  # the list grows during the loop
            for _, action in self.transitions(state):
                if action.then not in found and action.then != HALT:
                    found.append(action.then)
        return [*found, HALT]

    def transitions(self, state: State) -> Iterator[tuple[tuple[str, ...], Action]]:
        """Yield all symbols that can be where the state looks, and the action on seeing them."""
        for symbols in product(SYMBOLS, repeat=len(self.reads(state))):
            try:
                yield symbols, self.act(state, symbols)
            except ImpossibleError:
                continue


def _state(name: str, *holds: Any) -> State:
    return State(name, holds)


def value(symbol: str) -> int:
    """Return the value of a digit, 0 for a blank.

    Raises:
        ImpossibleError: If the symbol is neither.
    """
    if symbol == BLANK:
        return 0
    if not symbol.isdigit():
        raise ImpossibleError
    return int(symbol)


def before(symbol: str) -> bool:
    """Return whether a symbol on ``first`` is before a number; if not, it is inside one.

    Raises:
        ImpossibleError: If the symbol can only be after a number.
    """
    if symbol in "*/":
        raise ImpossibleError
    return not symbol.isdigit()


def opens(symbol: str) -> bool:
    """Return whether a symbol on ``first`` is before the first number of an expression.

    Raises:
        ImpossibleError: If the symbol is an operator: a sum is never pending below a sum.
    """
    if symbol in "+-":
        raise ImpossibleError
    return before(symbol)


def flipped(sign: str) -> str:
    """Return the other sign."""
    return "-" if sign == "+" else "+"
