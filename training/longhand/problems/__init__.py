"""Problems to learn from and to test with: expressions and their values."""

from __future__ import annotations

from training.longhand.problems.operations import (
    Problem,
    awkward_problem,
    problem,
    problems,
    random_problem,
)

__all__ = ["Problem", "awkward_problem", "problem", "problems", "random_problem"]
