"""The data of the encoder-decoders: what is fitted, what is validation, and what is held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from training.expressions import OPERATORS, Expressions, domain_parts, join, sample
from training.recipe import DataSettings, Split, TrainingSettings

#: Of every 100 operand pairs, the parts that no network is fitted to while it is measured ...
HELD_OUT = range(0, 10)
#: ... and the parts for validation while fitting.
VALIDATION = range(10, 12)
#: Number of fresh samples for validation if the training data are samples themselves.
VALIDATION_SAMPLES = 1_000
_NONE = np.empty(0, np.int64)


def percentile(
    expressions: Expressions, operands: Operands = DEFAULT_OPERANDS, split: Split = "pairs"
) -> NDArray[np.int64]:
    """Assign each (a, operator, b), in all its forms, to one of 100 parts, int64 ``[n]``.

    The parts come from a fixed hash (the finalizer of splitmix64, Steele et al. 2014), so a split
    never changes.

    Args:
        expressions: The expressions.
        operands: Operand ranges.
        split: ``"pairs"`` takes ``7*8``, ``8*7`` and ``-7*8`` for different pairs, which may be in
            different parts. ``"orbits"`` keeps them together; see ``orbits``.

    Example:
        >>> twins = Expressions(*np.array([[7, 8, -7], [2, 2, 2], [8, 7, 8], [0, 0, 1]]))
        >>> len(set(percentile(twins).tolist()))
        3
        >>> len(set(percentile(twins, split="orbits").tolist()))
        1
    """
    low, high = operands.b
    if split == "orbits":
        kind, first, second = orbits(expressions)
    else:
        first, second = expressions.a - operands.a[0], expressions.b - low + 1
        kind = expressions.operator
    # Wide ranges need a larger factor. The result may wrap around, which is no harm to a hash.
    mixed = (first * len(OPERATORS) + kind).astype(np.uint64)
    mixed *= np.uint64(max(256, high - low + 2))
    mixed += second.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed % np.uint64(100)).astype(np.int64)


def orbits(
    expressions: Expressions,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what an expression shares with all its twins.

    Twins differ in signs, brackets, and the order of the operands of ``+``, ``-`` and ``*``. Sums
    and differences are twins of each other too, because ``5-3`` is ``5+-3``. The order counts for
    quotients: ``7/8`` does not tell what ``8/7`` is.

    Returns:
        The kind (0 for sums and differences, 2 for products, 3 for quotients), and the absolute
        values of both operands, the smaller one first where the order does not count. Each is int64
        ``[n]``.
    """
    kind = np.where(expressions.operator == OPERATORS.index("-"), 0, expressions.operator)
    a, b = np.abs(expressions.a), np.abs(expressions.b)
    ordered = kind == OPERATORS.index("/")
    return kind, np.where(ordered, a, np.minimum(a, b)), np.where(ordered, b, np.maximum(a, b))


def orbit_numbers(expressions: Expressions) -> NDArray[np.int64]:
    """Return a number for the orbit of each expression, the same for all twins, int64 ``[n]``.

    The operands must be smaller than 1,000.
    """
    kind, first, second = orbits(expressions)
    return (kind * 1_000 + first) * 1_000 + second


def training_part(data: DataSettings) -> Expressions:
    """Return the expressions that the network is fitted to."""
    if data.source == "samples":
        return sample(data.samples, data.seed, data.ranges)
    return _part(data, range(100 - data.percent, 100))


def validation_part(data: DataSettings) -> Expressions:
    """Return the expressions for validation: unseen ones, unless all small ones are fitted.

    Raises:
        ValueError: If the domain is so small that an operator has none.
    """
    if data.source == "samples":
        return sample(VALIDATION_SAMPLES, data.seed + 1, data.ranges)
    part = _part(data, range(100) if data.percent == 100 else VALIDATION)
    if len(np.unique(part.operator)) < len(OPERATORS):
        raise ValueError(
            "[data] the operand ranges are too small to hold out a part of them; use percent = 100"
        )
    return part


def _part(data: DataSettings, percentiles: range) -> Expressions:
    """Return the expressions of the domain in these parts of 100."""
    first, last = percentiles.start, percentiles.stop - 1
    parts = []
    for expressions in domain_parts(data.ranges):
        found = percentile(expressions, data.ranges, data.split)
        parts.append(expressions[np.flatnonzero((found >= first) & (found <= last))])
    return join(parts)


class Order:
    """The order in which updates take the rows of the training data.

    It depends only on the seed and the number of the update.
    """

    def __init__(self, training: TrainingSettings, operator: NDArray[np.int64]) -> None:
        """Prepare the order.

        Args:
            training: Settings of the recipe.
            operator: Index into ``OPERATORS`` of each row, int64 ``[rows]``. The order "epochs"
                uses only the number of rows.

        Raises:
            ValueError: If a batch is larger than the data (order "epochs"), or an operator that
                is to be drawn has no rows (order "draws").
        """
        self._training = training
        self._count = len(operator)
        if training.order == "epochs" and training.batch_size > self._count:
            raise ValueError(
                f"[training] batch_size must be at most the number of training rows, "
                f"{self._count:,}, got {training.batch_size:,}"
            )
        counts = np.bincount(operator, minlength=len(OPERATORS))
        needed = np.array(training.operator_weights) > 0
        if training.order == "draws" and not counts[needed].all():
            raise ValueError("[data] the training data lack an operator; take more of them")
        self._epoch = -1
        self._permutation = np.empty(0, np.int64)
        self._rows = [np.flatnonzero(operator == index) for index in range(len(OPERATORS))]
        weights = np.array(training.operator_weights, float)
        self._shares = weights / weights.sum()

    def rows(self, update: int, wrong: NDArray[np.int64] = _NONE) -> NDArray[np.int64]:
        """Return the rows of one update, int64 ``[batch_size]``.

        Args:
            update: Number of the update, from 0.
            wrong: Rows from which the share ``focus`` of the batch is drawn (order "draws"). The
                share is smaller if there are fewer of them.
        """
        training = self._training
        if training.order == "epochs":
            return self._rows_of_epoch(update)
        random = np.random.default_rng([training.seed, update])
        # Few rows do not fill their share, because a batch full of repeats drives the others apart.
        focused = min(int(training.focus * training.batch_size), len(wrong))
        counts = random.multinomial(training.batch_size - focused, self._shares)
        parts = [
            rows[random.integers(0, len(rows), count)]
            for rows, count in zip(self._rows, counts, strict=True)
        ]
        return np.concatenate([*parts, random.choice(wrong, focused)] if focused else parts)

    def _rows_of_epoch(self, update: int) -> NDArray[np.int64]:
        size = self._training.batch_size
        epoch, place = divmod(update, self._count // size)
        if epoch != self._epoch:
            random = np.random.default_rng([self._training.seed, epoch])
            self._permutation = random.permutation(self._count)
            self._epoch = epoch
        return self._permutation[place * size : (place + 1) * size]
