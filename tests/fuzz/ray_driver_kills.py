"""Kill ``exprinfer score --ray`` at random moments, run it again, and compare the rows.

``python -m tests.fuzz.ray_driver_kills 10`` does this until 10 runs were killed. A reader looks at
the output all the time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Any

import click
from pyarrow import parquet

from exprinfer.scoring.writing.result_folder import SUCCESS
from tests.fuzz.kills import killed_after
from training.expressions import sample

FILES = 6
#: Seconds until all processes of Ray are gone after that of the command was killed.
PATIENCE = 300
#: A variable in the environment of all processes of a run.
MARK = "EXPRINFER_KILLED_RUN"


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the results; log-probabilities may differ in the last digits."""
    return parquet.read_table(path).drop_columns(["log_prob"]).to_pylist()  # type: ignore[no-any-return]


def watch(folder: Path, lines: int, stop: threading.Event, seen: Counter[str]) -> None:
    """Look at all folders of results until ``stop`` is set, and count what is there."""
    while not stop.wait(0.02):
        for path in [folder / "out", *folder.glob(".out.*")]:
            whole = (path / SUCCESS).exists()
            if path.name == "out" and path.exists() and not whole:
                whole = (path / SUCCESS).exists()  # it may have appeared in between
                seen["half an output"] += not whole
            if not whole:
                seen["nothing, or a folder without _SUCCESS"] += 1
                continue
            try:
                manifest = json.loads((path / SUCCESS).read_text())
                found = len(parquet.read_table(path))
            except FileNotFoundError:  # it was renamed, or removed to run again
                continue
            right = lines == found == manifest["rows_in"] == manifest["rows_out"]
            seen["a whole output" if right else "a wrong number of rows"] += 1


def processes_of(run: str) -> list[int]:
    """Return the processes of a run."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={run}".encode() in (path / "environ").read_bytes().split(b"\0"):
                found.append(int(path.name))
        except OSError:
            continue  # it has just ended
    return found


def wait_for_the_end_of(run: str) -> float:
    """Wait until all processes of a run are gone, and return the seconds."""
    began = time.monotonic()
    while processes_of(run):
        if time.monotonic() - began > PATIENCE:
            raise click.ClickException(f"processes of Ray are left: {processes_of(run)}")
        time.sleep(0.2)
    return time.monotonic() - began


@click.command()
@click.argument("kills", type=int)
@click.option("--seed", default=1, show_default=True)
@click.option("--lines", default=50_000, show_default=True, help="Lines of each of the 6 files.")
def main(kills: int, seed: int, lines: int) -> None:
    """Fail if a reader sees a wrong number of rows, or a run after a kill gives other rows."""
    draw, counts = random.Random(seed), Counter[str]()
    duration = longest = 0.0
    with TemporaryDirectory() as name:
        folder, stop, seen = Path(name), threading.Event(), Counter[str]()
        source, output = folder / "in", folder / "out"
        source.mkdir()
        for number in range(FILES):
            texts = [*sample(lines - 2, seed + number).texts(), "1/0", "5+"]
            (source / f"{number}.txt").write_text("\n".join(texts))
        score = [sys.executable, "-m", "exprinfer", "score", str(source), "--device", "cpu"]
        plain = [*score, "--output", str(folder / "plain.parquet")]
        subprocess.run(plain, stderr=DEVNULL)
        expected = rows(folder / "plain.parquet")
        assert len(expected) == FILES * lines
        with_ray = [*score, "--output", str(output), "--ray"]
        reader = threading.Thread(target=watch, args=(folder, FILES * lines, stop, seen))
        reader.start()
        try:
            began = time.monotonic()
            while counts["runs killed"] < kills:
                # Each run but the first is killed somewhere in the time that the first one took.
                seconds = draw.uniform(0.1, duration) if duration else 1e6
                run = uuid.uuid4().hex
                os.environ[MARK] = run
                if killed_after(seconds, with_ray):
                    counts["runs killed"] += 1
                    longest = max(longest, wait_for_the_end_of(run))
                    if output.exists():
                        counts["killed when the output was there"] += 1
                    for left in folder.glob(".out.*"):
                        counts["hidden folders left"] += 1
                        shutil.rmtree(left)
                    click.echo(f"{counts['runs killed']} killed, after {seconds:.1f} s", err=True)
                    if not output.exists():
                        subprocess.run(with_ray, stderr=DEVNULL)  # the exit code is 1: errors
                duration = duration or time.monotonic() - began
                counts["whole runs"] += 1
                if rows(output) != expected:
                    raise click.ClickException("the rows differ from those without Ray")
                output.rename(folder / "old")  # in one step, for the reader
                shutil.rmtree(folder / "old")
        finally:
            stop.set()
            reader.join()
    if seen["half an output"] or seen["a wrong number of rows"] or not seen["a whole output"]:
        raise click.ClickException(f"a reader saw: {dict(seen)}")
    for what, count in sorted(counts.items()):
        click.echo(f"{count:6} {what}")
    click.echo(f"{len(expected):,} rows in each output, those of a run without Ray")
    click.echo(f"a reader saw: {dict(seen)}")
    click.echo(f"the last process of Ray was gone {longest:.1f} s after a kill, or sooner")


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.ray_driver_kills")
