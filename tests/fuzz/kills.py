"""Kill ``exprinfer score`` at random moments, go on with ``--resume``, and compare the bytes.

``python -m tests.fuzz.kills 50``
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from training.expressions import sample

LINES = 1_000_000
ENDS = ("txt", "csv", "txt.gz", "parquet")


def command(source: Path, output: Path, *options: str) -> list[str]:
    """The command that scores the lines."""
    words = [sys.executable, "-m", "exprinfer", "score", str(source), "--output", str(output)]
    return [*words, *options]


def killed_after(seconds: float, words: list[str]) -> bool:
    """Run a command and kill it; whether that came before its end."""
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


@click.command()
@click.argument("runs", type=int)
@click.option("--seed", default=1, show_default=True)
def main(runs: int, seed: int) -> None:
    """Raise where a run that was killed and resumed gives other bytes than one that was not."""
    draw, found = random.Random(seed), Counter[str]()
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in.txt"
        source.write_text("\n".join(sample(LINES, seed).texts()) + "\n")
        took = {}
        for end in ENDS:
            began = time.monotonic()
            subprocess.run(command(source, folder / f"whole.{end}"), check=True, stderr=-3)
            took[end] = time.monotonic() - began
        for run in range(runs):
            end = ENDS[run % len(ENDS)]
            output = folder / f"out.{end}"
            while killed_after(draw.uniform(0.1, took[end]), command(source, output, "--resume")):
                found[f"killed, {end}"] += 1
                if draw.random() < 0.5:
                    break  # the others are killed again
            if not output.exists():
                subprocess.run(command(source, output, "--resume"), check=True, stderr=-3)
            if output.read_bytes() != (folder / f"whole.{end}").read_bytes():
                raise click.ClickException(f"run {run}: {output.name} differs")
            output.unlink()
            left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
            if left:
                raise click.ClickException(f"run {run} left {', '.join(left)}")
            found["the same bytes"] += 1
    for what, count in sorted(found.items()):
        click.echo(f"{count:5} {what}")


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.kills")
