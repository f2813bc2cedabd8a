"""The option ``--ray`` of ``exprinfer score``."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exprinfer.scoring.summary import unread
from exprinfer.scoring.writing.atomic_file import whole_file

if TYPE_CHECKING:
    from exprinfer.scoring.datasets import Totals

#: The value of the option without an address.
LOCAL = "local"


def score_with_ray(
    sources: tuple[str, ...],
    output: str,
    address: str,
    summary: Path | None,
    batch_size: int | None,
    **options: Any,
) -> int:
    """Score with Ray, write the counts to standard error, and return the exit code.

    Raises:
        UsageError: If the options do not go together.
        Exception: Whatever ``score_dataset`` raises.
    """
    from exprinfer.ray import score_dataset  # needs the extra "ray"

    if output == "-":
        raise click.UsageError("--ray writes a folder of Parquet files: give --output FOLDER")
    if batch_size:
        raise click.UsageError("--ray cannot be combined with --batch-size")
    options["device"] = options["device"].replace("auto", "cpu")
    began = time.monotonic()
    with warnings.catch_warnings(), _without_ray_messages():
        warnings.simplefilter("ignore")
        totals = score_dataset(
            list(sources), output, address=None if address == LOCAL else address, **options
        )
    seconds = time.monotonic() - began
    click.echo(f"{_shown(totals)}; {seconds:.1f} s", err=True)
    for line in unread(totals.unreadable_inputs.items()):
        click.echo(line, err=True)
    if summary:
        counts = {**vars(totals), "seconds": round(seconds, 3), "inputs": sources}
        with whole_file(summary) as file:
            file.write(json.dumps(counts, indent=2).encode() + b"\n")
    return int(totals.errors.total() > 0 or bool(totals.unreadable_inputs))


@contextmanager
def _without_ray_messages() -> Iterator[None]:
    """Keep what Ray's C++ code writes to standard error off the terminal; Python still writes."""
    try:
        to_terminal = sys.stderr.fileno() == 2
    except (OSError, ValueError):  # replaced, as in tests
        to_terminal = False
    if not to_terminal:
        yield
        return
    shown, before = os.dup(2), sys.stderr
    with open(os.devnull, "wb") as nothing:
        before.flush()
        os.dup2(nothing.fileno(), 2)
    sys.stderr = open(  # noqa: SIM115
        shown, "w", encoding=before.encoding, errors="backslashreplace", closefd=False
    )
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = before
        os.dup2(shown, 2)
        os.close(shown)


def _shown(totals: Totals) -> str:
    """Return the counts for people."""
    codes = ", ".join(f"{code} {count:,}" for code, count in totals.errors.most_common())
    parts = [
        f"{totals.rows:,} rows: {totals.certified:,} answered and certified, "
        f"{totals.errors.total():,} with an error{f' ({codes})' if codes else ''}"
    ]
    if totals.marked:
        parts.append(f"given answers right: {totals.given_right:,} of {totals.marked:,}")
        parts.append(f"the models' answers right: {totals.right:,} of {totals.marked:,}")
    if totals.unreadable:
        parts.append(f"given answers unreadable: {totals.unreadable:,}")
    return "; ".join(parts)
