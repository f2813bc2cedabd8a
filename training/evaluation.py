"""Put expressions to a model through ``exprinfer``, and count what is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from exprinfer import Evaluator, Operands
from training.expressions import FORMS, OPERATORS, Expressions, domain_parts, domain_size


@dataclass(frozen=True)
class Evaluation:
    """Expressions and a model's answers to them.

    Attributes:
        expressions: The expressions, ``n`` of them.
        answers: The answers as text, ``[n]``.
        log_probs: Their log-probabilities, float32 ``[n]``, in nats.
        right: Whether each answer is right, bool ``[n]``.
    """

    expressions: Expressions
    answers: NDArray[np.str_]
    log_probs: NDArray[np.float32]
    right: NDArray[np.bool_]


@dataclass
class Tally:
    """How many expressions were checked and how many were right, by operator and form.

    A domain may be too large to keep its texts, so evaluations are added part by part.

    Attributes:
        checked: Number of expressions checked, int64 ``[operators, forms]``.
        right: Number of those that were right, int64 ``[operators, forms]``.
        log_probs: The log-probabilities of each part.
    """

    checked: NDArray[np.int64] = field(default_factory=lambda: _zeros())
    right: NDArray[np.int64] = field(default_factory=lambda: _zeros())
    log_probs: list[NDArray[np.float32]] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Iterable[Evaluation]) -> Tally:
        """Return the tally of several evaluations."""
        tally = cls()
        for part in parts:
            tally.add(part)
        return tally

    def add(self, part: Evaluation) -> None:
        """Count one more evaluation."""
        places = part.expressions.operator, part.expressions.form
        np.add.at(self.checked, places, 1)
        np.add.at(self.right, places, part.right.astype(np.int64))
        self.log_probs.append(part.log_probs)

    def share(self, operator: int | None = None, form: int | None = None) -> float:
        """Return the share right, of one operator and form if they are given."""
        right, checked = self._counts(operator, form)
        return right / checked if checked else float("nan")

    def count(self, operator: int | None = None, form: int | None = None) -> str:
        """Return how many are right, as text such as ``3 of 4``."""
        right, checked = self._counts(operator, form)
        return f"{right:,} of {checked:,}"

    @property
    def total(self) -> tuple[int, int]:
        """How many are right, and how many were checked."""
        return self._counts(None, None)

    @property
    def is_perfect(self) -> bool:
        """Whether all are right."""
        right, checked = self.total
        return right == checked

    def _counts(self, operator: int | None, form: int | None) -> tuple[int, int]:
        place = tuple(slice(None) if index is None else index for index in (operator, form))
        return int(self.right[place].sum()), int(self.checked[place].sum())


def evaluate_on(evaluator: Evaluator, expressions: Expressions) -> Evaluation:
    """Evaluate expressions and compare the answers, as text, with the right ones."""
    batch = evaluator.evaluate_batch(expressions.texts())
    right = (batch.errors == 0) & (batch.answers == np.array(expressions.answers()))
    return Evaluation(expressions, batch.answers, batch.log_probs, right)


def evaluate_parts(
    evaluator: Evaluator, parts: Iterable[Expressions], size: int, title: str
) -> Iterator[Evaluation]:
    """Evaluate a domain part by part, and show the progress.

    Args:
        evaluator: The model.
        parts: Parts of the domain.
        size: Number of expressions in all parts.
        title: What the progress bar is called.
    """
    with tqdm(total=size, desc=title, unit="expr", unit_scale=True) as bar:
        for part in parts:
            yield evaluate_on(evaluator, part)
            bar.update(len(part))


@dataclass(frozen=True)
class DomainMaps:
    """The result for each pair of operands of a whole domain.

    Attributes:
        operands: The operand ranges.
        wrong: Number of wrong forms, uint8 ``[operator, a, b]``; b without 0.
        log_probs: Lowest log-probability of the forms, float32 ``[operator, a, b]``.
    """

    operands: Operands
    wrong: NDArray[np.uint8]
    log_probs: NDArray[np.float32]

    @classmethod
    def of(cls, operands: Operands, parts: Iterable[Evaluation]) -> DomainMaps:
        """Return the maps of evaluations of the whole domain, in its order."""
        size = domain_size(operands)
        right, log_probs = np.empty(size, bool), np.empty(size, np.float32)
        start = 0
        for part in parts:
            rows = slice(start, start + len(part.right))
            right[rows], log_probs[rows] = part.right, part.log_probs
            start = rows.stop
        shape = len(FORMS), len(OPERATORS), operands.a[1] - operands.a[0] + 1, -1
        wrong = (~right).reshape(shape).sum(axis=0, dtype=np.uint8)
        return cls(operands, wrong, log_probs.reshape(shape).min(axis=0))

    def share(self, operator: int) -> float:
        """Return the share right of one operator."""
        return 1 - float(self.wrong[operator].mean()) / len(FORMS)


def domain_maps(evaluator: Evaluator, title: str) -> DomainMaps:
    """Evaluate the whole seed domain of a model."""
    operands = evaluator.models[0].operands
    size = domain_size(operands)
    return DomainMaps.of(operands, evaluate_parts(evaluator, domain_parts(operands), size, title))


def _zeros() -> NDArray[np.int64]:
    return np.zeros((len(OPERATORS), len(FORMS)), np.int64)
