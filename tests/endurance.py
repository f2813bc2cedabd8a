"""Long runs that the test suite does only in part.

    python -m tests.endurance forks --count 1000
    python -m tests.endurance lines --count 1000000

Each command ends with an error if a child hangs or answers wrongly, or a line is lost or wrong.
``python -m bench endurance`` records the memory under mixed load.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random

import click

import exprinfer
from exprinfer import Evaluator
from exprinfer.scoring.reference import exact_value
from training.expressions import sample

#: Seconds after which a child counts as hanging.
PATIENCE = 60
TEXTS = [*sample(300, seed=3).texts(), "123*456", "9" * 20 + "/7"]
#: Threads that evaluate while the process forks, and children at a time.
LOADERS, AT_A_TIME = 3, 8
#: Budget of a line, and the shapes of costly ones: some fit into it, some do not.
MAX_STEPS, TIMEOUT = 4_000, 5.0
SHAPES = (
    "9" * 16 + "/1" * 8,
    "9" * 30 + "*" + "8" * 30,
    "9" * 64 + "/1" * 32,
    "9" * 1_024 + "/1" * 512,
)
#: One line in so many is a costly one.
COSTLY_EVERY = 1_000


def fork_under_load(count: int) -> Counter[int]:
    """Fork while threads evaluate; each child evaluates too.

    Returns:
        How often each exit code was seen: 0 for the correct answers, -9 for a child that hung.
    """
    evaluator = exprinfer.load(device="cpu", threads=2)
    expected = evaluator.evaluate_batch(TEXTS).answers.tolist()
    done, codes = threading.Event(), Counter[int]()

    def load() -> None:
        while not done.is_set():
            evaluator.evaluate_batch(TEXTS)

    loaders = [threading.Thread(target=load) for _ in range(LOADERS)]
    for loader in loaders:
        loader.start()
    try:
        while sum(codes.values()) < count:
            pids = [_fork(evaluator, expected) for _ in range(min(AT_A_TIME, count))]
            codes.update(wait_for(pids))
    finally:
        done.set()
        for loader in loaders:
            loader.join()
    return codes


def _fork(evaluator: Evaluator, expected: list[str]) -> int:
    time.sleep(0.01)
    if (pid := os.fork()) == 0:
        try:
            correct = evaluator.evaluate_batch(TEXTS).answers.tolist() == expected
            os._exit(0 if correct else 3)
        finally:
            os._exit(4)
    return pid


def wait_for(pids: list[int]) -> list[int]:
    """Return the exit codes; a child that hangs is killed and counts as -9."""
    end, codes = time.monotonic() + PATIENCE, []
    for pid in pids:
        while not (ended := os.waitpid(pid, os.WNOHANG))[0] and time.monotonic() < end:
            time.sleep(0.01)
        if not ended[0]:
            os.kill(pid, 9)
            ended = os.waitpid(pid, 0)
        codes.append(os.waitstatus_to_exitcode(ended[1]))
    return codes


def write_lines(path: Path, count: int) -> Counter[str]:
    """Write expressions, costly ones among them; return how many there are of each kind."""
    rng, kinds = Random(14), Counter[str]()
    texts = sample(10_000, seed=14).texts()
    with path.open("w") as file:
        for number in range(count):
            costly = number % COSTLY_EVERY == COSTLY_EVERY // 2
            file.write((rng.choice(SHAPES) if costly else rng.choice(texts)) + "\n")
            kinds["costly" if costly else "quick"] += 1
    return kinds


def score_lines(source: Path, output: Path) -> None:
    """Score the file with a budget for each line."""
    command = [sys.executable, "-m", "exprinfer", "score", str(source), "--output", str(output)]
    limits = ["--max-steps", str(MAX_STEPS), "--timeout", str(TIMEOUT)]
    finished = subprocess.run([*command, *limits, "--format", "csv"], check=False)
    if finished.returncode not in (0, 1):
        raise click.ClickException(f"exprinfer score ended with {finished.returncode}")


def count_outcomes(source: Path, output: Path) -> Counter[str]:
    """Compare every result with its line and with Python's integers.

    Returns:
        How many lines were answered, and how many had which error; ``wrong`` counts the others.
    """
    outcomes = Counter[str]()
    with source.open() as lines, output.open(newline="") as results:
        for row in csv.DictReader(results):
            line = next(lines, "").strip()
            if row["expression"] != line:
                outcomes["wrong"] += 1
            elif row["error"]:
                outcomes[row["error"]] += 1
            else:
                outcomes["answered" if row["answer"] == _value(line) else "wrong"] += 1
        outcomes["lost"] = sum(1 for _ in lines)
    return outcomes


_values: dict[str, str] = {}


def _value(text: str) -> str:
    if text not in _values:
        exact = exact_value(text)
        _values[text] = str(exact[1]) if exact else ""
    return _values[text]


@click.group()
def main() -> None:
    """Run one of the long checks."""


@main.command()
@click.option("--count", default=1_000, show_default=True, help="Children to fork.")
def forks(count: int) -> None:
    """Fork while threads evaluate, and count the exit codes of the children."""
    codes = fork_under_load(count)
    click.echo(f"{sum(codes.values()):,} children, by exit code: {dict(codes)}")
    sys.exit(int(set(codes) != {0}))


@main.command()
@click.option("--count", default=1_000_000, show_default=True, help="Lines to score.")
def lines(count: int) -> None:
    """Score lines with costly ones among them, each with a budget, and check every result."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "lines.txt", Path(folder) / "results.csv"
        kinds = write_lines(source, count)
        score_lines(source, output)
        outcomes = count_outcomes(source, output)
    click.echo(f"{count:,} lines, {dict(kinds)}: {dict(outcomes)}")
    sys.exit(int(outcomes["wrong"] + outcomes["lost"] > 0 or outcomes.total() != count))


if __name__ == "__main__":
    main()
