"""The one interface behind which every peer stands."""

from __future__ import annotations

from abc import ABC, abstractmethod


class UnavailableError(Exception):
    """The peer cannot run here; says why."""


class Baseline(ABC):
    """One way to get answers. Making one loads all it needs, or raises UnavailableError."""

    name: str
    """As the table shows it."""
    expressions: int
    """How many it is timed on: a slow one on fewer."""
    answers_like: str = "exact"
    """Whose answers it must give, before any timing: those of that shipped model."""

    @abstractmethod
    def answer(self, texts: list[str]) -> list[str]:
        """Answer expressions of the seed domain, in order."""

    def close(self) -> None:
        """Give back what it holds."""
        return
