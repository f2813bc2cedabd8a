"""Cut rows into groups of similar length and batches of similar cost.

A long text does not widen the arrays of short ones, and no row waits long for another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: Texts up to each of these lengths are tokenized together.
WIDTHS = (16, 64, 256, 1_024)
#: Rows that are validated and cut into batches while earlier ones are answered. The first are few,
#: so that the threads soon have work; then many, so that rows of one length fill batches.
FIRST_ROWS, CHUNK_ROWS = 8_192, 65_536
#: Symbols that the texts of one group may have, with their padding, if it has over FIRST_ROWS rows.
GROUP_SYMBOLS = 1 << 20
#: In a batch of at least MIN_ROWS rows, the most expensive row costs at most MAX_SPREAD times the
#: cheapest. Smaller batches are not worth a call of their own.
MAX_SPREAD, MIN_ROWS = 2.0, 64
#: A batch of at least FULL_ROWS rows ends before a row that costs over STEP times the last one,
#: since all rows of a batch are padded to the longest.
FULL_ROWS, STEP = 512, 1.05
#: Cells that the tapes of one batch may have, so that they stay in the cache: 8 bytes each.
MAX_CELLS = 1 << 18


def chunks(rows: int) -> Iterator[tuple[int, int]]:
    """Cut rows into chunks, and yield the first row of each and the row after its last.

    Example:
        >>> list(chunks(100_000))
        [(0, 8192), (8192, 73728), (73728, 100000)]
    """
    start, end = 0, min(FIRST_ROWS, rows)
    while start < rows:
        yield start, end
        start, end = end, min(end + CHUNK_ROWS, rows)


def by_length(lengths: NDArray[np.int64], longest: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Group rows of similar length.

    Args:
        lengths: Length of each text in symbols, ``[rows]``.
        longest: Longest length that a model reads.

    Yields:
        The row numbers of each group, and the width that it needs: that of its longest text, but at
        most ``longest``.
    """
    widths = [*(width for width in WIDTHS if width < longest), longest]
    widths = widths[: 1 + int(np.searchsorted(widths[:-1], lengths.max(initial=0)))]
    group = np.searchsorted(widths[:-1], lengths)
    for index, width in enumerate(widths):
        rows = np.flatnonzero(group == index)
        size = max(FIRST_ROWS, GROUP_SYMBOLS // width)
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield part, min(width, max(1, int(lengths[part].max())))


def by_cost(
    costs: NDArray[np.number],
    lengths: NDArray[np.int64],
    batch_size: int,
    min_rows: int = MIN_ROWS,
) -> Iterator[NDArray[np.int64]]:
    """Cut rows into batches, the cheapest first.

    Args:
        costs: Cost of each row in any unit, ``[rows]``.
        lengths: Length of each row in symbols, ``[rows]``.
        batch_size: Largest number of rows in a batch. A batch has fewer if its rows are long or
            differ much in cost.
        min_rows: Number of rows that share a batch even if they differ much in cost.

    Yields:
        Row numbers of each batch.
    """
    order = np.argsort(costs, kind="stable")
    costs, lengths = costs[order], lengths[order]
    steps = 1 + np.flatnonzero(costs[1:] > STEP * costs[:-1])
    start = 0
    while start < len(order):
        end = start + batch_size
        step = np.searchsorted(steps, start + FULL_ROWS)
        if step < len(steps):
            end = min(end, int(steps[step]))
        similar = np.searchsorted(costs[start:end], costs[start] * MAX_SPREAD, side="right")
        end = min(end, start + max(int(similar), min_rows), len(order))
        if int(lengths[start:end].max()) * 8 * (end - start) > MAX_CELLS:
            widest = np.maximum.accumulate(lengths[start:end])
            cells = widest * 8 * np.arange(1, len(widest) + 1)
            end = start + max(1, int(np.searchsorted(cells, MAX_CELLS, side="right")))
        yield order[start:end]
        start = end
