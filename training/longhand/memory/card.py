"""The tables of the studies ``memory`` and ``seeds`` for the model card."""

from __future__ import annotations

from pathlib import Path

from training.card import table
from training.files import read_rows

MEMORY_FILE, SEEDS_FILE = "memory.csv", "seeds.csv"


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
        for row in read_rows(folder / MEMORY_FILE)
    ]
    head = ["method", "expressions", "questions", "states found", "failing", "of the teacher's"]
    return table(head, rows)


def seeds_table(folder: Path) -> str:
    """Return the table of the study of seeds."""
    counts = "states given", "states found", "expressions", "questions", "from the comparison"
    rows = [
        [
            row["name"],
            *(f"{int(row[name]):,}" for name in (*counts, "wrong")),
            *(row[f"{what} margin"] for what in ("state", "write", "move")),
        ]
        for row in read_rows(folder / SEEDS_FILE)
    ]
    head = ["run", "states given", "found", *counts[2:], "wrong"]
    return table([*head, "margin: state", "symbol", "move"], rows)
