"""What goes wrong while a file is scored: nothing is lost, and no half file looks whole."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exprinfer.errors import OutputError
from exprinfer.evaluator import Evaluator, load
from exprinfer.scoring.blocks import Columns, Place, read_blocks
from exprinfer.scoring.checkpoint import resumable
from exprinfer.scoring.pipeline import score
from exprinfer.scoring.readers import find_inputs
from exprinfer.scoring.writers import encoder

#: Notes its progress after each block, so that little files will do.
SCORE = "import exprinfer.scoring.checkpoint as r, exprinfer.cli; r.EVERY = 0; exprinfer.cli.main()"
FORMATS = ["txt", "csv", "jsonl.gz", "parquet"]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", SCORE, "score", *map(str, arguments)]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some blocks of lines."""
    draw = random.Random(1)
    path = tmp_path_factory.mktemp("lines") / "in.txt"
    made = [f"{draw.randint(-100, 99)}{draw.choice('+-*')}{draw.randint(1, 99)}" for _ in range(5)]
    path.write_text("".join(f"{draw.choice(made)}\n" for _ in range(400_000)) + "1/0\nx\n")
    return path


@pytest.fixture(scope="module")
def exact() -> Iterator[Evaluator]:
    with load("exact") as evaluator:
        yield evaluator


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.mark.parametrize("end", FORMATS)
def test_a_killed_run_goes_on_to_the_very_same_bytes(tmp_path: Path, lines: Path, end: str) -> None:
    if end == "parquet":
        pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    whole, out = tmp_path / f"whole.{end}", tmp_path / f"out.{end}"
    assert run(lines, "--output", whole).returncode == 1
    draw = random.Random(end)
    for _ in range(3):
        with subprocess.Popen(
            command(lines, "--output", out, "--resume"), stderr=subprocess.DEVNULL
        ) as process:
            begun = time.monotonic()
            while not hidden(tmp_path) and time.monotonic() - begun < 60:
                time.sleep(0.01)
            time.sleep(draw.random() * 0.5)
            process.kill()
        assert not out.exists() or not hidden(tmp_path)
    again = run(lines, "--output", out, "--resume")
    assert again.returncode == 1, again.stderr
    assert out.read_bytes() == whole.read_bytes()
    assert hidden(tmp_path) == []


class StopError(Exception):
    """Ends a run on the way."""


def scored(evaluator: Evaluator, source: Path, out: Path, blocks: int, run: Any = 1) -> None:
    """Score, and stop after so many blocks."""
    inputs = find_inputs((str(source),))
    with resumable(out, encoder("jsonl", None), run, resume=True) as output:

        def stopping(lines: int, size: int) -> None:
            nonlocal blocks
            blocks -= 1
            if not blocks:
                raise StopError

        place = output.progress.place
        score(evaluator, read_blocks(inputs, Columns(), place), output, stopping)


def test_a_run_stopped_after_every_block_counts_every_line_once(
    exact: Evaluator, lines: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    stops = 0
    while not out.exists():
        try:
            scored(exact, lines, out, blocks=1)
        except StopError:
            stops += 1
    assert stops >= 4
    scored(exact, lines, tmp_path / "whole.jsonl", blocks=-1)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert hidden(tmp_path) == []


def test_another_run_is_not_gone_on_with(exact: Evaluator, lines: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(StopError):
        scored(exact, lines, out, blocks=1, run="one model")
    with pytest.raises(OutputError, match="other inputs, models or options"):
        scored(exact, lines, out, blocks=1, run="another model")
    assert len(hidden(tmp_path)) == 2  # what was done is still there


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    with (
        resumable(tmp_path / "out", encoder("text", None), 1, resume=False),
        pytest.raises(OutputError, match="another run is writing it"),
        resumable(tmp_path / "out", encoder("text", None), 1, resume=False),
    ):
        pass
    assert (tmp_path / "out").exists()


INTERRUPTED = """
import exprinfer.cli
from exprinfer.scoring.checkpoint import Output
write, blocks = Output.write, []

def interrupted(*arguments):
    write(*arguments)
    blocks.append(1)
    if len(blocks) == 2:
        raise KeyboardInterrupt

Output.write = interrupted
exprinfer.cli.main()
"""


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path, lines: Path) -> None:
    out = tmp_path / "out.txt"
    words = [sys.executable, "-c", INTERRUPTED, "score", str(lines), "--output", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "--resume goes on from there" in done.stderr
    assert not out.exists()
    assert run(lines, "--output", out, "--resume").returncode == 1
    assert out.read_text().count("\n") == 400_002


def test_resume_needs_files(tmp_path: Path, lines: Path) -> None:
    for arguments in ([lines], ["-", "--output", tmp_path / "out"]):
        told = run(*arguments, "--resume")
        assert told.returncode == 2
        assert "--resume needs files" in told.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if not made or made.returncode:
        pytest.skip("may not mount a small file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_nothing_that_looks_whole(small_disk: Path, lines: Path) -> None:
    told = run(lines, "--output", small_disk / "out.txt")
    assert told.returncode == 2
    assert "No space left on device" in told.stderr
    assert "Traceback" not in told.stderr
    assert not (small_disk / "out.txt").exists()
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    assert run(lines, "--output", small_disk / "out.txt", "--resume").returncode == 1
    assert (small_disk / "out.txt").read_text().count("\n") == 400_002
    assert hidden(small_disk) == []


def test_an_input_that_vanishes_is_told(tmp_path: Path, lines: Path) -> None:
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    shutil.copy(lines, first)
    second.write_text("1+1\n")
    out = tmp_path / "out.txt"
    with subprocess.Popen(
        command(first, second, "--output", out), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        while not hidden(tmp_path):
            time.sleep(0.005)
        second.unlink()
        told = process.stderr.read()
        assert process.wait() == 2
    assert f"No such file or directory: '{second}'" in told
    assert "Traceback" not in told
    assert not out.exists()


def test_an_input_that_changes_is_told(exact: Evaluator, tmp_path: Path, lines: Path) -> None:
    source = tmp_path / "in.txt"
    shutil.copy(lines, source)
    inputs = find_inputs((str(source),))
    blocks = read_blocks(inputs, Columns(), Place())
    next(blocks)
    source.write_text("1+1\n")
    with pytest.raises(ValueError, match="changed or was removed while it was read"):
        list(blocks)


def test_a_folder_that_is_read_only_is_told(tmp_path: Path, lines: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # root may do all: take a folder where nobody can write
        folder = Path("/proc/self")
    told = run(lines, "--output", folder / "out.txt")
    assert told.returncode == 2
    assert str(folder / "out.txt") in told.stderr
    assert "Traceback" not in told.stderr
