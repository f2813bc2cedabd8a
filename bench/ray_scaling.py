"""Rows per second with one and two Ray workers."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pyarrow as pa
from pyarrow import parquet

from bench.markdown import table
from bench.report import Report, Results, measured_by, report_options
from exprinfer.ray import score_dataset
from training.expressions import sample

SEED, FILES = 2_017_005, 16
#: Rows of a short and a long run. The rate is that of the difference between them, so it does not
#: include the start and the end of Ray.
SHORT, LONG = 500_000, 2_000_000
#: Numbers of workers.
WORKERS = (1, 2)


def measure(workers: int) -> dict[str, float]:
    """Score data sets from Parquet to Parquet with so many workers.

    Returns:
        The seconds of the ``short`` and the ``long`` run, and the ``rate`` in rows per second.

    Raises:
        ValueError: If an answer is not certified.
    """
    short, long = _seconds(workers, SHORT), _seconds(workers, LONG)
    rate = (LONG - SHORT) / (long - short)
    return {"short": round(short, 2), "long": round(long, 2), "rate": round(rate)}


def _seconds(workers: int, rows: int) -> float:
    texts = sample(rows, SEED).texts()
    with TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        for number in range(FILES):
            part = pa.table({"expression": texts[number::FILES]})
            parquet.write_table(part, source / f"{number}.parquet")
        began = time.perf_counter()
        totals = score_dataset(str(source), str(Path(folder) / "output"), workers=workers)
        seconds = time.perf_counter() - began
    if totals.certified != rows:
        raise ValueError(f"{totals.certified} of {rows} answers are certified, expected all")
    return seconds


def section(results: Results) -> str:
    """Return a table of the rates, the times, and the part of them that is the start of Ray."""
    short, long = results["rows"]
    rows = [
        [
            workers,
            f"{row['rate']:,.0f}",
            f"{row['short']:.1f}",
            f"{row['long']:.1f}",
            f"{row['long'] - long / row['rate']:.1f}",
        ]
        for workers, row in results["workers"].items()
    ]
    header = [
        "workers", "rows/s", f"{short:,} rows (s)", f"{long:,} rows (s)", "start, in both (s)"
    ]  # fmt: skip
    return "\n\n".join([measured_by(results, "one run each"), table(header, rows)])


@click.command("ray")
@report_options("ray_scaling")
def command(report: Report) -> None:
    """Measure `score_dataset` with one and two Ray workers.

    Scores 500,000 and 2,000,000 rows from Parquet to Parquet on this computer. Both times include
    the start of Ray; the rate is that of the difference between them and leaves it out.

    Takes about 2 minutes on 2 cores. Nothing else should run meanwhile. Writes ray_scaling.json and
    the section `ray_scaling`.
    """
    results: Results = {"rows": [SHORT, LONG], "workers": {}}
    for workers in WORKERS:
        results["workers"][str(workers)] = row = measure(workers)
        click.echo(f"{workers} workers: {row['rate']:,.0f} rows/s", err=True)
    report.publish("ray_scaling", section(report.save("ray_scaling", results)))
