"""Values, names and surroundings that once ended the run with a traceback, or worse."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs exprinfer[files]")


def score(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, words), "--device", "cpu"])


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("depth", [3_000, 10_000, 500_000])
@pytest.mark.parametrize("first", [b"", b'{"expression": "1+2", "x": null}\n'])
def test_deeply_nested_json_is_a_bad_row_in_a_process_that_lives(
    tmp_path: Path, depth: int, first: bytes
) -> None:
    path, out = tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl"
    deep = b'{"expression": "1+2", "x": ' + b"[" * depth + b"]" * depth + b"}\n"
    path.write_bytes(gzip.compress(first + deep + b'{"expression": "3*4"}\n'))
    command = [sys.executable, "-m", "exprinfer", "score", str(path), "--output", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    *_, bad, good = rows(out)
    assert bad["error"] == "malformed_row"
    assert good["value"] == 12


def test_brackets_in_strings_and_values_of_fifty_levels_are_read(tmp_path: Path) -> None:
    path, value = tmp_path / "in.jsonl", "x"
    for _ in range(49):
        value = [value]  # type: ignore[assignment]
    row = {"expression": "1+2", "text": '[{\\"' * 100, "deep": value}
    path.write_text(json.dumps(row) + "\n")
    for name in ("out.jsonl", "out.parquet"):
        assert score(path, "--output", tmp_path / name).exit_code == 0
    read = rows(tmp_path / "out.jsonl")[0]
    assert {name: read[name] for name in row} == row


def test_nested_nan_is_written_as_null(tmp_path: Path) -> None:
    path, out = tmp_path / "in.parquet", tmp_path / "out.jsonl"
    values = [{"a": [1.5, float("nan"), float("inf")]}]
    parquet.write_table(pa.table({"expression": ["1+2"], "x": values}), path)
    assert score(path, "--output", out).exit_code == 0
    assert rows(out)[0]["x"] == {"a": [1.5, None, None]}


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_dates_that_python_does_not_have_are_written(tmp_path: Path, unit: str) -> None:
    path = tmp_path / "in.parquet"
    times = pa.array([(1 << 62) + 1, 1], pa.int64()).cast(pa.timestamp(unit))
    days = pa.array([2**31 - 1, 1], pa.int32()).cast(pa.date32())
    nested = pa.array([[1], [2**31 - 1]], pa.list_(pa.int32())).cast(pa.list_(pa.date32()))
    table = pa.table({"expression": ["1+2", "2+2"], "t": times, "d": days, "n": nested})
    parquet.write_table(table, path, coerce_timestamps=None)
    for name in ("out.jsonl", "out.csv"):
        assert score(path, "--output", tmp_path / name).exit_code == 0
    assert [row["value"] for row in rows(tmp_path / "out.jsonl")] == [3, 4]


def test_a_list_of_dictionary_values_is_written_as_parquet(tmp_path: Path) -> None:
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    words = pa.array(["a", "b", "a"]).dictionary_encode()
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), words)
    parquet.write_table(pa.table({"expression": ["1+2", "2+2"], "x": lists}), path)
    assert score(path, "--output", out).exit_code == 0
    assert parquet.read_table(out)["x"].to_pylist() == [["a", "b"], ["a"]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_quoted_line_end_in_a_name_leaves_cells_as_they_are(
    tmp_path: Path, line_end: str
) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    path.write_bytes(f'"the{line_end}number",expression{line_end}007,1+2{line_end}'.encode())
    score(path, "--output", out)
    if out.exists():  # it may also be refused, but never changed
        assert "007" in rows(out)[0].values()


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
@pytest.mark.parametrize("kind", ["csv", "txt", "jsonl", "parquet"])
def test_a_file_name_that_is_not_utf8_is_read_and_shown(tmp_path: Path, kind: str) -> None:
    content = {
        "csv": b"expression\n1+2\n",
        "txt": b"1+2\n",
        "jsonl": b'{"expression": "1+2"}\n',
    }
    if kind == "parquet":
        file = io.BytesIO()
        parquet.write_table(pa.table({"expression": ["1+2"]}), file)
        content[kind] = file.getvalue()
    path = os.fsdecode(os.fsencode(tmp_path) + b"/in\xff." + kind.encode())
    Path(path).write_bytes(content[kind])
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        out = tmp_path / f"{kind}-{name}"
        done = score(path, "--source", "--output", out, "--summary", tmp_path / "summary.json")
        assert done.exit_code == 0, done.output
    assert rows(tmp_path / f"{kind}-out.jsonl")[0]["source"].endswith(f"in\\xff.{kind}")


@pytest.mark.skipif(os.name == "nt", reason="links need privileges on Windows")
def test_links_that_lead_to_themselves_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("1+2\n")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for words in (
        [tmp_path / "in.txt", "--output", tmp_path / "loop"],
        [tmp_path / "in.txt", "--output", tmp_path / "x", "--summary", tmp_path / "loop"],
        [tmp_path / "loop"],
    ):
        done = score(*words)
        assert done.exit_code == 2
        assert "loop" in done.stderr
    assert (tmp_path / "loop").is_symlink()


def test_a_defect_exits_with_70_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("\x1b[2J")

    monkeypatch.setattr(sys.modules["exprinfer.cli.main"], "list_models", fail)
    done = CliRunner().invoke(main, ["models"])
    assert done.exit_code == 70
    assert "a defect of exprinfer" in done.stderr
    assert "\x1b" not in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "message"),
    [(MemoryError(), "out of memory"), (RuntimeError("can't start new thread"), "no more threads")],
)
def test_a_lack_of_memory_or_threads_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sys.modules["exprinfer.cli.main"], "list_models", fail)
    done = CliRunner().invoke(main, ["models"])
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_low_limit_of_digits_does_not_end_the_run() -> None:
    code = "import sys; sys.set_int_max_str_digits(640); import exprinfer.cli as c; c.main()"
    text = "9" * 700 + "+1"
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", text, "--format", "jsonl"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_many_columns_are_checked_quickly() -> None:
    from exprinfer.scoring.reading.columns import _refuse_names

    class Counted(list[str]):
        def count(self, value: str) -> int:
            pytest.fail("counts one name at a time, which is quadratic")

    _refuse_names(Counted(f"c{number}" for number in range(20_000)), "in.csv")
