"""Rows a second by Ray with one worker and with two, and what more of them would come to.

``python -m bench.ray_scaling --readme README.md``
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import pyarrow as pa
import ray
from pyarrow import parquet

from exprinfer.ray import score_dataset
from training.card import table, write_section
from training.expressions import sample
from training.machine import machine, versions

SEED, FILES = 2_017_005, 16
#: Rows of a short run and a long one: their difference has neither Ray's start nor its end in it.
SHORT, LONG = 500_000, 2_000_000
MEASURED, RECKONED = (1, 2), (8, 64)
RESULTS = Path(__file__).parent / "results"


def measure(workers: int) -> dict[str, float]:
    """Seconds of a short and a long run, from Parquet to Parquet, and the rows a second between."""
    seconds = {}
    for rows in (SHORT, LONG):
        with TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            source.mkdir()
            texts = sample(rows, SEED).texts()
            for number in range(FILES):
                part = pa.table({"expression": texts[number::FILES]})
                parquet.write_table(part, source / f"{number}.parquet")
            began = time.perf_counter()
            totals = score_dataset(str(source), str(Path(folder) / "output"), workers=workers)
            seconds[rows] = time.perf_counter() - began
        if totals.certified != rows:
            raise ValueError(f"{totals.certified} of {rows} answers are certified")
    rate = (LONG - SHORT) / (seconds[LONG] - seconds[SHORT])
    return {"short": round(seconds[SHORT], 2), "long": round(seconds[LONG], 2), "rate": round(rate)}


def section(found: dict[str, Any]) -> str:
    """The table of what was measured, and of what is reckoned beyond."""
    rows = [
        [f"{workers}, measured", f"{row['rate']:,.0f}", f"{row['short']:.1f}", f"{row['long']:.1f}"]
        for workers, row in found["workers"].items()
    ]
    most = max(MEASURED)
    each = found["workers"][most]["rate"] / most
    rows += [[f"{workers}, reckoned", f"{each * workers:,.0f}", "", ""] for workers in RECKONED]
    header = ["workers", "rows/s", f"{SHORT:,} rows, s", f"{LONG:,} rows, s"]
    return table(header, rows)


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
@click.option("--readme", type=click.Path(path_type=Path), help="Write the table there too.")
def main(output: Path, readme: Path | None) -> None:
    """Score data sets by Ray on this machine; nothing else should run meanwhile."""
    found: dict[str, Any] = {
        "machine": machine(),
        "versions": {**versions(), "ray": ray.__version__},
        "rows": [SHORT, LONG],
        "workers": {workers: measure(workers) for workers in MEASURED},
    }
    output.mkdir(parents=True, exist_ok=True)
    (output / "ray_scaling.json").write_text(json.dumps(found, indent=1) + "\n")
    click.echo(section(found))
    if readme:
        write_section(readme, "ray_scaling", section(found))


if __name__ == "__main__":
    main(prog_name="python -m bench.ray_scaling")
