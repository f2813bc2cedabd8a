"""The one interface behind which every peer stands."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Unavailable(Exception):  # noqa: N818 - a reason to skip, not an error
    """The peer cannot run here; says why."""


class Peer(ABC):
    """One way to get answers. Making one loads all it needs, or raises Unavailable."""

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
