"""Estimate what an expression costs a model that works on tapes, to keep costly ones apart.

A costly expression never shares a batch with a quick one. The estimate may be wrong by a factor of
ten, so a batch also has a patience: rows that need more steps leave it and are computed later. No
answer depends on any of this.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.batching import MIN_ROWS
from exprinfer.runtime.tapes import expected_steps

#: Expressions that are expected to need more steps than this are costly. On one core so many steps
#: take a batch of one row some 30 ms.
QUICK_STEPS = 1_024
#: The costliest expression found of so many symbols needs fewer steps than QUICK_STEPS.
QUICK_SYMBOLS = 12
#: So are sums and differences of so many symbols: they take few steps for each digit.
QUICK_SUM_SYMBOLS = 40
#: A batch is computed for so many times the steps that its costliest row is expected to need.
PATIENCE = 2

_TIMES, _OVER = map(SYMBOLS.index, "*/")
_PART = re.compile(r"([0-9]+)|[-+*/()]")
_CHARACTERS = bytes(range(256)).replace(bytes(range(len(SYMBOLS))), SYMBOLS.encode())


def estimate_costs(
    tokens: NDArray[np.uint8], lengths: NDArray[np.int64]
) -> NDArray[np.float64 | np.int64]:
    """Return the expected numbers of steps ``[batch]``; for a few rows, lengths of quick ones.

    Args:
        tokens: Token ids ``[batch, time]``.
        lengths: Lengths of the texts ``[batch]``.
    """
    if len(lengths) > MIN_ROWS:
        return expected_steps(tokens, lengths)
    if lengths.max(initial=0) <= QUICK_SYMBOLS:
        return lengths
    only_sums = ~((tokens == _TIMES) | (tokens == _OVER)).any(axis=1)
    quick = lengths <= np.where(only_sums, QUICK_SUM_SYMBOLS, QUICK_SYMBOLS)
    costs = lengths.copy()
    for row in np.flatnonzero(~quick).tolist():
        text = tokens[row, : lengths[row]].tobytes().translate(_CHARACTERS).decode()
        costs[row] = steps_of(text)
    return costs


def steps_of(text: str) -> int:
    """Return what ``tapes.expected_steps`` returns for one text; faster for a few of them."""
    steps, value, operator, after_value = len(text), 0, "+", False
    for part in _PART.finditer(text):
        symbol = part[0]
        if part[1] is None:
            operator = symbol if after_value and symbol in "+-*/" else operator
            after_value = symbol == ")"
            continue
        digits, after_value = len(symbol), True
        if operator == "*":
            steps += 3 * value * digits + 3 * digits
            value += digits
        elif operator == "/":
            places = max(value - digits + 1, 0)
            steps += 2 * value + places * (9 * digits + 14)
            value = places
        else:
            value = max(value, digits)
            steps += 2 * value
    return steps
