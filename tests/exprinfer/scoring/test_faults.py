"""Failures while a file is scored: nothing is lost, and no incomplete file looks complete."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from exprinfer.errors import OutputError
from exprinfer.evaluator import Evaluator, load
from exprinfer.scoring.pipeline import score
from exprinfer.scoring.reading.blocks import ReadPosition, read_blocks
from exprinfer.scoring.reading.inputs import find_inputs
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.writing import atomic_file, partial_file
from exprinfer.scoring.writing.checkpoint import resumable_output, temporary_output
from exprinfer.scoring.writing.writers import make_encoder

#: Saves a checkpoint after each block, so that small files are enough.
SCORE = (
    "import exprinfer.scoring.writing.checkpoint as c, exprinfer.cli; "
    "c.SAVE_INTERVAL = 0; exprinfer.cli.main()"
)
FORMATS = ["txt", "csv", "jsonl.gz", "parquet"]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", SCORE, "score", *map(str, arguments)]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of several blocks of lines."""
    draw = random.Random(1)
    path = tmp_path_factory.mktemp("lines") / "in.txt"
    texts = [f"{draw.randint(-100, 99)}{draw.choice('+-*')}{draw.randint(1, 99)}" for _ in range(5)]
    path.write_text("".join(f"{draw.choice(texts)}\n" for _ in range(400_000)) + "1/0\nx\n")
    return path


@pytest.fixture(scope="module")
def exact() -> Iterator[Evaluator]:
    with load("exact") as evaluator:
        yield evaluator


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.mark.parametrize("extension", FORMATS)
def test_a_killed_run_resumes_to_the_same_bytes(
    tmp_path: Path, lines: Path, extension: str
) -> None:
    if extension == "parquet":
        pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    whole, out = tmp_path / f"whole.{extension}", tmp_path / f"out.{extension}"
    assert run(lines, "--output", whole).returncode == 1
    draw = random.Random(extension)
    for _ in range(3):
        with subprocess.Popen(
            command(lines, "--output", out, "--resume"), stderr=subprocess.DEVNULL
        ) as process:
            began = time.monotonic()
            while not hidden(tmp_path) and time.monotonic() - began < 60:
                time.sleep(0.01)
            time.sleep(draw.random() * 0.5)
            process.kill()
        assert not out.exists() or not hidden(tmp_path)
    resumed = run(lines, "--output", out, "--resume")
    assert resumed.returncode == 1, resumed.stderr
    assert out.read_bytes() == whole.read_bytes()
    assert hidden(tmp_path) == []


class StopError(Exception):
    """Stops a run early."""


def score_blocks(evaluator: Evaluator, source: Path, out: Path, blocks: int, run: Any = 1) -> None:
    """Score, and raise StopError after so many blocks."""
    inputs = find_inputs((str(source),))
    with resumable_output(out, make_encoder("jsonl", None), run, resume=True) as output:

        def stop(lines: int, size: int) -> None:
            nonlocal blocks
            blocks -= 1
            if not blocks:
                raise StopError

        position = output.checkpoint.position
        score(evaluator, read_blocks(inputs, ReadOptions(), position), output, stop)


def test_a_run_stopped_after_every_block_counts_every_line_once(
    exact: Evaluator, lines: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    stops = 0
    while not out.exists():
        try:
            score_blocks(exact, lines, out, blocks=1)
        except StopError:
            stops += 1
    assert stops >= 4
    score_blocks(exact, lines, tmp_path / "whole.jsonl", blocks=-1)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert hidden(tmp_path) == []


def test_a_different_run_does_not_resume(exact: Evaluator, lines: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(StopError):
        score_blocks(exact, lines, out, blocks=1, run="one model")
    with pytest.raises(OutputError, match="inputs, models or options differ"):
        score_blocks(exact, lines, out, blocks=1, run="another model")
    assert len(hidden(tmp_path)) == 2  # the results so far are kept


def test_two_runs_cannot_write_the_same_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="files are not locked on Windows")
    encoder = make_encoder("text", None)
    with (
        resumable_output(tmp_path / "out", encoder, 1, resume=False),
        pytest.raises(OutputError, match="another process is writing this file"),
        resumable_output(tmp_path / "out", encoder, 1, resume=False),
    ):
        pass
    assert (tmp_path / "out").exists()


@pytest.fixture
def refusing_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files behave as on Windows: they cannot be renamed or removed while they are open."""
    monkeypatch.setattr(partial_file, "CLOSE_FIRST", True)
    files: list[Any] = []
    open_file, replace, unlink = Path.open, Path.replace, Path.unlink

    def opened(path: Path, *arguments: Any) -> Any:
        files.append(open_file(path, *arguments))
        return files[-1]

    def opened_by_name(path: Path, *arguments: Any, **options: Any) -> Any:
        files.append(open(path, *arguments, **options))  # noqa: SIM115
        return files[-1]

    def refuse_open(path: Path) -> None:
        assert all(file.closed for file in files if str(file.name) == str(path))

    def replaced(path: Path, target: Path) -> Path:
        refuse_open(path)
        return replace(path, target)

    def unlinked(path: Path, missing_ok: bool = False) -> None:
        refuse_open(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setattr(partial_file, "open", opened_by_name, raising=False)
    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(Path, "unlink", unlinked)


@pytest.mark.usefixtures("refusing_files")
@pytest.mark.parametrize("extension", ["jsonl", "parquet"])
def test_files_are_closed_before_they_are_renamed_or_removed(
    tmp_path: Path, extension: str
) -> None:
    if extension == "parquet":
        pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    encoder, path = make_encoder(extension, None), tmp_path / f"out.{extension}"
    outputs: list[Callable[[], AbstractContextManager[object]]] = [
        lambda: resumable_output(path, encoder, 1, resume=False),
        lambda: temporary_output(path, encoder),
        lambda: atomic_file.whole_file(path),
    ]
    for output in outputs:
        with output():
            assert not path.exists()
        path.unlink()
        with pytest.raises(StopError), output():
            raise StopError
    assert list(tmp_path.iterdir()) == []


INTERRUPTED = """
import exprinfer.cli
from exprinfer.scoring.writing.checkpoint import Output
write, blocks = Output.write, []

def interrupted(*arguments):
    write(*arguments)
    blocks.append(1)
    if len(blocks) == 2:
        raise KeyboardInterrupt

Output.write = interrupted
exprinfer.cli.main()
"""


def test_an_interrupted_run_says_how_to_resume(tmp_path: Path, lines: Path) -> None:
    out = tmp_path / "out.txt"
    words = [sys.executable, "-c", INTERRUPTED, "score", str(lines), "--output", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "run the same command with --resume" in done.stderr
    assert not out.exists()
    assert run(lines, "--output", out, "--resume").returncode == 1
    assert out.read_text().count("\n") == 400_002


def test_resume_needs_files(tmp_path: Path, lines: Path) -> None:
    for arguments in ([lines], ["-", "--output", tmp_path / "out"]):
        done = run(*arguments, "--resume")
        assert done.returncode == 2
        assert "--resume needs files" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    mounted = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if not mounted or mounted.returncode:
        pytest.skip("cannot mount a small file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_no_file_that_looks_complete(small_disk: Path, lines: Path) -> None:
    done = run(lines, "--output", small_disk / "out.txt")
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (small_disk / "out.txt").exists()
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    assert run(lines, "--output", small_disk / "out.txt", "--resume").returncode == 1
    assert (small_disk / "out.txt").read_text().count("\n") == 400_002
    assert hidden(small_disk) == []


def test_an_input_that_is_removed_is_an_error(tmp_path: Path, lines: Path) -> None:
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
        message = process.stderr.read()
        assert process.wait() == 2
    assert f"No such file or directory: {str(second)!r}" in message
    assert "Traceback" not in message
    assert not out.exists()


def test_an_input_that_changes_is_an_error(exact: Evaluator, tmp_path: Path, lines: Path) -> None:
    source = tmp_path / "in.txt"
    shutil.copy(lines, source)
    inputs = find_inputs((str(source),))
    blocks = read_blocks(inputs, ReadOptions(), ReadPosition())
    next(blocks)
    source.write_text("1+1\n")
    with pytest.raises(ValueError, match="changed or was removed while it was read"):
        list(blocks)


@pytest.mark.skipif(os.name == "nt", reason="folders are not read-only on Windows")
def test_a_folder_that_is_read_only_is_an_error(tmp_path: Path, lines: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # root may write there: choose a folder where nobody can
        folder = Path("/proc/self")
        if not folder.exists():
            pytest.skip("root may write to every folder here")
    done = run(lines, "--output", folder / "out.txt")
    assert done.returncode == 2
    assert str(folder / "out.txt") in done.stderr
    assert "Traceback" not in done.stderr
