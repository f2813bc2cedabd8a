"""The tables and the plot of the studies in the card of exact, from their CSV files."""

from __future__ import annotations

from pathlib import Path

from matplotlib import pyplot

from training.card import table, write_section
from training.data import training_part
from training.exact_variants import (
    FILE,
    GROUPS,
    MISTAKES,
    ORBITS_FILE,
    SAMPLES_FILE,
    UNITS,
    VOTE_FILE,
    data_variants,
    orbit_variants,
    samples_variants,
    size_variants,
    split_variant,
)
from training.expressions import OPERATORS
from training.files import read_rows
from training.plots import COLORS, MARKERS, NAMES, save

DOMAIN = 475_200
#: What the gist itself reached: 16 of its 100 printed answers.
GIST_PRINTED = 0.16


def write_findings(folder: Path) -> None:
    """Write the tables into the card and draw ``study.png``; a run not made is an empty cell.

    Raises:
        ValueError: If the card lacks one of the sections ``data``, ``size``, ``orbits``, ``vote``
            and ``samples``.
    """
    rows, of_orbits, of_samples = (
        {row["run"]: row for row in read_rows(folder / file)}
        for file in (FILE, ORBITS_FILE, SAMPLES_FILE)
    )
    write_section(folder / "README.md", "data", _data_table(rows))
    write_section(folder / "README.md", "size", _size_table(rows))
    write_section(folder / "README.md", "orbits", _orbits_table(of_orbits))
    write_section(folder / "README.md", "vote", _vote_table(read_rows(folder / VOTE_FILE)))
    write_section(folder / "README.md", "samples", _samples_table(of_samples))
    _draw(rows, folder / "study.png")


def _data_table(rows: dict[str, dict[str, str]]) -> str:
    lines = []
    for label, recipe in {**data_variants(), **split_variant()}.items():
        row = rows.get(recipe.name)
        found = [""] * 8 if row is None else _data_cells(row)
        lines.append([label, f"{len(training_part(recipe.data)):,}", *found])
    operators = [f"`{symbol}`" for symbol in OPERATORS]
    head = ["fitted to", "expressions", "updates", "minutes", "unseen", "right", *operators]
    return table(head, lines)


def _data_cells(row: dict[str, str]) -> list[str]:
    unseen, right = int(row["unseen"]), int(row["unseen_right"])
    updates = f"{int(row['updates']):,}"
    return [
        updates,
        row["minutes"],
        f"{unseen:,}",
        f"{right / unseen:.2%}",
        *_shares("unseen", row),
    ]


def _shares(name: str, row: dict[str, str]) -> list[str]:
    return [f"{float(row[f'{name}_exact_match {symbol}']):.2%}" for symbol in OPERATORS]


def _orbits_table(rows: dict[str, dict[str, str]]) -> str:
    lines = []
    for label, recipe in orbit_variants().items():
        row = rows.get(recipe.name)
        cells = [""] * (8 + len(MISTAKES))
        if row is not None:
            cells = [*_data_cells(row), *(f"{int(row[name]):,}" for name in MISTAKES)]
        lines.append([label, *cells])
    operators = [f"`{symbol}`" for symbol in OPERATORS]
    head = ["fitted to", "updates", "minutes", "unseen", "right", *operators, *MISTAKES]
    return table(head, lines)


def _samples_table(rows: dict[str, dict[str, str]]) -> str:
    lines = []
    for label, recipe in samples_variants().items():
        row = rows.get(recipe.name)
        cells = [""] * 13
        if row is not None:
            shown = f"{int(row['updates']) * recipe.training.batch_size:,}"
            twinless = [f"{int(row['twinless']):,}", *_shares("twinless", row)]
            cells = [shown, *_data_cells(row)[1:], *twinless]
        lines.append([label, *cells])
    operators = [f"`{symbol}`" for symbol in OPERATORS]
    twinless = ["no twin", *(f"{name}, no twin" for name in operators)]
    head = ["written", "shown", "minutes", "unseen", "right", *operators, *twinless]
    return table(head, lines)


def _vote_table(rows: list[dict[str, str]]) -> str:
    lines = []
    for row in rows:
        unseen = int(row["unseen"])
        right, of_twins, agreed = (
            f"{int(row[name]) / unseen:.2%}"
            for name in ("vote_right", "vote_of_twins_right", "agreed")
        )
        agreed_right = f"{int(row['agreed_right']) / int(row['agreed']):.2%}"
        name = row["written"], f"`{row['operator']}`", row["networks"]
        lines.append([*name, f"{unseen:,}", right, of_twins, agreed, agreed_right])
    head = ["written", "operator", "networks", "unseen", "vote is right", "with twins"]
    return table([*head, "all agree", "right if all agree"], lines)


def _size_table(rows: dict[str, dict[str, str]]) -> str:
    names = iter(size_variants().values())
    lines = [
        [f"{units} units", *(_size_cell(rows.get(next(names).name)) for _ in GROUPS)]
        for units in UNITS
    ]
    return table(["", *(f"{group} symbol(s) a step" for group in GROUPS)], lines)


def _size_cell(row: dict[str, str] | None) -> str:
    if row is None:
        return ""
    wrong = DOMAIN - int(row["right"])
    verdict = "all right" if not wrong else f"{wrong:,} wrong"
    return f"{verdict}; {int(row['weights']):,} weights, {row['minutes']} minutes"


def _draw(rows: dict[str, dict[str, str]], path: Path) -> None:
    """Draw the exact match on unseen pairs over the size of the training data, by operator."""
    found = {
        len(training_part(recipe.data)): rows[recipe.name]
        for recipe in data_variants().values()
        if recipe.name in rows
    }
    figure, axis = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
    counts = sorted(found)
    for symbol in OPERATORS:
        shares = [100 * float(found[count][f"unseen_exact_match {symbol}"]) for count in counts]
        thousands = [count / 1_000 for count in counts]
        axis.plot(
            thousands, shares, color=COLORS[symbol], marker=MARKERS[symbol], label=NAMES[symbol]
        )
    label = "answers printed by the gist (16 of 100)"
    axis.axhline(100 * GIST_PRINTED, color="gray", linestyle=":", label=label)
    axis.set(
        xlabel="expressions fitted to (thousands)",
        ylabel="exact match on unseen pairs (%)",
        ylim=(0, 103),
    )
    axis.grid(alpha=0.3)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 0.2))
    save(figure, path)
