"""Which rows share a batch: those of like work, so that none waits long for another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS

#: The dearest row of a batch costs at most so many times the cheapest, in a batch of this many
#: rows or more; smaller ones are not worth a call of their own.
SPREAD, FEW = 2.0, 64
#: Cells that the tapes of one batch may have, so that they stay in the cache.
CELLS = 1 << 21

_ZERO, _NINE, _PLUS, _TIMES, _OVER, _CLOSE = map(SYMBOLS.index, "09+*/)")
_OPERATOR = np.array([symbol in "+-*/" for symbol in SYMBOLS])


def by_cost(
    costs: NDArray[np.floating], lengths: NDArray[np.int64], batch_size: int
) -> Iterator[NDArray[np.int64]]:
    """Cut the rows into batches, the cheapest first; yields row numbers.

    Takes each row's cost, ``[rows]``, in any unit, and its length in symbols, ``[rows]``. A batch
    has at most ``batch_size`` rows, and fewer where the rows are long or differ much in cost.
    """
    order = np.argsort(costs, kind="stable")
    costs, lengths = costs[order], lengths[order]
    start = 0
    while start < len(order):
        end = start + batch_size
        dear = int(np.searchsorted(costs, costs[start] * SPREAD, side="right"))
        end = min(end, max(dear, start + FEW))
        widest = np.maximum.accumulate(lengths[start:end])
        cells = widest * 8 * np.arange(1, len(widest) + 1)
        end = start + max(1, int(np.searchsorted(cells, CELLS, side="right")))
        yield order[start : min(end, start + batch_size)]
        start = min(end, start + batch_size)


def expected_steps(tokens: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """About how many steps schoolbook arithmetic takes, ``[batch]``, by operators and digits.

    Takes token ids ``[batch, time]`` and the lengths ``[batch]``, and reads from left to right as
    if there were no brackets. It decides which rows share a batch, and no answer.
    """
    steps = lengths.astype(float)
    value, number = np.zeros(
        (2, len(tokens))
    )  # their digits: of what is worked out, and of the next
    operator = np.full(len(tokens), _PLUS, np.uint8)
    behind_value = np.zeros(len(tokens), bool)
    for symbol in np.pad(tokens.T, ((0, 1), (0, 0))):
        digit = (symbol >= _ZERO) & (symbol <= _NINE)
        ends = np.flatnonzero(~digit & (number > 0))
        a, b, by = value[ends], number[ends], operator[ends]
        places = np.maximum(a - b + 1, 0)
        product, quotient = by == _TIMES, by == _OVER
        work = np.where(product, 3 * a * b + 3 * b, 2 * np.maximum(a, b))
        steps[ends] += np.where(quotient, 2 * a + places * (9 * b + 14), work)
        value[ends] = np.select([product, quotient], [a + b, places], np.maximum(a, b))
        operator = np.where(_OPERATOR[symbol] & behind_value, symbol, operator)
        behind_value = digit | (symbol == _CLOSE)
        number = np.where(digit, number + 1, 0)
    return steps
