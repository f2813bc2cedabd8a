"""Which rows share a batch: those of like work, so that none waits long for another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from exprinfer.alphabet import SYMBOLS

#: The dearest row of a batch costs at most so many times the cheapest, in a batch of this many
#: rows or more; smaller ones are not worth a call of their own.
SPREAD, FEW = 2.0, 64
#: Cells that the tapes of one batch may have, so that they stay in the cache.
CELLS = 1 << 21


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
    """About how many steps schoolbook arithmetic takes, ``[batch]``, by operator and lengths.

    Takes token ids ``[batch, time]`` of the form ``a op b`` and the lengths ``[batch]``. It decides
    which rows share a batch, and no answer.
    """
    time = np.arange(tokens.shape[1])
    digit = (tokens >= SYMBOLS.index("0")) & (tokens <= SYMBOLS.index("9"))
    begins = np.argmax(digit, axis=1)[:, None]
    operator_at = np.argmax(~digit & (time > begins), axis=1)
    operator = tokens[np.arange(len(tokens)), operator_at]
    a = (digit & (time < operator_at[:, None])).sum(1).astype(float)
    b = (digit & (time > operator_at[:, None])).sum(1).astype(float)
    product, quotient = operator == SYMBOLS.index("*"), operator == SYMBOLS.index("/")
    work = np.where(product, 3 * a * b + 3 * b, 2 * np.maximum(a, b))
    places = np.maximum(a - b + 1, 0)
    steps: NDArray[np.float64] = lengths + np.where(quotient, 2 * a + places * (9 * b + 14), work)
    return steps
