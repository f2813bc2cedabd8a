"""The option ``--ray`` of ``exprinfer score``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from exprinfer.scoring.atomic_file import whole_file

#: The value of the option without an address.
LOCAL = "local"


def score_with_ray(
    sources: tuple[str, ...],
    output: str,
    address: str,
    column: str | None,
    summary: Path | None,
    batch_size: int | None,
    **options: Any,
) -> int:
    """Score with Ray, write the counts to standard error, and return the exit code.

    Raises:
        UsageError: If the options do not go together.
        ClickException: If Ray fails.
        Exception: Whatever else ``score_dataset`` raises.
    """
    from exprinfer.ray import score_dataset  # needs the extra "ray"

    if output == "-":
        raise click.UsageError("--ray writes a folder of Parquet files: give --output FOLDER")
    if batch_size:
        raise click.UsageError("--ray cannot be combined with --batch-size")
    options["device"] = options["device"].replace("auto", "cpu")
    began = time.monotonic()
    try:
        totals = score_dataset(
            list(sources),
            output,
            column=column or "expression",
            address=None if address == LOCAL else address,
            **options,
        )
    except Exception as error:  # the exceptions of Ray have no common base class
        if not type(error).__module__.startswith("ray"):
            raise
        reason = str(error).strip().splitlines()[-1]
        raise click.ClickException(f"Ray failed: {reason}") from error
    seconds = time.monotonic() - began
    codes = ", ".join(f"{code} {count:,}" for code, count in totals.errors.most_common())
    click.echo(
        f"{totals.rows:,} rows: {totals.certified:,} answered and certified, {totals.nulls:,} "
        f"without an expression, {totals.errors.total():,} with an error"
        f"{f' ({codes})' if codes else ''}; {seconds:.1f} s",
        err=True,
    )
    if summary:
        counts = {**vars(totals), "seconds": round(seconds, 3), "inputs": sources}
        with whole_file(summary) as file:
            file.write(json.dumps(counts, indent=2).encode() + b"\n")
    return int(totals.errors.total() + totals.nulls > 0)
