"""The seed domain: its random generator, its enumeration, and the right answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands

OPERATORS = "+-*/"
#: The text before and after the term in each form of the grammar.
FORMS = {"plain": ("", ""), "bracketed": ("(", ")"), "negated": ("-(", ")")}

#: Expressions of one part of the domain, when it is enumerated in parts.
CHUNK_ROWS = 1 << 18


@dataclass(frozen=True)
class Expressions:
    """Expressions of the seed domain as arrays of one length.

    Attributes:
        a: First operands.
        operator: Indices into ``OPERATORS``.
        b: Second operands, never 0.
        form: Indices into ``FORMS``.

    Example:
        >>> one = Expressions(*(np.array([value]) for value in (66, 0, -19, 2)))
        >>> one.texts(), one.answers()
        (['-(66+-19)'], ['-47'])
    """

    a: NDArray[np.int64]
    operator: NDArray[np.int64]
    b: NDArray[np.int64]
    form: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.a)

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> Expressions:
        return Expressions(self.a[rows], self.operator[rows], self.b[rows], self.form[rows])

    def texts(self) -> list[str]:
        """Return the expressions as text, such as ``-(66+-19)``."""
        before, after = (np.array(part) for part in zip(*FORMS.values(), strict=True))
        parts = [
            before[self.form],
            self.a.astype(str),
            np.array(list(OPERATORS))[self.operator],
            self.b.astype(str),
            after[self.form],
        ]
        text = parts[0]
        for part in parts[1:]:
            text = np.strings.add(text, part)
        return text.tolist()  # type: ignore[no-any-return]

    def values(self) -> NDArray[np.int64]:
        """Return the right answers, int64 ``[n]``; division truncates toward zero."""
        a, b = self.a, self.b
        quotient = np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))
        value = np.choose(self.operator, [a + b, a - b, a * b, quotient])
        return np.where(self.form == list(FORMS).index("negated"), -value, value)

    def answers(self) -> list[str]:
        """Return the right answers as text."""
        return self.values().astype(str).tolist()  # type: ignore[no-any-return]


def sample(count: int, seed: int, operands: Operands = DEFAULT_OPERANDS) -> Expressions:
    """Draw expressions with the gist's own distribution; the same for the same seed.

    a and the operator are uniform, b is uniform without 0. Brackets have probability 1/2 and, given
    brackets, a leading minus has probability 1/2.

    Args:
        count: Number of expressions.
        seed: Seed of the random generator.
        operands: Operand ranges.
    """
    random = np.random.default_rng(seed)
    low, high = operands.b
    a = random.integers(operands.a[0], operands.a[1] + 1, count)
    if low == -high:  # as the gist draws it
        b = random.integers(1, high + 1, count) * random.choice([-1, 1], count)
    else:
        b = _b_value(random.integers(0, b_count(operands), count), operands)
    operator = random.integers(0, len(OPERATORS), count)
    bracketed, negated = random.integers(0, 2, (2, count))
    return Expressions(a, operator, b, bracketed * (1 + negated))


def a_count(operands: Operands) -> int:
    """Return the number of first operands."""
    return operands.a[1] - operands.a[0] + 1


def b_count(operands: Operands) -> int:
    """Return the number of second operands, which are never 0."""
    low, high = operands.b
    return high - low + 1 - (low <= 0 <= high)


def domain_size(operands: Operands = DEFAULT_OPERANDS) -> int:
    """Return the number of expressions of the seed domain."""
    return len(FORMS) * len(OPERATORS) * a_count(operands) * b_count(operands)


def domain_rows(numbers: NDArray[np.int64], operands: Operands = DEFAULT_OPERANDS) -> Expressions:
    """Return the expressions of the seed domain with these numbers, in ``0..domain_size - 1``.

    The order is that of form, operator, a and b.
    """
    shape = (len(FORMS), len(OPERATORS), a_count(operands), b_count(operands))
    form, operator, a, b = np.unravel_index(numbers, shape)
    return Expressions(a + operands.a[0], operator, _b_value(b, operands), form)


def enumerate_domain(operands: Operands = DEFAULT_OPERANDS) -> Expressions:
    """Return all expressions of the seed domain, each once, in order; 475,200 by default."""
    return domain_rows(np.arange(domain_size(operands)), operands)


def domain_parts(
    operands: Operands = DEFAULT_OPERANDS, rows: int = CHUNK_ROWS
) -> Iterator[Expressions]:
    """Yield all expressions of the seed domain in order, so many at a time."""
    size = domain_size(operands)
    for start in range(0, size, rows):
        yield domain_rows(np.arange(start, min(start + rows, size)), operands)


def join(parts: list[Expressions]) -> Expressions:
    """Return the expressions of several parts, one after the other."""
    names = ("a", "operator", "b", "form")
    return Expressions(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _b_value(index: NDArray[np.int64], operands: Operands) -> NDArray[np.int64]:
    """Return the second operands by their place in the range without 0."""
    low, high = operands.b
    value = low + index
    return value + ((value >= 0) & (low <= 0 <= high))
