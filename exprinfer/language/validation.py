"""Check a batch of texts: which are expressions, in which domain, and what is wrong with the rest.

Both functions of ``grammar`` are turned into tables once. A batch is then read column by column,
all rows at the same time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    DivisionByZeroError,
    EmptyError,
    MalformedError,
    TooLongError,
    UnknownSymbolError,
)
from exprinfer.language.grammar import (
    Domain,
    GrammarState,
    SeedState,
    advance,
    advance_seed,
    is_complete,
)
from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS, UNKNOWN

_SLASH, _OPEN, _CLOSE = (SYMBOLS.index(symbol) for symbol in "/()")


@dataclass(frozen=True)
class Validated:
    """The result for a batch.

    Attributes:
        domains: The smallest ``Domain`` that contains each text, uint8 ``[batch]``; NONE if there
            is an error.
        errors: Error numbers (indices into ``EXPRESSION_ERRORS``), uint8 ``[batch]``; 0 if there
            is none.
        positions: Index of the character that caused the error, or else of the first one that
            leaves the seed domain, int32 ``[batch]``.
    """

    domains: NDArray[np.uint8]
    errors: NDArray[np.uint8]
    positions: NDArray[np.int32]


def validate(
    tokens: NDArray[np.uint8], lengths: NDArray[np.int64], operands: Operands = DEFAULT_OPERANDS
) -> Validated:
    """Check token ids against the grammar.

    A text longer than ``time`` is judged by its first ``time`` symbols; if they are fine, the error
    is that it is too long. A divisor that is written as zero is found here; a divisor whose value
    turns out to be zero is found by the model.

    Args:
        tokens: Token ids of ``tokenizer.SYMBOLS``, uint8 ``[batch, time]``, padded with 0.
        lengths: Lengths of the texts, int64 ``[batch]``.
        operands: Operand ranges of the seed domain.
    """
    table = _seed_table(operands)
    last = deque(_seed_states(table, tokens), maxlen=1)[0]
    seed = table.complete[last // table.columns] & (lengths <= tokens.shape[1]) & (lengths > 0)
    domains = np.where(seed, np.uint8(Domain.SEED), np.uint8(Domain.NONE))
    errors = np.zeros(len(tokens), np.uint8)
    positions = lengths.astype(np.int32)
    rest = np.flatnonzero(~seed)
    if len(rest):
        left_at = sum(state != 0 for state in _seed_states(table, tokens[rest]))
        positions[rest] = np.minimum(left_at, lengths[rest])
        errors[rest], error_positions = _find_errors(tokens[rest], lengths[rest])
        valid = errors[rest] == 0
        domains[rest] = np.where(valid, np.uint8(Domain.WHOLE), np.uint8(Domain.NONE))
        positions[rest] = np.where(valid, positions[rest], error_positions)
    return Validated(domains, errors, positions)


def _seed_states(table: _SeedTable, tokens: NDArray[np.uint8]) -> Iterator[NDArray[np.intp]]:
    """Yield the state of each row after each symbol, ``[batch]``, until all rows are dead.

    A state is given by where its row begins in the table, so 0 is the dead one.
    """
    state = np.full(len(tokens), table.columns, np.intp)
    for symbols in np.ascontiguousarray(np.minimum(tokens, len(SYMBOLS)).T):
        state = table.starts.take(state + symbols)
        yield state
        if not state.any():
            break


def in_seed_domain(tokens: bytes, operands: Operands = DEFAULT_OPERANDS) -> bool:
    """Return whether the token ids of one text, one byte each, are in the seed domain."""
    table = _seed_table(operands)
    rows, state = table.rows, 1
    for token in tokens:
        row = rows[state]
        state = row[token] if token < len(row) else 0
    return state in table.ends


@dataclass(frozen=True)
class _SeedTable:
    """``advance_seed`` as a table. State 0 is the dead state, state 1 the start."""

    next: NDArray[np.uint16]  # [states, symbols + 1]; the last column is for unknown symbols
    complete: NDArray[np.bool_]  # [states]; whether an expression may end there

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """``next`` in one dimension, each state given by where its row starts."""
        return self.next.ravel().astype(np.intp) * self.columns

    @cached_property
    def rows(self) -> list[list[int]]:
        """``next`` as lists, which are faster for a single text."""
        return self.next.tolist()  # type: ignore[no-any-return]

    @cached_property
    def ends(self) -> frozenset[int]:
        """The states in which an expression may end."""
        return frozenset(np.flatnonzero(self.complete).tolist())

    @property
    def columns(self) -> int:
        return int(self.next.shape[1])


@lru_cache(maxsize=16)
def _seed_table(operands: Operands) -> _SeedTable:
    states = [None, SeedState()]
    numbers = {state: number for number, state in enumerate(states)}
    rows = []
    for number, state in enumerate(states):  # the list grows while it is read
        row = np.zeros(len(SYMBOLS) + 1, np.uint16)
        row[0] = number  # padding changes nothing
        for token, symbol in enumerate(SYMBOLS[1:], start=1):
            reached = advance_seed(state, symbol, operands) if state else None
            if reached not in numbers:
                numbers[reached] = len(states)
                states.append(reached)
            row[token] = numbers[reached]
        rows.append(row)
    complete = np.array([state is not None and is_complete(state) for state in states])
    return _SeedTable(np.stack(rows), complete)


#: The grammar's states by number. Number 0 is the dead state.
_STATES = (None, *GrammarState)
_DEAD, _ZEROS, _END = 0, _STATES.index(GrammarState.ZEROS), _STATES.index(GrammarState.END)
#: A step from ZEROS to one of these means that the divisor was a plain zero.
_AFTER_ZEROS = np.array(
    [state not in (None, GrammarState.ZEROS, GrammarState.NUMBER) for state in _STATES]
)


@cache
def _grammar_table() -> NDArray[np.uint8]:
    """``advance`` as a table, ``[states, symbols + 1]``; the last column is for unknown symbols."""
    table = np.zeros((len(_STATES), len(SYMBOLS) + 1), np.uint8)
    for state in GrammarState:
        for token, symbol in enumerate(SYMBOLS):
            table[_STATES.index(state), token] = _STATES.index(advance(state, symbol))
    return table


def _find_errors(
    tokens: NDArray[np.uint8], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return the error number of each row, ``[batch]``, 0 for none, and its position, ``[batch]``.

    The reader counts open brackets for each row, and remembers where the last slash and the first
    division by a plain zero were.
    """
    table = _grammar_table()
    batch, time = tokens.shape
    state = np.full(batch, _STATES.index(GrammarState.VALUE), np.uint8)
    open_brackets, good_symbols = np.zeros((2, batch), np.int32)
    slash_at, zero_at = np.full((2, batch), -1, np.int32)
    padded = np.pad(np.minimum(tokens, len(SYMBOLS)).T, ((0, 1), (0, 0)))
    for column, symbols in enumerate(padded):
        reached = table[state, symbols]
        reached[(symbols == _CLOSE) & (open_brackets == 0)] = _DEAD
        reached[(reached == _END) & (open_brackets > 0)] = _DEAD
        if column == time:
            reached[(lengths > time) & (state != _DEAD)] = _END  # the part that is here is fine
        by_zero = (state == _ZEROS) & _AFTER_ZEROS[reached] & (zero_at < 0)
        zero_at[by_zero] = slash_at[by_zero] + 1
        slash_at[symbols == _SLASH] = column
        open_brackets += symbols == _OPEN
        open_brackets -= symbols == _CLOSE
        state = reached
        good_symbols += state != _DEAD
        if ((state == _DEAD) | (state == _END)).all():
            break
    dead = state == _DEAD
    last = np.minimum(good_symbols, time - 1)
    unknown = (good_symbols < lengths) & (tokens[np.arange(batch), last] == UNKNOWN)
    causes = {
        EmptyError: (lengths == 0, np.full(batch, -1)),
        UnknownSymbolError: (dead & unknown, good_symbols),
        MalformedError: (dead, good_symbols),
        TooLongError: (lengths > time, np.full(batch, time)),
        DivisionByZeroError: (zero_at >= 0, zero_at),
    }
    conditions = [condition for condition, _ in causes.values()]
    numbers = [np.uint8(EXPRESSION_ERRORS.index(kind)) for kind in causes]
    errors = np.select(conditions, numbers, np.uint8(0))
    positions = np.select(conditions, [position for _, position in causes.values()], 0)
    return errors, positions.astype(np.int32)
