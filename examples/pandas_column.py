"""Evaluate a column of a pandas frame.

python examples/pandas_column.py
"""

from __future__ import annotations

import pandas as pd

import exprinfer
from exprinfer.arrow import evaluate_arrow, to_pandas

frame = pd.DataFrame({"item": ["a", "b", "c", "d"], "sum": ["5+3", "7*-9", None, "1/0"]})

with exprinfer.load() as evaluator:
    # Arrow reads the column without an object per row. A missing value stays missing.
    results = evaluate_arrow(evaluator, frame["sum"])

# Integers keep all their digits even if some are missing.
answers = to_pandas(results).set_index(frame.index)
frame = frame.join(answers[["value", "certified", "error"]])

if __name__ == "__main__":
    print(frame)
