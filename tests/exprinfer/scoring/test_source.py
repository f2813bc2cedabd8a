"""The column with the name of the file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("1+1\n")
    (folder / "sub" / "b.txt").write_text("2+2\n")
    return folder


def names(path: Path) -> list[str]:
    return [json.loads(line).get("source") for line in path.read_text().splitlines()]


def test_results_of_several_files_name_them(tmp_path: Path, folder: Path) -> None:
    files = [str(folder / "a.txt"), str(folder / "sub" / "b.txt")]
    out = tmp_path / "out.jsonl"
    run(folder, "--output", out)
    assert names(out) == files
    run(*files, "--output", out)
    assert names(out) == files
    run(folder, "--output", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["source"] for row in csv.DictReader(file)] == files


def test_one_file_is_named_on_request(tmp_path: Path, folder: Path) -> None:
    out, file = tmp_path / "out.jsonl", folder / "a.txt"
    run(file, "--output", out)
    assert names(out) == [None]
    run(file, "--source", "--output", out)
    assert names(out) == [str(file)]
    run(folder, "--no-source", "--output", out)
    assert names(out) == [None, None]
    assert run(file, "--source").stdout == f"{file}: 1+1 = 2\n"


def test_tables_and_parquet_have_the_column(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    import pyarrow.parquet as pq

    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id,expression\n1,1+1\n")
    files = [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    run(*files, "--output", tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names[:3] == ["source", "id", "expression"]
    assert table["source"].to_pylist() == files
    (tmp_path / "c.csv").write_text("source,expression\nx,1+1\n")
    done = run(
        tmp_path / "c.csv", files[0], "--output", tmp_path / "out.jsonl", "--on-error", "stop"
    )
    assert done.exit_code == 2
    assert "columns named like results: source; rename them; or use --no-source" in done.stderr
