"""The commands: what they print and write, and their exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import exprinfer
from exprinfer.cli import main
from exprinfer.runtime.checksum import read_verified, with_checksum
from exprinfer.runtime.model_file import find

WINDOWS = os.name == "nt"


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given)


def test_evaluate_takes_expressions_that_begin_with_a_minus() -> None:
    result = run("evaluate", "--model", "gist", "-(66+-19)", "-5+3", "--format", "jsonl")
    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [entry["expression"] for entry in answers] == ["-(66+-19)", "-5+3"]
    assert all(entry["error"] is None for entry in answers)


def test_evaluate_exits_with_1_if_an_expression_has_no_answer() -> None:
    result = run("evaluate", "1+2", "-*5+3", "-", "")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1:] == [
        "-*5+3 ! unexpected '*' at position 1: a number is missing",
        "- ! unexpected end of input at position 1: a number is missing",
        " ! empty: there is no expression",
    ]


def test_expressions_outside_the_domain_are_answered_only_with_the_option() -> None:
    assert run("evaluate", "--model", "exact", "100*2").stdout.startswith(
        "100*2 ! outside the model's domain"
    )
    assert run("evaluate", "--model", "exact", "100*2", "--allow-out-of-domain").stdout.startswith(
        "100*2 =? "
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evaluate", "--modle", "gist", "1+2"], "--modle"),
        (["evaluate", "1+2", "-f", "csv"], "-f"),
        (["evaluate", "--model", "nothing.onnx", "1+2"], "no model file nothing.onnx"),
        (["evaluate", "--model", "nothing", "1+2"], "choose one of"),
        (["evaluate", "--format", "xml", "1+2"], "xml"),
        (["evaluate"], "exprinfer score -"),
        (["score"], "FILE"),
        (["score", "nothing.txt"], "nothing.txt"),
        (["score", "-", "--batch-size", "0"], "batch-size"),
        (["nothing"], "nothing"),
    ],
)
def test_a_command_that_fails_exits_with_2_and_the_reason(
    arguments: list[str], reason: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert reason in result.stderr


def test_score_writes_results_to_stdout_and_the_summary_to_stderr(tmp_path: Path) -> None:
    path = tmp_path / "expressions.txt"
    path.write_text("1+2\n3*4\n")
    result = run("score", str(path), "-", given="1-1\n")
    assert result.exit_code == 0
    assert [line.split(" ")[0] for line in result.stdout.splitlines()] == ["1+2", "3*4", "1-1"]
    assert result.stderr.startswith("3 lines: 3 answered")


def test_score_writes_a_file_and_leaves_no_other(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    result = run("score", "-", "--format", "csv", "--output", str(output), given="1+2\nx\n")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert [line.split(",")[0] for line in output.read_text().splitlines()] == [
        "expression",
        "1+2",
        "x",
    ]
    assert list(tmp_path.iterdir()) == [output]


def test_an_output_that_is_an_input_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "expressions.txt"
    path.write_text("1+2\n")
    result = run("score", str(path), "--output", str(path))
    assert result.exit_code == 2
    assert path.read_text() == "1+2\n"


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    result = run("score", "-", "--output", str(tmp_path / "missing" / "out"), given="1+2\n")
    assert result.exit_code == 2
    assert str(tmp_path / "missing" / "out") in result.stderr


def test_a_failure_leaves_no_incomplete_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exprinfer.cli.score.score", fail)
    result = run("score", "-", "--output", str(tmp_path / "out"), given="1+2\n")
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(WINDOWS, reason="links need privileges, and modes differ, on Windows")
def test_an_output_replaces_the_target_of_a_link_and_no_other_file(tmp_path: Path) -> None:
    for name in ("out.partial", ".out.partial"):
        (tmp_path / name).write_text("1+2\n")
    target = tmp_path / "target"
    target.write_text("old")
    target.chmod(0o600)
    (tmp_path / "out").symlink_to(target)
    result = run("score", str(tmp_path / "out.partial"), "--output", str(tmp_path / "out"))
    assert result.exit_code == 0
    assert (tmp_path / "out").is_symlink()
    assert target.read_text().startswith("1+2 =")
    assert target.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out.partial").read_text() == "1+2\n"
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_as_output_is_written_to_directly(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-m", "exprinfer", "score", "-", "--output", str(tmp_path / "pipe")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(b"1+2\n")
        process.stdin.close()
        assert (tmp_path / "pipe").read_text().startswith("1+2 =")
    assert (tmp_path / "pipe").is_fifo()


def test_a_dash_as_output_is_standard_output(tmp_path: Path) -> None:
    assert run("score", "-", "--output", "-", given="1+2\n").stdout.startswith("1+2 =")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["evaluate", "1+2"], ["score", "-"], ["models"]])
def test_a_full_disk_is_an_error(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "exprinfer", *arguments]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, input=b"1+2\n", stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.returncode == 2


@pytest.mark.skipif(
    WINDOWS or signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
    reason="interrupts are ignored here, or cannot be sent",
)
def test_an_interrupted_run_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "exprinfer", "score", "-", "--output", str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"1+2\n")
        process.stdin.flush()
        while not list(tmp_path.iterdir()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert b"interrupted" in process.stderr.read()
        assert process.wait() == 130
    assert list(tmp_path.iterdir()) == []


def test_models_lists_the_shipped_models() -> None:
    result = run("models")
    assert result.exit_code == 0
    assert any(line.startswith("gist ") for line in result.stdout.splitlines())


def test_checksum_is_added_to_a_file_without_one(tmp_path: Path) -> None:
    content, path = find("gist").read_bytes(), tmp_path / "mine.onnx"
    path.write_bytes(content[: -len(with_checksum(b""))])
    assert run("evaluate", "--model", str(path), "5+3").exit_code == 2
    assert run("checksum", str(path)).exit_code == 0
    assert path.read_bytes() == content
    assert read_verified(path).content == content
    assert run("evaluate", "--model", str(path), "5+3").exit_code == 0
    assert list(tmp_path.iterdir()) == [path]


def test_checksum_does_not_replace_one_that_is_wrong(tmp_path: Path) -> None:
    content, path = b"x" + find("gist").read_bytes()[1:], tmp_path / "mine.onnx"
    path.write_bytes(content)
    result = run("checksum", str(path))
    assert result.exit_code == 2
    assert f"{path}: cannot add a checksum: " in result.stderr
    assert path.read_bytes() == content


@pytest.mark.skipif(WINDOWS, reason="Windows does not report that a pipe was closed")
def test_a_closed_pipe_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "expressions.txt"
    path.write_text("1+x\n" * 200_000)
    command = [sys.executable, "-m", "exprinfer", "score", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait() == 141


def test_evaluate_asks_for_expressions_on_a_terminal() -> None:
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "exprinfer", "evaluate"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        os.write(ours, b"1+2\n1/0\n\n")
        out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "1+2 =" in out
    assert "1/0 ! division by zero at position 2" in out
    assert process.returncode == 1


def on_terminal(typed: bytes) -> str:
    """Return what the command shows if both input and output are a terminal."""
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "exprinfer", "evaluate"]
    shown = b""
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        while b"> " not in shown:
            shown += os.read(ours, 1_000)
        os.write(ours, typed)
        with contextlib.suppress(OSError):  # the terminal is closed
            while part := os.read(ours, 1_000):
                shown += part
        process.wait(timeout=60)
    os.close(ours)
    return shown.decode()


def test_errors_on_a_terminal_have_a_caret_under_their_position() -> None:
    shown = on_terminal(b"12+x\nquit\n").replace("\r", "").splitlines()
    error = next(row for row, line in enumerate(shown) if line.startswith("12+x ! unknown symbol"))
    assert shown[error + 1] == "12+x"
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown[error + 2]) == "   ^"


def test_earlier_lines_come_back_with_the_arrow_key() -> None:
    pytest.importorskip("readline", reason="this Python has no readline")
    shown = on_terminal(b"12+30\n\x1b[A\nquit\n")
    assert shown.count("12+30 = 42") == 2


def test_ctrl_d_leaves_the_shell_a_line_of_its_own() -> None:
    assert on_terminal(b"\x04").endswith("\n")


def test_short_help_and_the_version_need_no_model() -> None:
    assert run("-h").stdout == run("--help").stdout
    assert run("score", "-h").exit_code == 0
    assert run("--version").stdout.endswith(f", version {exprinfer.__version__}\n")


def test_the_version_needs_no_onnx_runtime(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ModuleNotFoundError(name='onnxruntime')")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    for arguments, code in ((["--version"], 0), (["evaluate", "1+1"], 2)):
        command = [sys.executable, "-m", "exprinfer", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
    assert "exprinfer[cpu]" in done.stderr


def test_model_names_are_completed() -> None:
    from click.shell_completion import ShellComplete

    completer = ShellComplete(main, {}, "exprinfer", "_EXPRINFER_COMPLETE")
    found = completer.get_completions(["evaluate", "--model"], "lo")
    assert [item.value for item in found] == ["longhand"]


def test_normalize_reads_other_notations_and_says_what_was_read() -> None:
    strict = run("evaluate", "2 × (3 − 4)")
    assert strict.exit_code == 1
    assert "or use normalize=True (--normalize)" in strict.stdout
    result = run("evaluate", "--normalize", "--format", "jsonl", "2 × (3 − 4)")
    assert result.exit_code == 0
    row = json.loads(result.stdout)
    assert (row["expression"], row["read_as"], row["value"]) == ("2 × (3 − 4)", "2*(3-4)", -2)


def test_show_work_prints_the_trace_or_why_there_is_none() -> None:
    shown = run("evaluate", "--show-work", "12+7")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[-1] == "12+7 = 19"
    assert "add, carry 0, +" in shown.stdout
    long = run("evaluate", "--show-work", "9" * 30 + "*" + "8" * 30)
    assert "more than 2,000 steps" in long.stderr
    assert long.stdout.startswith("9" * 30)
    assert "longhand" in run("evaluate", "--show-work", "--model", "exact", "1+1").stderr
