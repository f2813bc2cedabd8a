"""Files scored from the shell: lines a second beside those of ``evaluate_batch``, and memory.

``python -m bench.files --readme README.md``
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
import pyarrow as pa
from pyarrow import parquet

from bench.latency import peak
from training.card import table, write_section
from training.expressions import sample
from training.machine import machine, versions

SEED, PART = 2_017_006, 1_000_000
RESULTS = Path(__file__).parent / "results"

#: Answers the file's lines from a list, a part at a time, and prints seconds; none for reading.
_COLUMN = """
import sys, time, exprinfer
evaluator, seconds = exprinfer.load(), 0.0
with open(sys.argv[1]) as file:
    while texts := [line.rstrip() for _, line in zip(range(1_000_000), file)]:
        began = time.perf_counter()
        evaluator.evaluate_batch(texts)
        seconds += time.perf_counter() - began
print(seconds)
"""


def make(folder: Path, lines: int) -> None:
    """The same expressions as text and as Parquet."""
    schema = pa.schema({"id": pa.int64(), "expression": pa.string()})
    with (
        (folder / "in.txt").open("w") as text,
        parquet.ParquetWriter(folder / "in.parquet", schema) as writer,
    ):
        for start in range(0, lines, PART):
            texts = sample(min(PART, lines - start), SEED + start).texts()
            text.write("\n".join(texts) + "\n")
            numbers = range(start, start + len(texts))
            writer.write_table(pa.table([numbers, texts], schema=schema))


def measure(folder: Path, lines: int, repeats: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Interleaved runs: seconds within the work, and peak megabytes of the process."""
    for _ in range(repeats):
        yield "evaluate_batch, lists in memory", {"seconds": _column(folder / "in.txt")}
        for source, target in (("txt", "txt"), ("parquet", "parquet"), ("parquet", "txt")):
            summary = folder / "summary.json"
            words = ["score", f"{folder}/in.{source}", "--output", f"{folder}/out.{target}"]
            words = [sys.executable, "-m", "exprinfer", *words, "--summary", str(summary)]
            megabytes = peak(words)
            told = json.loads(summary.read_text())
            if told["certified"] != lines:
                raise click.ClickException(f"{told['certified']} of {lines} are certified")
            row = {"seconds": told["seconds"], "megabytes": megabytes}
            yield f"score in.{source} --output out.{target}", row


def _column(path: Path) -> float:
    words = [sys.executable, "-c", _COLUMN, str(path)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def section(found: dict[str, Any]) -> str:
    """Rates, shares of the first one's, and peaks, medians."""
    lines, rows, bare = found["lines"], [], 0.0
    for name, runs in found["runs"].items():
        rate = lines / median(run["seconds"] for run in runs)
        bare = bare or rate
        peaks = [run["megabytes"] for run in runs if "megabytes" in run]
        most = f"{median(peaks):,.0f}" if peaks else ""
        rows.append([f"`{name}`", f"{rate:,.0f}", f"{rate / bare:.2f}", most])
    header = [f"{lines:,} expressions", "a second", "share", "peak MB"]
    return table(header, rows)


@click.command()
@click.option("--lines", default=10_000_000, show_default=True)
@click.option("--repeats", default=3, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
@click.option("--readme", type=click.Path(path_type=Path), help="Write the table there too.")
def main(lines: int, repeats: int, output: Path, readme: Path | None) -> None:
    """Score large files on this machine; nothing else should run meanwhile."""
    runs: dict[str, list[dict[str, float]]] = {}
    with TemporaryDirectory() as folder:
        make(Path(folder), lines)
        for name, row in measure(Path(folder), lines, repeats):
            runs.setdefault(name, []).append(row)
    found = {"machine": machine(), "versions": versions(), "lines": lines, "runs": runs}
    output.mkdir(parents=True, exist_ok=True)
    (output / "files.json").write_text(json.dumps(found, indent=1) + "\n")
    click.echo(section(found))
    if readme:
        write_section(readme, "files", section(found))


if __name__ == "__main__":
    main(prog_name="python -m bench.files")
