"""Which inputs of a batch are expressions, and in which domain; a clear reason when not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import SYMBOLS, UNKNOWN
from exprinfer.errors import (
    EXPRESSION_ERRORS,
    DivisionByZeroError,
    EmptyError,
    ExpressionError,
    MalformedError,
    OutsideDomainError,
    TooLongError,
    UnknownSymbolError,
)
from exprinfer.grammar import DESCRIPTIONS, Domain, State, advance, is_whole


@dataclass(frozen=True)
class _Automaton:
    """``advance`` as a table; state 0 is the dead one, state 1 the start."""

    step: NDArray[np.uint16]
    """The next state, ``[states, symbols + 1]``; the last column is for unknown symbols."""
    plain: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    divides_by_zero: NDArray[np.bool_]

    @cached_property
    def rows(self) -> list[list[int]]:
        """``step`` as lists, which one text alone is checked with."""
        return self.step.tolist()  # type: ignore[no-any-return]

    @cached_property
    def plain_whole(self) -> list[bool]:
        """Whether the seed domain holds what ends in a state."""
        whole = self.plain & self.whole & ~self.divides_by_zero
        return whole.tolist()  # type: ignore[no-any-return]

    @property
    def symbols(self) -> int:
        """Columns of ``step``."""
        return int(self.step.shape[1])


@cache
def _automaton() -> _Automaton:
    states = [None, State()]
    numbers = {state: number for number, state in enumerate(states)}
    rows = []
    for number, state in enumerate(states):  # the list grows while it is read
        row = np.zeros(len(SYMBOLS) + 1, np.uint16)
        row[0] = number  # padding
        for token, symbol in enumerate(SYMBOLS[1:], start=1):
            reached = advance(state, symbol) if state else None
            if reached not in numbers:
                numbers[reached] = len(states)
                states.append(reached)
            row[token] = numbers[reached]
        rows.append(row)
    alive = [state or State(plain=False) for state in states]
    whole = np.array([is_whole(state) for state in alive])
    return _Automaton(
        np.stack(rows),
        np.array([state.plain for state in alive]),
        whole,
        whole & np.array([state.division and state.zero for state in alive]),
    )


@dataclass(frozen=True)
class Checked:
    """What the grammar says of a batch."""

    domains: NDArray[np.uint8]
    """The smallest ``Domain`` that holds each input, ``[batch]``; NONE where there is an error."""
    errors: NDArray[np.uint8]
    """Indices into ``EXPRESSION_ERRORS``, ``[batch]``; 0 where there is none."""
    positions: NDArray[np.int32]
    """Where the error is, or else where the seed domain is left, from 0, ``[batch]``."""


def check(tokens: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Checked:
    """Check token ids, uint8 ``[batch, time]``, and the texts' lengths, int64 ``[batch]``.

    The ids are those of ``alphabet.SYMBOLS``. A text longer than ``time`` is judged by the part
    that is there, and is too long where nothing is wrong with that.
    """
    automaton = _automaton()
    state = np.ones(len(tokens), np.uint16)
    for symbols in np.ascontiguousarray(np.minimum(tokens, len(SYMBOLS)).T):
        state = automaton.step.ravel().take(state.astype(np.intp) * automaton.symbols + symbols)
    sound = automaton.whole[state] & ~automaton.divides_by_zero[state]
    plain = automaton.plain[state] & sound & (lengths <= tokens.shape[1]) & (lengths > 0)
    domains = np.where(plain, np.uint8(Domain.SEED), np.uint8(Domain.NONE))
    errors = np.zeros(len(tokens), np.uint8)
    positions = lengths.astype(np.int32)
    rest = np.flatnonzero(~plain)
    if len(rest):
        found = _check_closely(tokens[rest], lengths[rest])
        domains[rest], errors[rest], positions[rest] = found.domains, found.errors, found.positions
    return Checked(domains, errors, positions)


def in_seed_domain(tokens: bytes) -> bool:
    """Whether the token ids of one text, a byte each, are an expression of the seed domain."""
    automaton = _automaton()
    rows, last = automaton.rows, automaton.symbols - 1
    state = 1
    for token in tokens:
        state = rows[state][min(token, last)]
    return automaton.plain_whole[state]


def _check_closely(tokens: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Checked:
    """Check rows that the seed domain does not hold: where is what wrong?"""
    automaton = _automaton()
    batch, time = tokens.shape
    symbols = np.minimum(tokens, len(SYMBOLS))
    state = np.ones(batch, np.uint16)
    alive = np.zeros(batch, np.int32)
    plain = np.zeros(batch, np.int32)
    for column in range(time):
        state = automaton.step[state, symbols[:, column]]
        alive += state != 0
        plain += automaton.plain[state]

    whole, dead, by_zero = automaton.whole[state], state == 0, automaton.divides_by_zero[state]
    too_long = lengths > time
    dead_at = np.minimum(alive, time - 1)
    unknown = tokens[np.arange(batch), dead_at] == UNKNOWN
    slash = np.argmax(tokens == SYMBOLS.index("/"), axis=1)

    causes = [lengths == 0, dead & unknown, dead, too_long, ~whole, by_zero]
    kinds = [
        EmptyError,
        UnknownSymbolError,
        MalformedError,
        TooLongError,
        MalformedError,
        DivisionByZeroError,
    ]
    errors = np.select(
        causes, [np.uint8(EXPRESSION_ERRORS.index(kind)) for kind in kinds], np.uint8(0)
    )
    places = [np.full(batch, -1), alive, alive, np.full(batch, time), lengths, slash + 1]
    positions = np.select(causes, places, plain).astype(np.int32)
    smallest = np.where(automaton.plain[state], np.uint8(Domain.SEED), np.uint8(Domain.WHOLE))
    return Checked(np.where(errors == 0, smallest, np.uint8(Domain.NONE)), errors, positions)


def explain(number: int, text: str, position: int, domain: Domain) -> ExpressionError:
    """Put an error number and a position into the matching exception, with a sentence."""
    kind = EXPRESSION_ERRORS[number]
    if kind is EmptyError:
        return kind("empty: there is no expression")
    at = f"at position {position}"
    found = ascii(text[position]) if position < len(text) else "end"
    sentences = {
        UnknownSymbolError: f"unknown symbol {found} {at}",
        MalformedError: f"unexpected {found} {at}",
        DivisionByZeroError: f"division by zero {at}",
        OutsideDomainError: f"outside the model's domain {at}: it takes {DESCRIPTIONS[domain]}",
        TooLongError: f"too long: the model reads at most {position} symbols",
    }
    return kind(sentences[kind], position)
