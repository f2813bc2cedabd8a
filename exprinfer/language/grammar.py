"""The language, one symbol at a time, and the domains within it.

    sum     := product (("+" | "-") product)*
    product := factor (("*" | "/") factor)*
    factor  := integer | "(" sum ")" | "-" factor
    integer := digit digit*

What may follow depends on the symbol before and on how many brackets are open, so no more is
remembered: ``advance`` reads one symbol, and the reader counts the brackets.

The seed domain, within it, holds ``a op b``, ``(a op b)`` and ``-(a op b)`` with a in -100..99 and
b in -99..99 without 0, written plainly (no ``-0``, no leading zeros); ``advance_seed`` reads that.
``checker`` makes tables of both to check whole batches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Literal


class Domain(IntEnum):
    """Sets of expressions, each within the next."""

    NONE = 0
    SEED = 1
    WHOLE = 2


DESCRIPTIONS = {
    Domain.NONE: "no expression",
    Domain.SEED: "a op b with a in -100..99 and b in -99..99 without 0, written plainly",
    Domain.WHOLE: "integers with + - * / and brackets",
}


class Place(Enum):
    """What has been read last, as far as it matters for what follows."""

    VALUE = "a value is to follow"
    DIVISOR = "a divisor is to follow"
    NUMBER = "a number that may go on"
    ZEROS = "a divisor of zeros so far"
    CLOSED = "a closed bracket"
    END = "the end"


def advance(place: Place, symbol: str) -> Place | None:
    """Read one symbol, a blank for the end; None where no expression goes on so.

    Brackets are the reader's business: not to close what is not open, nor to end before all are
    closed. What goes on from ZEROS to another place than itself or NUMBER divides by a plain zero.
    """
    if place in (Place.VALUE, Place.DIVISOR):
        if symbol == "-":
            return place
        if symbol == "(":
            return Place.VALUE
        if symbol == "0" and place is Place.DIVISOR:
            return Place.ZEROS
        return Place.NUMBER if symbol.isdigit() else None
    if symbol.isdigit() and place in (Place.NUMBER, Place.ZEROS):
        return Place.NUMBER if symbol != "0" else place
    if symbol == " ":
        return Place.END
    if place is Place.END:
        return None
    return {"/": Place.DIVISOR, ")": Place.CLOSED}.get(
        symbol, Place.VALUE if symbol in "+-*" else None
    )


@dataclass(frozen=True)
class SeedState:
    """What has been read of an expression that the seed domain may hold."""

    place: Literal["start", "opened", "first", "operator", "second", "end"] = "start"
    bracketed: bool = False
    operand: str = ""
    """The operand being read, its digits 2 to 9 written as 2."""


#: What an operand of the seed domain can begin with, in the notation of ``SeedState.operand``.
_SEED_OPERANDS = {
    "first": re.compile(r"-?|0|-?[12][012]?|-100"),
    "second": re.compile(r"-?([12][012]?)?"),
}


def advance_seed(state: SeedState, symbol: str) -> SeedState | None:
    """Read one symbol; None where no expression of the seed domain goes on so."""
    if state.place in ("start", "opened") and (symbol == "-" or symbol.isdigit()):
        return _read_operand(replace(state, place="first"), symbol)
    if symbol == "(" and (state.place == "start" or _is_leading_minus(state)):
        return SeedState("opened", bracketed=True)
    if state.place in ("first", "second") and symbol.isdigit():
        return _read_operand(state, symbol)
    if state.place == "operator" and (symbol == "-" or symbol.isdigit()):
        return _read_operand(replace(state, place="second"), symbol)
    if not _ends_in_digit(state):
        return None
    if state.place == "first" and symbol in "+-*/":
        return SeedState("operator", state.bracketed)
    if state.place == "second" and state.bracketed and symbol == ")":
        return SeedState("end")
    return None


def _read_operand(state: SeedState, symbol: str) -> SeedState | None:
    operand = state.operand + ("2" if symbol in "23456789" else symbol)
    if not _SEED_OPERANDS[state.place].fullmatch(operand):
        return None
    return replace(state, operand=operand)


def _is_leading_minus(state: SeedState) -> bool:
    return state.place == "first" and state.operand == "-" and not state.bracketed


def _ends_in_digit(state: SeedState) -> bool:
    return state.place in ("first", "second") and state.operand[-1:].isdigit()


def is_whole(state: SeedState) -> bool:
    """Whether an expression of the seed domain may end here."""
    return state.place == "end" or (
        state.place == "second" and _ends_in_digit(state) and not state.bracketed
    )
