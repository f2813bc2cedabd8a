"""The rows of a study, made one after another and kept in a CSV file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import click

from training.files import read_rows, write_rows

Row: TypeAlias = dict[str, object]


def make_rows(
    file: Path,
    tries: Mapping[str, Callable[[], Mapping[str, object]]],
    only: tuple[str, ...] = (),
    clock: Callable[[], float] = time.process_time,
) -> None:
    """Make the rows that the file does not hold yet, and write each as soon as it is made.

    Args:
        file: The CSV file. Its rows begin with the name of the try.
        tries: What makes each row, by name.
        only: Names of the tries to make; empty means all.
        clock: Measures the column ``seconds``, unless the row has one.

    Raises:
        ValueError: If ``only`` names an unknown try.
    """
    if unknown := set(only) - tries.keys():
        raise ValueError(f"no run {', '.join(sorted(unknown))}; choose from {', '.join(tries)}")
    rows: list[Row] = [dict(row) for row in read_rows(file)]
    done = {row["name"] for row in rows}
    for name, make in tries.items():
        if name in done or (only and name not in only):
            continue
        began = clock()
        row: Row = {"name": name, **make()}
        row.setdefault("seconds", round(clock() - began))
        rows.append(row)
        write_rows(file, rows)
        click.echo(", ".join(f"{key} {value}" for key, value in row.items() if value != ""))
