"""Counts over all that was scored."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exprinfer.errors import EXPRESSION_ERRORS
from exprinfer.scoring.marking import NUMBER, ScoredBatch

OPERATORS = (*"+-*/", NUMBER)


@dataclass
class Summary:
    """Counts over all lines."""

    lines: int = 0
    answered: int = 0
    certified: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """Lines without an answer, by error code."""
    marked: Counter[str] = field(default_factory=Counter)
    """Lines that give an answer and have an exact value, by operator."""
    given_right: Counter[str] = field(default_factory=Counter)
    """Those whose given answer is right."""
    right: Counter[str] = field(default_factory=Counter)
    """Those that the model answers right."""
    seconds: float = 0.0

    @classmethod
    def of(cls, counts: dict[str, Any]) -> Summary:
        """The summary whose ``vars`` these are, as JSON keeps them."""
        made: dict[str, Any] = {
            name: Counter(of) if isinstance(of, dict) else of for name, of in counts.items()
        }
        return cls(**made)

    def plus(self, batch: ScoredBatch) -> Summary:
        """The counts with a batch of lines counted in."""
        summary = deepcopy(self)
        summary._add(batch)
        return summary

    def _add(self, batch: ScoredBatch) -> None:
        column = batch.column
        self.lines += len(column)
        self.answered += int((column.errors == 0).sum())
        self.certified += int(column.certified.sum())
        for number, count in zip(*np.unique(column.errors, return_counts=True), strict=True):
            if number:
                self.errors[EXPRESSION_ERRORS[number].code] += int(count)
        for scored in batch.marked:
            if scored.operator:
                self.marked[scored.operator] += 1
                self.given_right[scored.operator] += bool(scored.given_right)
                self.right[scored.operator] += bool(scored.right)

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds if self.seconds else 0.0

    def text(self, model: str, device: str) -> str:
        """The summary for people."""
        parts = [
            f"{self.lines:,} lines: {self.answered:,} answered, {self.certified:,} of them "
            f"certified, {self.errors.total():,} with an error; {model} on {device}, "
            f"{self.seconds:.1f} s, {self.rate:,.0f} lines/s"
        ]
        if self.errors:
            kinds = ", ".join(f"{code} {count:,}" for code, count in self.errors.most_common())
            parts.append(f"errors: {kinds}")
        if self.marked:
            parts.append(f"given answers right: {self._shares(self.given_right)}")
            parts.append(f"{model}'s answers right: {self._shares(self.right)}")
        return "\n".join(parts)

    def _shares(self, right: Counter[str]) -> str:
        by_operator = ", ".join(
            f"{operator} {right[operator]:,} of {self.marked[operator]:,}"
            for operator in OPERATORS
            if self.marked[operator]
        )
        return f"{right.total():,} of {self.marked.total():,} ({by_operator})"

    def as_dict(self) -> dict[str, Any]:
        """The summary for programs; shares are of 1, None where there is nothing to share."""
        by_operator = {
            operator: {
                "marked": count,
                "given_right": self.given_right[operator],
                "right": self.right[operator],
                "accuracy": self.right[operator] / count,
            }
            for operator, count in sorted(self.marked.items())
        }
        return {
            "lines": self.lines,
            "answered": self.answered,
            "certified": self.certified,
            "certified_share": self.certified / self.lines if self.lines else None,
            "errors": dict(self.errors),
            "marked": self.marked.total(),
            "given_right": self.given_right.total(),
            "right": self.right.total(),
            "accuracy": self.right.total() / self.marked.total() if self.marked else None,
            "by_operator": by_operator,
            "seconds": round(self.seconds, 3),
            "lines_per_second": round(self.rate, 1),
        }
