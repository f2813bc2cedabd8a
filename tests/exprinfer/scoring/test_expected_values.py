"""Expected values: which columns hold them, and what is done with those that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main

#: Given answers to 5+3, and whether they are right; None: they cannot be read.
GIVEN: list[tuple[str, bool | None]] = [
    ("8", True),
    ("+8", True),
    ("008", True),
    ("8.0", True),
    ("8.", True),
    ("-8", False),
    ("9", False),
    ("8.5", False),
    ("9" * 5_000, False),
    ("= 8", None),
    ("2,000", None),
    ("\u22128", None),
    ("8 # c", None),
    ("abc", None),
    ("NA", None),
    (".", None),
    ("8e0", None),
]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments)])


def results(path: Path) -> list[dict[str, Any]]:
    return list(map(json.loads, path.read_text().splitlines()))


@pytest.mark.parametrize("name", ["in.txt", "in.jsonl"])
def test_expected_values_that_cannot_be_read_are_not_wrong(tmp_path: Path, name: str) -> None:
    if name == "in.jsonl":
        pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
        records = [{"expression": "5+3", "expected": given} for given, _ in GIVEN]
        lines = [json.dumps(record) for record in records]
    else:
        lines = [f"5+3 = {given}" for given, _ in GIVEN]
    (tmp_path / name).write_text("\n".join(lines))
    done = run(tmp_path / name, "--output", tmp_path / "o.jsonl", "--summary", tmp_path / "s.json")
    assert done.exit_code == 0, done.stderr
    rows = results(tmp_path / "o.jsonl")
    assert [row["given_right"] for row in rows] == [right for _, right in GIVEN]
    assert [row["given_unreadable"] for row in rows] == [right is None for _, right in GIVEN]
    assert all(row["right"] for row in rows)
    summary = json.loads((tmp_path / "s.json").read_text())
    assert (summary["marked"], summary["given_right"], summary["unreadable"]) == (9, 5, 8)
    assert "given answers right: 5 of 9" in done.stderr
    assert "given answers unreadable: 8" in done.stderr


def test_an_unreadable_answer_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("1+2 = abc\n1+2 == 3\n1/0 = abc\n1+2 = 3\n")
    assert run(tmp_path / "in.txt").stdout.splitlines() == [
        "1+2 = 3  (given abc: unreadable; answer: right)",
        "1+2 = 3  (given = 3: unreadable; answer: right)",
        "1/0 ! division by zero at position 2",
        "1+2 = 3  (given 3: right; answer: right)",
    ]


def test_normalizing_also_reads_expected_values(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(
        "1-9 = \u22128\n1000*2 = 2'000\n5 \u00d7 2 = 10\n5+3 = 2,000\n"
    )
    done = run(tmp_path / "in.txt", "--normalize", "--output", tmp_path / "out.jsonl")
    rows = results(tmp_path / "out.jsonl")
    assert [row["given_right"] for row in rows] == [True, True, True, None]
    assert rows[0]["given"] == "\u22128"
    assert "given answers unreadable: 1" in done.stderr


@pytest.mark.parametrize("name", ["Expected", " expected ", "EXPECTED"])
def test_headers_match_without_case_and_blanks(tmp_path: Path, name: str) -> None:
    pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    (tmp_path / "in.csv").write_text(f"Expression,other,{name}\n5+3,1+1,8\n")
    done = run(tmp_path / "in.csv")
    assert done.stdout == "5+3 = 8  (given 8: right; answer: right)\n"
    assert f"expressions from 'Expression', expected values from {name!r}" in done.stderr
    done = run(tmp_path / "in.csv", "--column", "OTHER", "--expected", "expected")
    assert done.stdout == "1+1 = 2  (given 8: wrong; answer: right)\n"


def test_two_columns_of_the_same_name_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    (tmp_path / "in.csv").write_text("expression,Expected,EXPECTED\n5+3,8,9\n")
    done = run(tmp_path / "in.csv")
    assert done.exit_code == 2
    assert "the columns 'Expected', 'EXPECTED' have the same name" in done.stderr


def test_large_expected_integers_keep_their_digits(tmp_path: Path) -> None:
    """Arrow alone would read them as floating-point numbers."""
    pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    record = '{"expression": "9007199254740993*10000", "expected": 90071992547409930000}\n'
    small = '{"expression": "5+3", "expected": 8.0}\n'
    (tmp_path / "in.jsonl").write_text(small + record)
    assert "given answers right: 2 of 2" in run(tmp_path / "in.jsonl").stderr


def test_floating_point_columns_are_read_as_integers(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    import pyarrow.parquet as pq

    values = [8.0, None, 1e16, 8.5]
    texts = ["5+3", "5+3", "100000000*100000000", "5+3"]
    pq.write_table(pa.table({"expression": texts, "expected": values}), tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", "--output", tmp_path / "out.jsonl")
    marks = [row["given_right"] for row in results(tmp_path / "out.jsonl")]
    assert marks == [True, None, True, False]
