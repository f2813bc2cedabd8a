"""Evaluate a column of a Polars frame.

python examples/polars_column.py
"""

from __future__ import annotations

import polars as pl

import exprinfer
from exprinfer.arrow import evaluate_arrow

frame = pl.DataFrame({"item": ["a", "b", "c", "d"], "sum": ["5+3", "7*-9", None, "1/0"]})

with exprinfer.load() as evaluator:
    # Polars and Arrow share memory in both directions. A missing value stays missing.
    answers = pl.from_arrow(evaluate_arrow(evaluator, frame["sum"]))

assert isinstance(answers, pl.DataFrame)
frame = frame.hstack(answers.select("value", "certified", "error"))

if __name__ == "__main__":
    print(frame)
