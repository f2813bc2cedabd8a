"""Kill ``exprinfer score`` at random moments, resume it, and compare the bytes of the output.

``python -m tests.fuzz.kills 50`` does this 50 times.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory

import click

from training.expressions import sample

LINES = 1_000_000
EXTENSIONS = ("txt", "csv", "txt.gz", "parquet")


def command(source: Path, output: Path, *options: str) -> list[str]:
    """Return the command that scores the lines."""
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
@click.argument("runs", type=int)
@click.option("--seed", default=1, show_default=True)
def main(runs: int, seed: int) -> None:
    """Fail if a run that was killed and resumed gives other bytes than one that was not."""
    draw, counts = random.Random(seed), Counter[str]()
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in.txt"
        source.write_text("\n".join(sample(LINES, seed).texts()) + "\n")
        seconds = {}
        for extension in EXTENSIONS:
            began = time.monotonic()
            subprocess.run(
                command(source, folder / f"whole.{extension}"), check=True, stderr=DEVNULL
            )
            seconds[extension] = time.monotonic() - began
        for run in range(runs):
            extension = EXTENSIONS[run % len(EXTENSIONS)]
            output = folder / f"out.{extension}"
            resume = command(source, output, "--resume")
            while killed_after(draw.uniform(0.1, seconds[extension]), resume):
                counts[f"killed, {extension}"] += 1
                if draw.random() < 0.5:
                    break  # or else kill it again
            if not output.exists():
                subprocess.run(resume, check=True, stderr=DEVNULL)
            if output.read_bytes() != (folder / f"whole.{extension}").read_bytes():
                raise click.ClickException(f"run {run}: {output.name} differs")
            output.unlink()
            left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
            if left:
                raise click.ClickException(f"run {run} left {', '.join(left)}")
            counts["the same bytes"] += 1
    for outcome, count in sorted(counts.items()):
        click.echo(f"{count:5} {outcome}")


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.kills")
