"""The language, one symbol at a time, and the domains within it.

    expression := term | "(" term ")" | "-(" term ")"
    term       := integer ("+" | "-" | "*" | "/") integer
    integer    := "-"? digit digit*

The seed domain holds the expressions whose integers are written plainly (no ``-0``, no leading
zeros), the first in -100..99 and the second in -99..99 without 0; the longhand domain holds all.
``advance`` reads one symbol; ``checker`` makes a table of it to check whole batches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal


class Domain(IntEnum):
    """Sets of expressions, each within the next."""

    NONE = 0
    SEED = 1
    WHOLE = 2


DESCRIPTIONS = {
    Domain.NONE: "no expression",
    Domain.SEED: "a op b with a in -100..99 and b in -99..99 without 0, written plainly",
    Domain.WHOLE: "integers, + - * / and brackets",
}


@dataclass(frozen=True)
class State:
    """What has been read so far, as far as it matters for what follows."""

    place: Literal["start", "opened", "first", "operator", "second", "end"] = "start"
    bracketed: bool = False
    division: bool = False
    operand: str = ""
    """The operand being read, its digits 2 to 9 written as 2, while the seed domain may hold it."""
    zero: bool = True
    """Whether all its digits so far are 0."""
    plain: bool = True
    """Whether the seed domain may still hold the whole expression."""


#: What an operand of the seed domain can begin with, in the notation of ``State.operand``.
_SEED_OPERANDS = {
    "first": re.compile(r"-?|0|-?[12][012]?|-100"),
    "second": re.compile(r"-?([12][012]?)?"),
}


def advance(state: State, symbol: str) -> State | None:
    """Read one symbol; None where no expression goes on so."""
    if state.place in ("start", "opened") and (symbol == "-" or symbol.isdigit()):
        return _read_operand(replace(state, place="first"), symbol)
    if symbol == "(" and (state.place == "start" or _is_leading_minus(state)):
        return State("opened", bracketed=True)
    if state.place in ("first", "second") and symbol.isdigit():
        return _read_operand(state, symbol)
    if state.place == "operator" and (symbol == "-" or symbol.isdigit()):
        return _read_operand(replace(state, place="second"), symbol)
    if not _ends_in_digit(state):
        return None
    if state.place == "first" and symbol in "+-*/":
        return State("operator", state.bracketed, symbol == "/", plain=state.plain)
    if state.place == "second" and state.bracketed and symbol == ")":
        return replace(state, place="end")
    return None


def _read_operand(state: State, symbol: str) -> State:
    operand = state.operand + ("2" if symbol in "23456789" else symbol)
    zero = state.zero and symbol in "-0"
    if not state.plain or not _SEED_OPERANDS[state.place].fullmatch(operand):
        # Only whether there is a digit matters from here on, so that the states stay few.
        operand = "-" if operand == "-" else "0"
        return replace(state, operand=operand, zero=zero, plain=False)
    return replace(state, operand=operand, zero=zero)


def _is_leading_minus(state: State) -> bool:
    return state.place == "first" and state.operand == "-" and not state.bracketed


def _ends_in_digit(state: State) -> bool:
    return state.place in ("first", "second") and state.operand[-1:].isdigit()


def is_whole(state: State) -> bool:
    """Whether an expression may end here."""
    return state.place == "end" or (
        state.place == "second" and _ends_in_digit(state) and not state.bracketed
    )
