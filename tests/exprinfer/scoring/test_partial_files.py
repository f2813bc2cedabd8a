"""The hidden files next to an output: nobody's results are lost, and no planted file is used."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main
from exprinfer.errors import OutputError
from exprinfer.scoring.writing import partial_file
from exprinfer.scoring.writing.atomic_file import whole_file
from exprinfer.scoring.writing.checkpoint import CHECKPOINT, PARTIAL, resumable_output
from exprinfer.scoring.writing.writers import make_encoder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="files, links and locks are those of POSIX")


def score(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, words), "--device", "cpu"])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("1+2\n" * 300_000)
    return path


def partial(out: Path) -> Path:
    return out.with_name(f".{out.name}.{PARTIAL}")


def interrupt(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Score with an interrupt after two blocks."""
    from exprinfer.scoring.writing.checkpoint import Output

    write, blocks = Output.write, []

    def interrupted(*arguments: Any) -> None:
        write(*arguments)
        blocks.append(1)
        if len(blocks) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Output, "write", interrupted)
        return score(source, "--output", out)


def test_a_run_that_opened_the_file_of_one_that_finished_leaves_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run opens the hidden file, then the first one renames it, then it is locked."""
    out, lock = tmp_path / "out", partial_file._lock
    first = resumable_output(out, make_encoder("text", None), 1, resume=False)
    first.__enter__()
    partial(out).write_text("results")

    def finish_first(*arguments: Any) -> None:
        monkeypatch.setattr(partial_file, "_lock", lock)
        first.__exit__(None, None, None)
        lock(*arguments)

    monkeypatch.setattr(partial_file, "_lock", finish_first)
    with resumable_output(out, make_encoder("text", None), 2, resume=False):
        assert out.read_text() == "results"
    assert out.read_text() == ""


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_planted_link_is_refused_and_its_target_untouched(
    tmp_path: Path, source: Path, link: Any
) -> None:
    target, out = tmp_path / "target", tmp_path / "out.txt"
    target.write_text("mine")
    for suffix in (PARTIAL, CHECKPOINT):
        link(target, out.with_name(f".{out.name}.{suffix}"))
    done = score(source, "--output", out, "--resume")
    assert done.exit_code == 2
    assert "link" in done.stderr
    assert target.read_text() == "mine"
    link(target, tmp_path / ".new.exprinfer-new")
    with pytest.raises(OutputError, match="link"), whole_file(tmp_path / "new"):
        pass
    assert target.read_text() == "mine"


def test_hidden_files_have_the_mode_of_the_output_from_the_start(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    out.chmod(0o600)
    with resumable_output(out, make_encoder("text", None), 1, resume=False):
        hidden = [path for path in tmp_path.iterdir() if path != out]
        assert len(hidden) == 2
        assert {stat.S_IMODE(path.stat().st_mode) for path in hidden} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_read_only_output_leaves_no_hidden_file(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    done = score(source, "--output", out)
    assert done.exit_code == 2
    assert "Permission denied" in done.stderr
    assert sorted(tmp_path.iterdir()) == [source, out]


def test_the_folder_is_synchronized_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronized, fsync = [], os.fsync

    def recorded(file: int) -> None:
        synchronized.append(stat.S_ISDIR(os.fstat(file).st_mode) and (tmp_path / "out").exists())
        fsync(file)

    monkeypatch.setattr(os, "fsync", recorded)
    with whole_file(tmp_path / "out") as file:
        file.write(b"x")
    assert synchronized == [False, True]


def test_an_input_replaced_with_the_same_size_and_time_is_not_resumed(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, new = tmp_path / "out.txt", tmp_path / "new.txt"
    assert interrupt(source, out, monkeypatch).exit_code == 130
    times = source.stat()
    new.write_text("2+2\n" * 300_000)
    os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
    new.replace(source)
    done = score(source, "--output", out, "--resume")
    assert done.exit_code == 2
    assert "an input has changed" in done.stderr
    assert partial(out).stat().st_size > 0


@pytest.mark.parametrize("damage", [PARTIAL, CHECKPOINT, "empty"])
def test_damaged_results_are_not_resumed(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    out = tmp_path / "out.txt"
    interrupt(source, out, monkeypatch)
    path = out.with_name(f".{out.name}.{CHECKPOINT if damage == 'empty' else damage}")
    content = bytearray(path.read_bytes())
    content[1_000 if damage == PARTIAL else 30] ^= 1
    path.write_bytes(b"" if damage == "empty" else content)
    done = score(source, "--output", out, "--resume")
    assert done.exit_code == 2
    assert "cannot resume, because the" in done.stderr
    assert score(source, "--output", out, "--restart").exit_code == 0
    assert out.read_text() == "1+2 = 3\n" * 300_000


def test_forgetting_to_resume_keeps_the_results(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.txt"
    assert "are kept" in interrupt(source, out, monkeypatch).stderr
    kept = partial(out).read_bytes()
    done = score(source, "--output", out)
    assert done.exit_code == 2
    assert "continue it with --resume, or drop them with --restart" in done.stderr
    assert partial(out).read_bytes() == kept
    assert score(source, "--output", out, "--resume").exit_code == 0
    assert out.read_text() == "1+2 = 3\n" * 300_000


def test_results_whose_folder_is_gone_are_not_said_to_be_kept(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from exprinfer.scoring.writing.checkpoint import Output

    folder, write = tmp_path / "folder", Output.write
    folder.mkdir()

    def remove(*arguments: Any) -> None:
        write(*arguments)
        shutil.rmtree(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(Output, "write", remove)
    done = score(source, "--output", folder / "out.txt")
    assert done.exit_code == 130
    assert "are kept" not in done.stderr
