"""Kill ``exprinfer score`` at random moments, resume it, and compare the bytes of the output.

``python -m tests.fuzz.kills 200`` does this until 200 runs were killed, over all formats.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory

import click
import pyarrow as pa
from pyarrow import parquet

from training.expressions import sample

#: Input and output formats; each format of both is there.
FORMATS = (
    ("txt", "txt"),
    ("csv", "jsonl"),
    ("jsonl", "csv"),
    ("parquet", "parquet"),
    ("txt.gz", "txt.gz"),
    ("tsv.zst", "parquet"),
    ("jsonl.gz", "jsonl.zst"),
    ("txt.zst", "csv.gz"),
    ("csv.gz", "csv.zst"),
    ("txt", "parquet"),
)


def write_input(path: Path, texts: list[str]) -> None:
    """Write expressions in the format of the file's name, a table with one more column."""
    rows = [(f"0{number}", text) for number, text in enumerate(texts)]
    if ".parquet" in path.name:
        ids, _ = zip(*rows, strict=True)
        parquet.write_table(pa.table({"id": ids, "sum": texts}), path)
        return
    if ".txt" in path.name:
        content = "\n".join(texts)
    elif ".jsonl" in path.name:
        content = "\n".join(json.dumps({"id": number, "sum": text}) for number, text in rows)
    else:
        delimiter = "\t" if ".tsv" in path.name else ","
        content = "\n".join(delimiter.join(row) for row in [("id", "sum"), *rows])
    compress = {".gz": gzip.compress, ".zst": pa.Codec("zstd").compress}.get(path.suffix, bytes)
    path.write_bytes(compress(content.encode()))


def command(source: Path, output: Path, *options: str) -> list[str]:
    """Return the command that scores a file."""
    words = [sys.executable, "-m", "exprinfer", "score", str(source), "--output", str(output)]
    return [*words, *options]


def killed_after(seconds: float, words: list[str]) -> bool:
    """Run a command and kill it, and return False if it ended before."""
    with subprocess.Popen(words, stderr=DEVNULL) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


@click.command()
@click.argument("kills", type=int)
@click.option("--seed", default=1, show_default=True)
@click.option("--lines", default=1_000_000, show_default=True)
def main(kills: int, seed: int, lines: int) -> None:
    """Fail if a run that was killed and resumed gives other bytes than one that was not."""
    draw, counts, total = random.Random(seed), Counter[str](), 0
    with TemporaryDirectory() as name:
        folder, seconds = Path(name), dict[str, float]()
        texts = sample(lines, seed).texts()
        for read, written in cycle(FORMATS):
            if total >= kills:
                break
            source, whole = folder / f"in.{read}", folder / f"{read} whole.{written}"
            if not source.exists():
                write_input(source, texts)
            if not whole.exists():
                began = time.monotonic()
                subprocess.run(command(source, whole), check=True, stderr=DEVNULL)
                seconds[whole.name] = time.monotonic() - began
            output = folder / f"out.{written}"
            resume = command(source, output, "--resume")
            while killed := killed_after(draw.uniform(0.1, seconds[whole.name]), resume):
                counts[f"killed, {read} to {written}"] += 1
                if draw.random() < 0.3:
                    break  # or else kill it again
            if killed:  # perhaps with a whole output already, when only its exit was left
                subprocess.run(resume, check=True, stderr=DEVNULL)
            if output.read_bytes() != whole.read_bytes():
                raise click.ClickException(f"{read} to {output.name} differs")
            output.unlink()
            left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
            if left:
                raise click.ClickException(f"{read} to {output.name} left {', '.join(left)}")
            counts["outputs with the same bytes"] += 1
            total = sum(count for what, count in counts.items() if "killed" in what)
            click.echo(f"{total} killed; {read} to {written}: the same bytes", err=True)
    for outcome, count in sorted(counts.items()):
        click.echo(f"{count:5} {outcome}")


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.kills")
