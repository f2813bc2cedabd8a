"""Which inputs of a batch are expressions, and in which domain; a clear reason when not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

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
from exprinfer.language.grammar import (
    DESCRIPTIONS,
    Domain,
    Place,
    SeedState,
    advance,
    advance_seed,
    is_whole,
)
from exprinfer.language.tokenizer import SYMBOLS, UNKNOWN

_SLASH, _OPEN, _CLOSE = (SYMBOLS.index(symbol) for symbol in "/()")


@dataclass(frozen=True)
class _Automaton:
    """``advance_seed`` as a table; state 0 is the dead one, state 1 the start."""

    step: NDArray[np.uint16]
    """The next state, ``[states, symbols + 1]``; the last column is for unknown symbols."""
    whole: NDArray[np.bool_]
    """Whether an expression may end in a state."""

    @cached_property
    def rows(self) -> list[list[int]]:
        """``step`` as lists, which one text alone is checked with."""
        return self.step.tolist()  # type: ignore[no-any-return]

    @property
    def symbols(self) -> int:
        """Columns of ``step``."""
        return int(self.step.shape[1])


@cache
def _automaton() -> _Automaton:
    states = [None, SeedState()]
    numbers = {state: number for number, state in enumerate(states)}
    rows = []
    for number, state in enumerate(states):  # the list grows while it is read
        row = np.zeros(len(SYMBOLS) + 1, np.uint16)
        row[0] = number  # padding
        for token, symbol in enumerate(SYMBOLS[1:], start=1):
            reached = advance_seed(state, symbol) if state else None
            if reached not in numbers:
                numbers[reached] = len(states)
                states.append(reached)
            row[token] = numbers[reached]
        rows.append(row)
    return _Automaton(
        np.stack(rows), np.array([state is not None and is_whole(state) for state in states])
    )


#: The places by number; 0 is where no expression goes on.
_PLACES = (None, *Place)
_ZEROS, _END = _PLACES.index(Place.ZEROS), _PLACES.index(Place.END)
#: Reached from ZEROS, they tell that a plain zero was the divisor.
_BEHIND_ZEROS = np.array([place not in (None, Place.ZEROS, Place.NUMBER) for place in _PLACES])


@cache
def _places() -> NDArray[np.uint8]:
    """``advance`` as a table, ``[places, symbols + 1]``; the last column is for unknown symbols."""
    table = np.zeros((len(_PLACES), len(SYMBOLS) + 1), np.uint8)
    for place in Place:
        for token, symbol in enumerate(SYMBOLS):
            reached = advance(place, symbol)
            table[_PLACES.index(place), token] = _PLACES.index(reached)
    return table


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
    that is there, and is too long where nothing is wrong with that. A divisor that is written as a
    zero is found here; one that works out to be zero is not.
    """
    automaton = _automaton()
    state = np.ones(len(tokens), np.uint16)
    left_at = np.zeros(len(tokens), np.int32)
    for symbols in np.ascontiguousarray(np.minimum(tokens, len(SYMBOLS)).T):
        state = automaton.step.ravel().take(state.astype(np.intp) * automaton.symbols + symbols)
        if not state.any():
            break
        left_at += state != 0
    seed = automaton.whole[state] & (lengths <= tokens.shape[1]) & (lengths > 0)
    domains = np.where(seed, np.uint8(Domain.SEED), np.uint8(Domain.NONE))
    errors = np.zeros(len(tokens), np.uint8)
    positions = np.minimum(left_at, lengths).astype(np.int32)
    rest = np.flatnonzero(~seed)
    if len(rest):
        errors[rest], places = _find_errors(tokens[rest], lengths[rest])
        good = errors[rest] == 0
        domains[rest] = np.where(good, np.uint8(Domain.WHOLE), np.uint8(Domain.NONE))
        positions[rest] = np.where(good, positions[rest], places)
    return Checked(domains, errors, positions)


def in_seed_domain(tokens: bytes) -> bool:
    """Whether the token ids of one text, a byte each, are an expression of the seed domain."""
    automaton = _automaton()
    rows, last = automaton.rows, automaton.symbols - 1
    state = 1
    for token in tokens:
        state = rows[state][min(token, last)]
    return bool(automaton.whole[state])


def divisor_start(tokens: bytes, end: int) -> int:
    """Where the divisor begins, its minuses with it, that ends before ``end`` in an expression's
    token ids, a byte each."""
    at, closed = end - 1, 0
    while closed or tokens[at] != _SLASH:
        closed += (tokens[at] == _CLOSE) - (tokens[at] == _OPEN)
        at -= 1
    return at + 1


def _find_errors(
    tokens: NDArray[np.uint8], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """What is wrong, by error number, ``[batch]``, 0 for nothing, and where, ``[batch]``."""
    table = _places()
    batch, time = tokens.shape
    place = np.full(batch, _PLACES.index(Place.VALUE), np.uint8)
    open_brackets, sound = np.zeros((2, batch), np.int32)
    slash_at, by_zero_at = np.full((2, batch), -1, np.int32)
    padded = np.pad(np.minimum(tokens, len(SYMBOLS)).T, ((0, 1), (0, 0)))
    for column, symbols in enumerate(padded):
        reached = table[place, symbols]
        reached[(symbols == _CLOSE) & (open_brackets == 0)] = 0
        reached[(reached == _END) & (open_brackets > 0)] = 0
        if column == time:
            reached[(lengths > time) & (place != 0)] = _END  # nothing is wrong so far
        found = (place == _ZEROS) & _BEHIND_ZEROS[reached] & (by_zero_at < 0)
        by_zero_at[found] = slash_at[found] + 1
        slash_at[symbols == _SLASH] = column
        open_brackets += symbols == _OPEN
        open_brackets -= symbols == _CLOSE
        place = reached
        sound += place != 0
        if ((place == 0) | (place == _END)).all():
            break
    dead = place == 0
    ends = sound >= lengths
    unknown = ~ends & (tokens[np.arange(batch), np.minimum(sound, time - 1)] == UNKNOWN)
    causes = [lengths == 0, dead & unknown, dead, lengths > time, by_zero_at >= 0]
    kinds = [EmptyError, UnknownSymbolError, MalformedError, TooLongError, DivisionByZeroError]
    errors = np.select(
        causes, [np.uint8(EXPRESSION_ERRORS.index(kind)) for kind in kinds], np.uint8(0)
    )
    places = [np.full(batch, -1), sound, sound, np.full(batch, time), by_zero_at]
    return errors, np.select(causes, places, 0).astype(np.int32)


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
