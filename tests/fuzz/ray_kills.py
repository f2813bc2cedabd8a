"""Kill workers of Ray while they score a data set, and compare the rows of the output.

``python -m tests.fuzz.ray_kills 10`` does this until 10 workers were killed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from pyarrow import parquet

from exprinfer.ray import score_dataset
from exprinfer.ray.connection import connected, import_ray
from tests.processes import ray_processes
from training.expressions import sample

FILES = 12
#: What the command of a worker that is scoring has in it.
WORKER = b"ray::_score"


def kill_at_random(
    draw: random.Random, stop: threading.Event, limit: int, killed: list[int]
) -> None:
    """Kill a worker now and then until ``stop`` is set."""
    while not stop.wait(draw.uniform(0.5, 3)):
        if len(killed) < limit and (found := ray_processes(WORKER)):
            os.kill(draw.choice(found), signal.SIGKILL)
            killed.append(1)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return the results; log-probabilities may differ in the last digits."""
    table = parquet.read_table(folder)
    return table.drop_columns(["log_prob"]).to_pylist()  # type: ignore[no-any-return]


@click.command()
@click.argument("kills", type=int)
@click.option("--seed", default=1, show_default=True)
@click.option("--lines", default=50_000, show_default=True, help="Lines of each of the 12 files.")
def main(kills: int, seed: int, lines: int) -> None:
    """Fail if a run with killed workers gives other rows than one without."""
    draw, killed, same, failed = random.Random(seed), list[int](), 0, 0
    with TemporaryDirectory() as name, connected(import_ray(), None, 2):
        source, whole, output = (Path(name) / part for part in ("in", "whole", "out"))
        source.mkdir()
        for number in range(FILES):
            texts = sample(lines, seed + number).texts()
            (source / f"{number}.txt").write_text("\n".join(texts))
        score_dataset(str(source), str(whole))
        expected = rows(whole)
        while len(killed) < kills:
            stop = threading.Event()
            killer = threading.Thread(target=kill_at_random, args=(draw, stop, kills, killed))
            killer.start()
            began = time.monotonic()
            try:
                score_dataset(str(source), str(output))
            except Exception as error:
                failed += 1
                click.echo(f"failed: {error}")
                if output.exists():
                    raise click.ClickException("a run that failed left an output") from error
            finally:
                stop.set()
                killer.join()
            if output.exists():
                if rows(output) != expected:
                    raise click.ClickException("the rows differ")
                same += 1
                shutil.rmtree(output)
            left = [path.name for path in Path(name).iterdir() if path.name.startswith(".")]
            if left:
                raise click.ClickException(f"left {', '.join(left)}")
            click.echo(f"{len(killed)} killed so far; {time.monotonic() - began:.0f} s")
    click.echo(f"{len(killed):5} workers killed")
    click.echo(f"{same:5} outputs with the same {len(expected):,} rows")
    click.echo(f"{failed:5} runs without an output")


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.ray_kills")
