"""The grammar, one symbol at a time, and the domains.

    sum     := product (("+" | "-") product)*
    product := factor (("*" | "/") factor)*
    factor  := integer | "(" sum ")" | "-" factor
    integer := digit digit*

What may follow depends only on the symbol before and on how many brackets are open. So ``advance``
reads one symbol and returns the next state, and the caller counts the brackets.

The seed domain is a part of this language: ``a op b``, ``(a op b)`` and ``-(a op b)`` with a and b
in the model's operand ranges, written without ``-0`` and without leading zeros. ``advance_seed``
reads it. ``validation`` turns both functions into tables to check whole batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Literal

from exprinfer.language.operands import (
    DEFAULT_OPERANDS,
    Operands,
    Rest,
    first_digits,
    is_number,
    read_digit,
)


class Domain(IntEnum):
    """A set of expressions. Each one contains the one before, so they can be compared with ``<``.

    Example:
        >>> Domain.SEED < Domain.WHOLE
        True
    """

    NONE = 0
    """No expression."""
    SEED = 1
    """a op b, (a op b) and -(a op b) with a and b in the model's operand ranges; with the ranges of
    the 2017 gist these are 475,200 expressions."""
    WHOLE = 2
    """Integers of any length with + - * / and brackets."""


DOMAIN_DESCRIPTIONS = {
    Domain.NONE: "no expression",
    Domain.SEED: DEFAULT_OPERANDS.describe(),
    Domain.WHOLE: "integers with + - * / and brackets",
}


def describe_domain(domain: Domain, operands: Operands = DEFAULT_OPERANDS) -> str:
    """Return what a model of this domain with these operand ranges accepts, in words."""
    return operands.describe() if domain is Domain.SEED else DOMAIN_DESCRIPTIONS[domain]


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

    part: Literal["start", "minus", "opened", "first", "operator", "second", "end"] = "start"
    bracketed: bool = False
    rest: Rest = ()
    """The digits that the operand may still have."""


def advance_seed(
    state: SeedState, symbol: str, operands: Operands = DEFAULT_OPERANDS
) -> SeedState | None:
    """Read one symbol; return None if no expression of the seed domain continues with it."""
    part, bracketed = state.part, state.bracketed
    if symbol == "(" and part in ("start", "minus"):
        return SeedState("opened", bracketed=True)
    if symbol == "-" and part == "start":  # before a, or before the brackets
        return SeedState("minus", rest=first_digits(operands, "a", negative=True))
    if part in ("start", "opened", "operator") and (symbol == "-" or symbol.isdigit()):
        reading: Literal["first", "second"] = "second" if part == "operator" else "first"
        rest = first_digits(operands, "b" if part == "operator" else "a", negative=symbol == "-")
        rest = rest if symbol == "-" else read_digit(rest, int(symbol))
        return _operand(reading, bracketed, rest)
    if part in ("minus", "first", "second") and symbol.isdigit():
        reading = "second" if part == "second" else "first"
        return _operand(reading, bracketed, read_digit(state.rest, int(symbol)))
    if part == "first" and symbol in "+-*/" and is_number(state.rest):
        return SeedState("operator", bracketed)
    if part == "second" and bracketed and symbol == ")" and is_number(state.rest):
        return SeedState("end")
    return None


def is_complete(state: SeedState) -> bool:
    """Return whether an expression of the seed domain may end here."""
    return state.part == "end" or (
        state.part == "second" and is_number(state.rest) and not state.bracketed
    )


def _operand(part: Literal["first", "second"], bracketed: bool, rest: Rest) -> SeedState | None:
    return SeedState(part, bracketed, rest) if rest else None
