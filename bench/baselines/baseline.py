"""The interface that every baseline implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager


class UnavailableError(Exception):
    """A baseline cannot run on this computer. The message says why."""


class Baseline(ABC):
    """One way to evaluate expressions.

    The constructor loads everything that the baseline needs, so that timing leaves it out. It
    raises ``UnavailableError`` if the baseline cannot run here.
    """

    name: str
    """The name in tables and plots."""
    expressions: int
    """How many expressions to time. Slow baselines get fewer."""
    answers_like: str = "exact"
    """The shipped model that must give the same answers; checked before timing. "" = no check."""

    @abstractmethod
    def answer(self, texts: list[str]) -> list[str]:
        """Return the answers to expressions of the seed domain, in order."""

    def close(self) -> None:
        """Release threads and processes."""
        return


@contextmanager
def requirements() -> Iterator[None]:
    """Import the libraries of a baseline.

    Raises:
        UnavailableError: If a library that is imported in the block is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise UnavailableError(f"{error.name} is not installed") from error
