"""The gist's domain: its random generator, its enumeration, and the right answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OPERATORS = "+-*/"
#: What stands before and behind the term in each form of the grammar.
FORMS = {"plain": ("", ""), "bracketed": ("(", ")"), "negated": ("-(", ")")}

A_VALUES = np.arange(-100, 100)
B_VALUES = np.concatenate([np.arange(-99, 0), np.arange(1, 100)])


@dataclass(frozen=True)
class Expressions:
    """Expressions of the seed domain as arrays of one length."""

    a: NDArray[np.int64]
    """First operands, -100..99."""
    operator: NDArray[np.int64]
    """Indices into ``OPERATORS``."""
    b: NDArray[np.int64]
    """Second operands, -99..99 without 0."""
    form: NDArray[np.int64]
    """Indices into ``FORMS``."""

    def __len__(self) -> int:
        return len(self.a)

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> Expressions:
        return Expressions(self.a[rows], self.operator[rows], self.b[rows], self.form[rows])

    def texts(self) -> list[str]:
        """The expressions as they are written, such as ``-(66+-19)``."""
        before, behind = (np.array(part) for part in zip(*FORMS.values(), strict=True))
        parts = [
            before[self.form],
            self.a.astype(str),
            np.array(list(OPERATORS))[self.operator],
            self.b.astype(str),
            behind[self.form],
        ]
        text = parts[0]
        for part in parts[1:]:
            text = np.strings.add(text, part)
        return text.tolist()  # type: ignore[no-any-return]

    def values(self) -> NDArray[np.int64]:
        """The right answers, int64; division truncates toward zero."""
        a, b = self.a, self.b
        quotient = np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))
        value = np.choose(self.operator, [a + b, a - b, a * b, quotient])
        return np.where(self.form == list(FORMS).index("negated"), -value, value)

    def answers(self) -> list[str]:
        """The right answers as they are written."""
        return self.values().astype(str).tolist()  # type: ignore[no-any-return]


def sample(count: int, seed: int) -> Expressions:
    """Draw ``count`` expressions with the gist's own distribution, the same for the same seed.

    a is uniform in -100..99, b uniform in 1..99 with a random sign, the operator uniform;
    brackets have probability 1/2 and, given brackets, a leading minus has probability 1/2.
    """
    random = np.random.default_rng(seed)
    a = random.integers(-100, 100, count)
    b = random.integers(1, 100, count) * random.choice([-1, 1], count)
    operator = random.integers(0, len(OPERATORS), count)
    bracketed, negated = random.integers(0, 2, (2, count))
    return Expressions(a, operator, b, bracketed * (1 + negated))


def enumerate_domain() -> Expressions:
    """All 475,200 expressions of the seed domain, each once, in a fixed order."""
    grid = np.meshgrid(
        np.arange(len(FORMS)), np.arange(len(OPERATORS)), A_VALUES, B_VALUES, indexing="ij"
    )
    form, operator, a, b = (axis.ravel() for axis in grid)
    return Expressions(a, operator, b, form)
