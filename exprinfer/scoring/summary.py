"""Counts over everything that was scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exprinfer.errors import EXPRESSION_ERRORS, printable
from exprinfer.scoring.marking import NUMBER, ScoredBatch, UnreadableInput

OPERATORS = (*"+-*/", NUMBER)


def unread(inputs: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for people for each input that was not read to its end, with the reason."""
    shown = [reason if name in reason else f"{name}: {reason}" for name, reason in inputs]
    return [f"not read to the end: {printable(line)}" for line in shown]


@dataclass
class Summary:
    """Counts over all lines and rows."""

    lines: int = 0
    answered: int = 0
    certified: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """Lines without an answer, by error code."""
    marked: Counter[str] = field(default_factory=Counter)
    """Lines with a given answer that can be read and an exact value, by operator."""
    given_right: Counter[str] = field(default_factory=Counter)
    """Marked lines whose given answer is right, by operator."""
    right: Counter[str] = field(default_factory=Counter)
    """Marked lines that the model answers right, by operator."""
    unreadable: int = 0
    """Lines whose given answer cannot be read."""
    unreadable_inputs: list[list[str]] = field(default_factory=list)
    """The names of inputs that cannot be read, each with the reason."""
    seconds: float = 0.0

    @classmethod
    def from_json(cls, counts: dict[str, Any]) -> Summary:
        """Return the summary whose ``vars`` were written as JSON."""
        fields: dict[str, Any] = {
            name: Counter(value) if isinstance(value, dict) else value
            for name, value in counts.items()
        }
        return cls(**fields)

    def plus(self, batch: ScoredBatch | UnreadableInput) -> Summary:
        """Return a new summary that also counts a batch, or an input that cannot be read."""
        summary = deepcopy(self)
        if isinstance(batch, UnreadableInput):
            summary.unreadable_inputs.append([batch.name, batch.reason])
        else:
            summary._add(batch)
        return summary

    def _add(self, batch: ScoredBatch) -> None:
        result = batch.result
        self.lines += len(result)
        failed = result.errors[result.errors != 0]
        self.answered += len(result) - len(failed)
        self.certified += int(np.count_nonzero(result.certified))
        for number, count in enumerate(np.bincount(failed).tolist()):
            if count:
                self.errors[EXPRESSION_ERRORS[number].code] += count
        for marked in batch.marked:
            self.unreadable += bool(marked.given_unreadable)
            if marked.operator and marked.given_right is not None:
                self.marked[marked.operator] += 1
                self.given_right[marked.operator] += bool(marked.given_right)
                self.right[marked.operator] += bool(marked.right)

    @property
    def lines_per_second(self) -> float:
        """The rate; 0 if no time was measured."""
        return self.lines / self.seconds if self.seconds else 0.0

    def text(self, model: str, device: str) -> str:
        """Return the summary for people, in a few lines."""
        parts = [
            f"{self.lines:,} lines: {self.answered:,} answered, {self.certified:,} of them "
            f"certified, {self.errors.total():,} with an error; {model} on {device}, "
            f"{self.seconds:.1f} s, {self.lines_per_second:,.0f} lines/s"
        ]
        if self.errors:
            codes = ", ".join(f"{code} {count:,}" for code, count in self.errors.most_common())
            parts.append(f"errors: {codes}")
        if self.marked:
            parts.append(f"given answers right: {self._shares(self.given_right)}")
            parts.append(f"{model}'s answers right: {self._shares(self.right)}")
        if self.unreadable:
            parts.append(f"given answers unreadable: {self.unreadable:,}")
        parts += unread((name, reason) for name, reason in self.unreadable_inputs)
        return "\n".join(parts)

    def _shares(self, right: Counter[str]) -> str:
        by_operator = ", ".join(
            f"{operator} {right[operator]:,} of {self.marked[operator]:,}"
            for operator in OPERATORS
            if self.marked[operator]
        )
        return f"{right.total():,} of {self.marked.total():,} ({by_operator})"

    def as_dict(self) -> dict[str, Any]:
        """Return the summary for programs; shares are fractions, or None if the total is 0."""
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
            "unreadable": self.unreadable,
            "accuracy": self.right.total() / self.marked.total() if self.marked else None,
            "by_operator": by_operator,
            "unreadable_inputs": dict(self.unreadable_inputs),
            "seconds": round(self.seconds, 3),
            "lines_per_second": round(self.lines_per_second, 1),
        }
