"""What a program for the tape machine is: in a state, look at some tapes, then act.

The machine has the tapes ``TAPES`` with a head on each; ``input`` holds the expression, ``answer``
the result when the machine halts, or ``DIVIDED_BY_ZERO``, the others nothing at first. A state says
which tapes it looks at; what stands on the others cannot matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from exprinfer.language.tokenizer import SYMBOLS

TAPES = ("input", "first", "second", "answer")
BLANK = SYMBOLS[0]
LEFT, RIGHT = -1, 1
#: The answer where there is none.
DIVIDED_BY_ZERO = "/"


class State(NamedTuple):
    """What the machine remembers: the phase it is in and the few values that it holds there."""

    phase: str
    holds: tuple[int | str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.phase, *map(str, self.holds)]).replace("_", " ")


START = State("start", ("+",))
HALT = State("halt")


@dataclass(frozen=True)
class Action:
    """What the machine does in one step: write on tapes, move heads, and remember."""

    then: State
    write: Mapping[str, str] = field(default_factory=dict)
    """By tape, the symbol to put in place of the one under the head."""
    move: Mapping[str, int] = field(default_factory=dict)
    """By tape, -1 for left or 1 for right, after writing."""


class ImpossibleError(Exception):
    """These symbols cannot stand under the heads in this state."""


@dataclass(frozen=True)
class Phase:
    """One kind of state: the tapes it looks at, and what is done there."""

    reads: tuple[str, ...]
    act: Callable[..., Action]
    """Called with the values held, then the symbols read; may raise ImpossibleError."""


class Program:
    """Phases by name; built up by the decorator ``phase``."""

    def __init__(self) -> None:
        self.phases: dict[str, Phase] = {}

    @classmethod
    def union(cls, *parts: Program) -> Program:
        """All phases of the parts."""
        whole = cls()
        for part in parts:
            whole.phases |= part.phases
        return whole

    def phase(self, *reads: str) -> Callable[[Callable[..., Action]], Callable[..., State]]:
        """Make a function a phase that looks at those tapes; its name then makes its states."""

        def add(act: Callable[..., Action]) -> Callable[..., State]:
            self.phases[act.__name__] = Phase(reads, act)
            return partial(_state, act.__name__)

        return add

    def reads(self, state: State) -> tuple[str, ...]:
        """The tapes that the state looks at."""
        return () if state == HALT else self.phases[state.phase].reads

    def act(self, state: State, symbols: tuple[str, ...]) -> Action:
        """What is done on seeing these symbols, in the order of ``reads``."""
        return self.phases[state.phase].act(*state.holds, *symbols)

    def states(self) -> list[State]:
        """Every state reachable from START by situations that are possible; HALT the last."""
        found = [START]
        for state in found:  # the list grows while it is read
            for _, action in self.situations(state):
                if action.then not in found and action.then != HALT:
                    found.append(action.then)
        return [*found, HALT]

    def situations(self, state: State) -> Iterator[tuple[tuple[str, ...], Action]]:
        """All symbols that can stand where the state looks, and what is done on seeing them."""
        for symbols in product(SYMBOLS, repeat=len(self.reads(state))):
            try:
                yield symbols, self.act(state, symbols)
            except ImpossibleError:
                continue


def _state(name: str, *holds: Any) -> State:
    return State(name, holds)


def value(symbol: str) -> int:
    """The digit's value, 0 for a blank; raises ImpossibleError for what is neither."""
    if symbol == BLANK:
        return 0
    if not symbol.isdigit():
        raise ImpossibleError
    return int(symbol)


def before(symbol: str) -> bool:
    """Whether this stands before a number on ``first``, rather than within it.

    Raises ImpossibleError for what stands behind one.
    """
    if symbol in "*/":
        raise ImpossibleError
    return not symbol.isdigit()


def opens(symbol: str) -> bool:
    """Whether this stands before the first number of an expression on ``first``.

    Raises ImpossibleError for an operator: a sum does not wait for a sum.
    """
    if symbol in "+-":
        raise ImpossibleError
    return before(symbol)


def flipped(sign: str) -> str:
    """The other sign."""
    return "-" if sign == "+" else "+"
