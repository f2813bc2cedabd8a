"""Files in every format through ``exprinfer score``."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
pq = pytest.importorskip("pyarrow.parquet", reason="needs exprinfer[files]")

TEXTS = ["1+2", "-(66+-19)", "1/0", "12*-3", "1+", "-7/2"]
STOP = ("--on-error", "stop")
VALUES = [3, -47, None, -36, None, -3]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments)])


def table() -> Any:
    return pa.table({"id": range(6), "sum": TEXTS, "expected": [3, 47, 0, None, 1, -3]})


def write(path: Path) -> Path:
    """Write the table in the format of the file name."""
    rows = table().to_pylist()
    if path.suffix == ".parquet":
        pq.write_table(table(), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        delimiter = {".csv": ",", ".tsv": "\t"}[path.suffix]
        cells = [["id", "sum", "expected"], *(row.values() for row in rows)]
        lines = [delimiter.join("" if cell is None else str(cell) for cell in row) for row in cells]
        path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("name", ["in.csv", "in.tsv", "in.jsonl", "in.parquet"])
@pytest.mark.parametrize("output", ["out.jsonl", "out.csv", "out.parquet"])
def test_table_rows_keep_their_columns_and_are_marked(
    tmp_path: Path, name: str, output: str
) -> None:
    out = tmp_path / output
    result = run(write(tmp_path / name), "--output", out)
    assert result.exit_code == 1
    assert "given answers right: 2 of 3 (+ 1 of 2, / 1 of 1)" in result.stderr
    rows = read(out)
    assert [row["sum"] for row in rows] == TEXTS
    assert [int(row["id"]) for row in rows] == list(range(6))
    assert [int(row["value"]) if row["answer"] else None for row in rows] == VALUES
    assert [row["error"] or None for row in rows][2::2] == ["division_by_zero", "malformed"]
    assert [str(row["given_right"]) for row in rows[:2]] == ["True", "False"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    from csv import DictReader

    with path.open(newline="") as file:
        return list(DictReader(file))


def test_compressed_text_is_read_and_written(tmp_path: Path) -> None:
    content = "\n".join(TEXTS).encode()
    (tmp_path / "in.txt.gz").write_bytes(gzip.compress(content))
    (tmp_path / "in.txt.zst").write_bytes(pa.Codec("zstd").compress(content, asbytes=True))
    (tmp_path / "in.txt").write_bytes(content)
    plain = run(tmp_path / "in.txt").stdout
    assert run(tmp_path / "in.txt.gz").stdout == run(tmp_path / "in.txt.zst").stdout == plain
    run(tmp_path / "in.txt", "--output", tmp_path / "out.txt.gz")
    run(tmp_path / "in.txt", "--output", tmp_path / "out.txt.zst")
    assert gzip.decompress((tmp_path / "out.txt.gz").read_bytes()).decode() == plain
    with pa.input_stream(str(tmp_path / "out.txt.zst"), compression="zstd") as stream:
        assert stream.read().decode() == plain


def test_a_folder_is_read_in_order_without_hidden_and_unknown_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.txt").write_text("2+2\n")
    (tmp_path / "a.txt").write_text("1+1\n")
    (tmp_path / ".hidden.txt").write_text("3+3\n")
    (tmp_path / "notes.md").write_text("4+4\n")
    assert run(tmp_path).stdout == "1+1 = 2\n2+2 = 4\n"


def test_lines_are_written_to_parquet(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"1+2\n\xff\n3*3 = 9\n")
    run(tmp_path / "in.txt", "--output", tmp_path / "out.parquet")
    rows = read(tmp_path / "out.parquet")
    assert [row["expression"] for row in rows] == ["1+2", "\\xff", "3*3"]
    assert [row["given"] for row in rows] == [None, None, "9"]
    assert [row["right"] for row in rows] == [None, None, True]


def test_an_empty_input_gives_an_empty_output(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("")
    for name in ("out.parquet", "out.csv", "out.jsonl", "out.txt"):
        assert run(tmp_path / "in.txt", "--output", tmp_path / name).exit_code == 0
    assert read(tmp_path / "out.parquet") == read(tmp_path / "out.csv") == []
    assert (tmp_path / "out.txt").read_bytes() == b""


def test_a_null_or_an_empty_cell_is_an_empty_expression(tmp_path: Path) -> None:
    pq.write_table(pa.table({"expression": ["1+1", None, ""]}), tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", "--output", tmp_path / "out.parquet")
    rows = read(tmp_path / "out.parquet")
    assert [row["expression"] for row in rows] == ["1+1", None, ""]
    assert [row["error"] for row in rows] == [None, "empty", "empty"]


@pytest.mark.parametrize(
    ("name", "content", "arguments", "reason"),
    [
        ("in.csv", b"a,b\n1,2\n", [], "none holds expressions; the columns are a, b"),
        ("in.csv", b"a,b\n1+1,2+2\n", [], "a, b all hold expressions"),
        ("in.csv", b"k,a,k\n1,1+1,2\n", [], "more than one column is named k"),
        ("in.csv", b"1+1,2\n2+2,4\n", [], "the first row holds an expression"),
        ("in.csv", b"a,b\n1+1,2\n", ["--column", "c"], "no column 'c'; the columns are a, b"),
        ("in.csv", b"a,b\n1+1,2\n1\n", [*STOP], "row 3: expected 2 columns, got 1"),
        ("in.csv", b"a,b\n1+1,\xff\n", [*STOP, "--encoding", "utf-8"], "row 2: not UTF-8 text"),
        ("in.csv", b"a,answer\n1+1,2\n", [], "columns named like results: answer"),
        ("in.jsonl", b'{"a": 1}\n', ["--column", "a"], "column 'a' holds int64, not text"),
        ("in.jsonl", b'{"a": \n', [], "cannot be read as jsonl"),
        ("in.parquet", b"PAR1", [], "cannot be read as parquet"),
        ("in.parquet.gz", b"", [], "Parquet must be an uncompressed file"),
        ("in.txt.gz", b"1+1\n", [], "damaged or cut off"),
        ("in.txt.gz", gzip.compress(b"1+1\n" * 9)[:-9], [], "damaged or cut off"),
        ("in.txt.zst", b"1+1\n", [], "damaged or cut off"),
    ],
)
def test_an_unreadable_input_is_an_error_with_the_reason(
    tmp_path: Path, name: str, content: bytes, arguments: list[str], reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = run(path, *arguments, "--output", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert reason in result.stderr
    assert name in result.stderr
    assert list(tmp_path.iterdir()) == [path]


def test_different_columns_are_not_written_to_one_table(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a\n1+1\n")
    (tmp_path / "2.csv").write_text("b\n1+1\n")
    for name in ("out.csv", "out.parquet"):
        result = run(tmp_path / "1.csv", tmp_path / "2.csv", "--output", tmp_path / name)
        assert result.exit_code == 2
        assert "different columns" in result.stderr
        assert not (tmp_path / name).exists()
    both = tmp_path / "out.jsonl"
    assert run(tmp_path / "1.csv", tmp_path / "2.csv", "--output", both).exit_code == 0
    assert len(read(both)) == 2


def test_the_summary_is_written_as_json(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("1+2 = 3\n1+2 = 4\n5/0\n2*100\n")
    run(tmp_path / "in.txt", "--summary", tmp_path / "summary.json")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["lines"] == 4
    assert summary["certified_share"] == 0.75
    assert summary["errors"] == {"division_by_zero": 1}
    assert summary["by_operator"]["+"] == {
        "marked": 2,
        "given_right": 1,
        "right": 2,
        "accuracy": 1.0,
    }


@pytest.mark.parametrize("name", ["in.csv", "in.tsv", "in.jsonl"])
@pytest.mark.parametrize("end", [".gz", ".zst"])
def test_compressed_tables_are_read(tmp_path: Path, name: str, end: str) -> None:
    content = write(tmp_path / name).read_bytes()
    packed = tmp_path / (name + end)
    kind = {".gz": "gzip", ".zst": "zstd"}[end]
    packed.write_bytes(pa.Codec(kind).compress(content, asbytes=True))
    plain, again = run(tmp_path / name), run(packed)
    assert again.stdout == plain.stdout
    assert "-(66+-19) = -47" in plain.stdout


def test_a_dictionary_column_is_kept(tmp_path: Path) -> None:
    codes = pa.array(["a", "b", "a", "a", "b", "b"]).dictionary_encode()
    pq.write_table(table().append_column("kind", codes), tmp_path / "in.parquet")
    done = run(tmp_path / "in.parquet", "--column", "sum", "--output", tmp_path / "out.parquet")
    assert done.exit_code == 1, done.stderr
    assert [row["kind"] for row in read(tmp_path / "out.parquet")] == list("abaabb")


def test_parquet_columns_are_encoded_and_compressed_as_suits_their_values(tmp_path: Path) -> None:
    columns = {
        "expression": [f"{n % 97}+{n % 89}" for n in range(2_000)],
        "notes": [
            f"{n} is the number of a row with a long and monotonous note" for n in range(2_000)
        ],
        "kind": ["sum"] * 2_000,
    }
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    done = run(tmp_path / "in.parquet", "--output", tmp_path / "out.parquet")
    assert done.exit_code == 0, done.stderr
    assert pq.read_table(tmp_path / "out.parquet").select(list(columns)).to_pydict() == columns
    group = pq.ParquetFile(tmp_path / "out.parquet").metadata.row_group(0)
    found = {group.column(index).path_in_schema: group.column(index) for index in range(5)}
    assert found["expression"].compression == "UNCOMPRESSED"  # compression would hardly shrink it
    assert found["notes"].compression == found["kind"].compression == "SNAPPY"
    assert "RLE_DICTIONARY" not in {*found["expression"].encodings, *found["notes"].encodings}
    assert "RLE_DICTIONARY" in found["kind"].encodings


def test_nan_is_null_in_json(tmp_path: Path) -> None:
    numbers = pa.table({"expression": ["1+1", "2+2"], "x": [float("nan"), 0.5]})
    pq.write_table(numbers, tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", "--output", tmp_path / "out.jsonl")
    assert [row["x"] for row in read(tmp_path / "out.jsonl")] == [None, 0.5]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["in.txt", "--column", "a"], "all inputs are text"),
        (["in.csv", "--column", "sum", "--expected", "sum"], "cannot hold both"),
        (["in.csv", "--output", "out.jsonl", "--summary", "out.jsonl"], "cannot hold both"),
        (["in.csv", "--output", "out.tsv"], "cannot write results as tsv"),
        (["in.csv", "--summary", "missing/out.json"], "no such folder missing"),
        (["in.csv", "--format", "parquet"], "give --output FILE"),
    ],
)
def test_contradictory_arguments_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "in.csv")
    (tmp_path / "in.txt").write_text("1+1\n")
    done = run(*arguments)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "in.txt"]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
def test_a_file_that_dev_stdout_leads_to_is_appended_to(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("1+1\n")
    log = tmp_path / "log"
    log.write_text("before\n")
    words = [sys.executable, "-m", "exprinfer", "score", str(tmp_path / "in.txt")]
    with log.open("a") as file:
        done = subprocess.run(
            [*words, "--output", "/dev/stdout"], stdout=file, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 0, done.stderr
    assert log.read_text() == "before\n1+1 = 2\n"
