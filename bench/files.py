"""Scoring files from the shell: expressions per second next to ``evaluate_batch``, and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
import pyarrow as pa
from pyarrow import parquet

from bench.markdown import table
from bench.process import peak_memory
from bench.report import Report, Results, measured_by, report_options
from training.expressions import sample

SEED = 2_017_006
#: Expressions that are made and written at a time.
CHUNK_ROWS = 1_000_000

#: Answers the lines of a file in chunks and prints the seconds that ``evaluate_batch`` took.
_EVALUATE_BATCH = """
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
    """Write the same expressions to ``in.txt`` and ``in.parquet``."""
    schema = pa.schema({"id": pa.int64(), "expression": pa.string()})
    with (
        (folder / "in.txt").open("w") as text,
        parquet.ParquetWriter(folder / "in.parquet", schema) as writer,
    ):
        for start in range(0, lines, CHUNK_ROWS):
            texts = sample(min(CHUNK_ROWS, lines - start), SEED + start).texts()
            text.write("\n".join(texts) + "\n")
            numbers = range(start, start + len(texts))
            writer.write_table(pa.table([numbers, texts], schema=schema))


def measure(folder: Path, lines: int, repeats: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Answer the files of ``make`` in every way, ``repeats`` times in turn.

    Yields:
        The way, and its measurements: ``seconds`` without the start of the process and, except for
        ``evaluate_batch``, the peak ``megabytes`` of the process.

    Raises:
        click.ClickException: If an answer is not certified.
    """
    for _ in range(repeats):
        yield "evaluate_batch, lists in memory", {"seconds": _evaluate_batch(folder / "in.txt")}
        for source, target in (("txt", "txt"), ("parquet", "parquet"), ("parquet", "txt")):
            name = f"score in.{source} --output out.{target}"
            yield name, _score(folder / f"in.{source}", folder / f"out.{target}", lines)


def _evaluate_batch(path: Path) -> float:
    words = [sys.executable, "-c", _EVALUATE_BATCH, str(path)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def _score(source: Path, target: Path, lines: int) -> dict[str, float]:
    path = source.with_name("summary.json")
    words = [sys.executable, "-m", "exprinfer", "score", str(source)]
    megabytes = peak_memory([*words, "--output", str(target), "--summary", str(path)])
    summary = json.loads(path.read_text())
    if summary["certified"] != lines:
        raise click.ClickException(
            f"{source.name}: {summary['certified']} of {lines} answers are certified, expected all"
        )
    return {"seconds": summary["seconds"], "megabytes": megabytes}


def section(results: Results) -> str:
    """Return the table of median rates, relative to ``evaluate_batch``, and peak memory."""
    lines, rows, first_rate = results["lines"], [], 0.0
    for name, runs in results["runs"].items():
        rate = lines / median(run["seconds"] for run in runs)
        first_rate = first_rate or rate
        peaks = [run["megabytes"] for run in runs if "megabytes" in run]
        peak = f"{median(peaks):,.0f}" if peaks else ""
        rows.append([f"`{name}`", f"{rate:,.0f}", f"{rate / first_rate:.0%}", peak])
    header = [f"{lines:,} expressions", "expressions/s", "of `evaluate_batch`", "peak memory (MB)"]
    repeats = max(len(runs) for runs in results["runs"].values())
    how = f"medians of {repeats} interleaved runs"
    return f"{measured_by(results, how)}\n\n{table(header, rows)}"


@click.command("files")
@click.option("--lines", default=10_000_000, show_default=True, help="Expressions in each file.")
@click.option("--repeats", default=3, show_default=True, help="Runs of each way to score.")
@report_options("files")
def command(lines: int, repeats: int, report: Report) -> None:
    """Measure `exprinfer score` on large files.

    Scores the same expressions from text and Parquet files, and compares the rate with that of
    `evaluate_batch` on lists in memory. Also measures the peak memory of each process.

    Takes about 5 minutes on 2 cores. Nothing else should run meanwhile. Writes files.json and the
    section `files`.
    """
    runs: dict[str, list[dict[str, float]]] = {}
    with TemporaryDirectory() as folder:
        make(Path(folder), lines)
        for name, row in measure(Path(folder), lines, repeats):
            runs.setdefault(name, []).append(row)
            click.echo(f"{name}: {row['seconds']:.1f} s", err=True)
    report.publish("files", section(report.save("files", {"lines": lines, "runs": runs})))
