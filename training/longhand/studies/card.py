"""The tables of the studies of states and networks for the model card."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from training.card import table, write_section
from training.files import read_rows

#: The files of the studies in the folder of the model.
MEMORY, SEEDS = "memory.csv", "seeds.csv"
BASELINES, HELD_OUT, SMALLEST = "baselines.csv", "held-out.csv", "smallest.csv"
REVEALED = "revealed.csv"

#: What the ways to merge are called in the tables.
MERGING = {"merged": "merging", "surest": "merging, surest first"}
#: The order of the learners in the table.
LEARNERS = ("network", "KV", "L*", "L#", "RPNI", "EDSM", "questions", "DFST")


def write_studies(folder: Path) -> None:
    """Write the sections of the studies whose files are in the folder of the model.

    Raises:
        ValueError: If the card lacks a section.
    """
    for name, (file, text) in SECTIONS.items():
        if (folder / file).exists():
            write_section(folder / "README.md", name, text(folder))


def memory_table(folder: Path) -> str:
    """Return the table of the study of memory."""
    methods = {**MERGING, "asked": "questions", "network": "network with bits"}
    rows = [
        [
            methods[row["name"].split("-")[0]],
            f"{int(row['expressions']):,}",
            f"{int(row['questions']):,}",
            f"{int(row['memories']):,}",
            f"{int(row['failing']):,} of {int(row['tried']):,}",
            f"{int(row['transitions failing']):,}",
        ]
        for row in read_rows(folder / MEMORY)
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
        for row in read_rows(folder / SEEDS)
    ]
    head = ["run", "states given", "found", *counts[2:], "wrong"]
    return table([*head, "margin: state", "symbol", "move"], rows)


def baselines_table(folder: Path) -> str:
    """Return two tables of the study of baselines: the whole teacher, and one operation alone."""
    rows = sorted(read_rows(folder / BASELINES), key=_place)
    whole = [
        [
            _learner(row),
            _count(row["expressions"]),
            _count(row["questions"]),
            _count(row["states"]),
            f"{_count(row['failing'])} of {_count(row['tried'])}" if row["tried"] else "",
            _count(row["transitions failing"]),
            row["ended"],
            _count(row["seconds"]),
        ]
        for row in rows
        if not row["long digits"]
    ]
    alone = [
        [
            row["learner"],
            _count(row["expressions"]),
            _count(row["questions"]),
            _count(row["states"]),
            _count(row["long digits"]),
            f"{row['not shown']} of {_count(row['long transitions'])}" if row["not shown"] else "",
            f"{row['long wrong']} of {row['long problems']}" if row["long problems"] else "none",
            "here" if row["long problems"] else "published",
        ]
        for row in rows
        if row["long digits"]
    ]
    head = ["learner", "expressions", "questions", "states", "failing", "of the teacher's"]
    head_alone = ["learner", "expressions", "questions", "states", "digits tested"]
    first = table([*head, "ended", "seconds"], whole)
    second = table([*head_alone, "transitions not shown", "wrong", "measured"], alone)
    return f"{first}\n\n{second}"


def held_out_table(folder: Path) -> str:
    """Return the table of the study of transitions held out; the mean over the seeds."""
    kinds = ("right", "state", "write", "move", "commonest right")
    rows = []
    by_share = sorted(read_rows(folder / HELD_OUT), key=lambda row: int(row["percent"]))
    for percent, group in groupby(by_share, key=lambda row: row["percent"]):
        seeds = list(group)
        unseen = sum(int(row["unseen"]) for row in seeds)
        shares = [f"{sum(int(row[kind]) for row in seeds) / unseen:.1%}" for kind in kinds]
        wrong = sum(int(row["fitted wrong"]) for row in seeds)
        fitted, each = f"{int(seeds[0]['fitted']):,}", f"{int(seeds[0]['unseen']):,}"
        rows.append([f"{percent}%", fitted, wrong, each, len(seeds), *shares])
    head = ["fitted", "transitions", "wrong of them", "unseen", "seeds"]
    decisions = ["right as a whole", "next state", "symbols", "moves", "commonest of the state"]
    return table([*head, *decisions], rows)


def smallest_table(folder: Path) -> str:
    """Return the table of the study of the smallest network."""
    rows = [
        [
            row["units"],
            row["embedding"],
            f"{int(row['updates']):,}",
            f"{int(row['floats']):,}",
            f"{int(row['graph bytes']):,}",
            f"{int(row['wrong']):,}",
            row["smallest margin"],
            f"{int(row['wrong in float16']):,}",
        ]
        for row in sorted(
            read_rows(folder / SMALLEST), key=lambda row: (-int(row["units"]), int(row["updates"]))
        )
    ]
    head = ["units", "symbol vector", "updates", "numbers", "bytes", "wrong of 4,702"]
    return table([*head, "smallest margin", "wrong in float16"], rows)


def revealed_table(folder: Path) -> str:
    """Return the table of the study of revealed states; lowest and highest of the seeds."""
    kinds = ("states", "failing", "transitions failing", "not shown", "shown failing")
    rows = []
    by_share = sorted(read_rows(folder / REVEALED), key=_share)
    for (place, expressions, _), group in groupby(by_share, key=_share):
        seeds = list(group)
        found = [_range([int(row[kind]) for row in seeds]) for kind in kinds]
        told = f"{seeds[0]['revealed']} ({seeds[0]['percent']}%)"
        method = list(MERGING.values())[place]
        rows.append([method, f"{expressions:,}", told, len(seeds), *found])
    head = ["method", "expressions", "states told", "seeds", "states found", "failing"]
    return table([*head, "of the teacher's", "not shown", "shown, but failing"], rows)


#: The file and the text of each section.
SECTIONS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "memory": (MEMORY, memory_table),
    "seeds": (SEEDS, seeds_table),
    "baselines": (BASELINES, baselines_table),
    "held-out": (HELD_OUT, held_out_table),
    "smallest": (SMALLEST, smallest_table),
    "revealed": (REVEALED, revealed_table),
}


def _place(row: dict[str, str]) -> tuple[int, int]:
    """Return the place of a row of the baselines among the others."""
    first = row["learner"].split(",")[0]
    return LEARNERS.index(first), int(row["expressions"] or 0)


def _share(row: dict[str, str]) -> tuple[int, int, int]:
    """Return the place of a row of the study of revealed states, the same for all seeds."""
    method = list(MERGING).index(row["name"].split("-")[0])
    return method, int(row["expressions"]), -int(row["percent"])


def _range(found: list[int]) -> str:
    low, high = min(found), max(found)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _learner(row: dict[str, str]) -> str:
    """Return the learner and where its counterexamples come from."""
    if row["learner"] in ("KV", "L*", "L#"):
        told = "the expressions" if int(row["expressions"]) else "the comparison"
        return f"{row['learner']}, corrected by {told}"
    return row["learner"]


def _count(text: str) -> str:
    return f"{int(text):,}" if text else ""
