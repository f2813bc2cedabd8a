"""The grammar, one symbol at a time, and the domains.

    sum     := product (("+" | "-") product)*
    product := factor (("*" | "/") factor)*
    factor  := integer | "(" sum ")" | "-" factor
    integer := digit digit*

What may follow depends only on the symbol before and on how many brackets are open. So ``advance``
reads one symbol and returns the next state, and the caller counts the brackets.

The seed domain is a part of this language: ``a op b``, ``(a op b)`` and ``-(a op b)`` with a in
-100..99 and b in -99..99 without 0, written without ``-0`` and without leading zeros.
``advance_seed`` reads it. ``validation`` turns both functions into tables to check whole batches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Literal


class Domain(IntEnum):
    """A set of expressions. Each one contains the one before, so they can be compared with ``<``.

    Example:
        >>> Domain.SEED < Domain.WHOLE
        True
    """

    NONE = 0
    """No expression."""
    SEED = 1
    """The 475,200 expressions of the 2017 gist."""
    WHOLE = 2
    """Integers of any length with + - * / and brackets."""


DOMAIN_DESCRIPTIONS = {
    Domain.NONE: "no expression",
    Domain.SEED: "a op b with a in -100..99 and b in -99..99 without 0, without leading zeros",
    Domain.WHOLE: "integers with + - * / and brackets",
}


class GrammarState(Enum):
    """What the reader has just read, as far as it decides what may follow."""

    VALUE = "a value must follow"
    DIVISOR = "a divisor must follow"
    NUMBER = "inside a number"
    ZEROS = "inside a divisor, only zeros so far"
    CLOSED = "after a closing bracket"
    END = "at the end"


def advance(state: GrammarState, symbol: str) -> GrammarState | None:
    """Read one symbol and return the next state.

    The caller counts brackets: it must not close one that is not open, nor end before all are
    closed. A step from ZEROS to a state other than ZEROS or NUMBER divides by a plain zero.

    Args:
        state: The state before the symbol.
        symbol: One symbol, a blank for the end of the text.

    Returns:
        The next state, or None if no expression continues with this symbol.
    """
    if state in (GrammarState.VALUE, GrammarState.DIVISOR):
        if symbol == "-":
            return state
        if symbol == "(":
            return GrammarState.VALUE
        if symbol == "0" and state is GrammarState.DIVISOR:
            return GrammarState.ZEROS
        return GrammarState.NUMBER if symbol.isdigit() else None
    if symbol.isdigit() and state in (GrammarState.NUMBER, GrammarState.ZEROS):
        return GrammarState.NUMBER if symbol != "0" else state
    if symbol == " ":
        return GrammarState.END
    if state is GrammarState.END:
        return None
    return {"/": GrammarState.DIVISOR, ")": GrammarState.CLOSED}.get(
        symbol, GrammarState.VALUE if symbol in "+-*" else None
    )


@dataclass(frozen=True)
class SeedState:
    """What the reader has read of an expression that may be in the seed domain."""

    part: Literal["start", "opened", "first", "operator", "second", "end"] = "start"
    bracketed: bool = False
    operand: str = ""
    """The operand so far, with every digit from 2 to 9 written as 2."""


#: What an operand of the seed domain may start with, in the notation of ``SeedState.operand``.
_SEED_OPERANDS = {
    "first": re.compile(r"-?|0|-?[12][012]?|-100"),
    "second": re.compile(r"-?([12][012]?)?"),
}


def advance_seed(state: SeedState, symbol: str) -> SeedState | None:
    """Read one symbol; return None if no expression of the seed domain continues with it."""
    if state.part in ("start", "opened") and (symbol == "-" or symbol.isdigit()):
        return _read_operand(replace(state, part="first"), symbol)
    if symbol == "(" and (state.part == "start" or _is_leading_minus(state)):
        return SeedState("opened", bracketed=True)
    if state.part in ("first", "second") and symbol.isdigit():
        return _read_operand(state, symbol)
    if state.part == "operator" and (symbol == "-" or symbol.isdigit()):
        return _read_operand(replace(state, part="second"), symbol)
    if not _ends_in_digit(state):
        return None
    if state.part == "first" and symbol in "+-*/":
        return SeedState("operator", state.bracketed)
    if state.part == "second" and state.bracketed and symbol == ")":
        return SeedState("end")
    return None


def is_complete(state: SeedState) -> bool:
    """Return whether an expression of the seed domain may end here."""
    return state.part == "end" or (
        state.part == "second" and _ends_in_digit(state) and not state.bracketed
    )


def _read_operand(state: SeedState, symbol: str) -> SeedState | None:
    operand = state.operand + ("2" if symbol in "23456789" else symbol)
    if not _SEED_OPERANDS[state.part].fullmatch(operand):
        return None
    return replace(state, operand=operand)


def _is_leading_minus(state: SeedState) -> bool:
    return state.part == "first" and state.operand == "-" and not state.bracketed


def _ends_in_digit(state: SeedState) -> bool:
    return state.part in ("first", "second") and state.operand[-1:].isdigit()
