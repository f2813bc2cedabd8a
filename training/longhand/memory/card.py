"""The table of the study ``memory`` for the model card."""

from __future__ import annotations

from pathlib import Path

from training.card import table
from training.files import read_rows

FILE = "memory.csv"


def memory_table(folder: Path) -> str:
    """Return the table of the study of memory."""
    methods = {
        "merged": "merging",
        "surest": "merging, surest first",
        "asked": "questions",
        "network": "network with bits",
    }
    rows = [
        [
            methods[row["name"].split("-")[0]],
            f"{int(row['expressions']):,}",
            f"{int(row['questions']):,}",
            f"{int(row['memories']):,}",
            f"{int(row['failing']):,} of {int(row['tried']):,}",
            f"{int(row['transitions failing']):,}",
        ]
        for row in read_rows(folder / FILE)
    ]
    head = ["method", "expressions", "questions", "states found", "failing", "of the teacher's"]
    return table(head, rows)
