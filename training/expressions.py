"""The seed domain: its random generator, its enumeration, and the right answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OPERATORS = "+-*/"
#: The text before and after the term in each form of the grammar.
FORMS = {"plain": ("", ""), "bracketed": ("(", ")"), "negated": ("-(", ")")}

A_VALUES = np.arange(-100, 100)
B_VALUES = np.concatenate([np.arange(-99, 0), np.arange(1, 100)])


@dataclass(frozen=True)
class Expressions:
    """Expressions of the seed domain as arrays of one length.

    Attributes:
        a: First operands, -100..99.
        operator: Indices into ``OPERATORS``.
        b: Second operands, -99..99 without 0.
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


def sample(count: int, seed: int) -> Expressions:
    """Draw expressions with the gist's own distribution; the same for the same seed.

    a is uniform in -100..99, b is uniform in 1..99 with a random sign, the operator is uniform.
    Brackets have probability 1/2 and, given brackets, a leading minus has probability 1/2.

    Args:
        count: Number of expressions.
        seed: Seed of the random generator.
    """
    random = np.random.default_rng(seed)
    a = random.integers(-100, 100, count)
    b = random.integers(1, 100, count) * random.choice([-1, 1], count)
    operator = random.integers(0, len(OPERATORS), count)
    bracketed, negated = random.integers(0, 2, (2, count))
    return Expressions(a, operator, b, bracketed * (1 + negated))


def enumerate_domain() -> Expressions:
    """Return all 475,200 expressions of the seed domain, each once, in a fixed order."""
    grid = np.meshgrid(
        np.arange(len(FORMS)), np.arange(len(OPERATORS)), A_VALUES, B_VALUES, indexing="ij"
    )
    form, operator, a, b = (axis.ravel() for axis in grid)
    return Expressions(a, operator, b, form)
