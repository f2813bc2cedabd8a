"""The command ``exprinfer score --ray``: wiring only."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from exprinfer.scoring.atomic_file import whole_file

#: What the option's value is where no address is given.
HERE = "local"


def score_by_ray(
    sources: tuple[str, ...],
    output: str,
    address: str,
    column: str | None,
    summary: Path | None,
    batch_size: int | None,
    **options: Any,
) -> int:
    """Score by Ray into a folder of Parquet files, and say what is in it; returns the exit code."""
    from exprinfer.ray import score_dataset  # needs an extra

    if output == "-":
        raise click.UsageError("--ray writes a folder of Parquet files: name it by --output")
    if batch_size:
        raise click.UsageError("--ray goes without --batch-size")
    options["device"] = options["device"].replace("auto", "cpu")
    began = time.monotonic()
    try:
        totals = score_dataset(
            list(sources),
            output,
            column=column or "expression",
            address=None if address == HERE else address,
            **options,
        )
    except Exception as error:  # Ray has no common base class of its own
        if not type(error).__module__.startswith("ray"):
            raise
        reason = str(error).strip().splitlines()[-1]
        raise click.ClickException(f"Ray could not do it: {reason}") from error
    seconds = time.monotonic() - began
    kinds = ", ".join(f"{code} {count:,}" for code, count in totals.errors.most_common())
    click.echo(
        f"{totals.rows:,} rows: {totals.certified:,} answered and certified, {totals.nulls:,} "
        f"without an expression, {totals.errors.total():,} with an error"
        f"{f' ({kinds})' if kinds else ''}; {seconds:.1f} s",
        err=True,
    )
    if summary:
        counts = {**vars(totals), "seconds": round(seconds, 3), "inputs": sources}
        with whole_file(summary) as file:
            file.write(json.dumps(counts, indent=2).encode() + b"\n")
    return int(totals.errors.total() + totals.nulls > 0)
