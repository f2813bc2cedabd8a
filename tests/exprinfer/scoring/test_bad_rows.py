"""A row or a file that cannot be read is a result, and never the end of the run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main
from exprinfer.evaluator import Evaluator
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.reading import blocks, csv_rows
from exprinfer.scoring.reading.blocks import read_blocks
from exprinfer.scoring.reading.inputs import find_inputs
from exprinfer.scoring.reading.options import ReadOptions

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments)])


def score(tmp_path: Path, *arguments: str | Path) -> tuple[list[dict[str, Any]], Result]:
    """Score to JSON Lines, and check that some rows have an error."""
    result = run(*arguments, "--output", tmp_path / "results.jsonl")
    assert result.exit_code == 1, result.stderr
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], result


#: Rows of which the second one is bad, and why.
BAD_CSV = [
    (b"1+1,1\n2+2,2,3\n3+3,3\n", "row 3: expected 2 columns, got 3"),
    (b"1+1,1\n2+2\n3+3,3\n", "row 3: expected 2 columns, got 1"),
    (b"1+1,1\n\n2+2\n3+3,3\n", "row 3: expected 2 columns, got 1"),
]
BAD_JSON = [
    (b'{"expression": 7}', "row 2: 'expression' holds a number, expected string"),
    (b"[1]", "row 2: expected an object, got an array"),
    (b"5", "row 2: expected an object, got a number"),
    (b'{"expression": "2+2"', "row 2: not valid JSON: "),
    (b"2+2", "row 2: not valid JSON: "),
    (b'{"expression": "\xff"}', "row 2: not UTF-8 text: invalid start byte at byte 16"),
    (b'{"expression": "\\ud800"}', "row 2: 'expression' holds text, expected string"),
    (b"[" * 50_000, "row 2: not read: nested deeper than 50 levels"),
    (b'{"expression": "2+2", "id": "x"}', "row 2: 'id' holds text, expected int64"),
]


def check_the_second_of_three(results: list[dict[str, Any]], message: str) -> None:
    assert [row["answer"] for row in results] == ["2", None, "6"]
    assert [row["error"] for row in results] == [None, "malformed_row", None]
    assert results[1]["message"].startswith(message)
    assert results[1]["certified"] is False
    assert results[1]["position"] is None


@pytest.mark.parametrize(("content", "message"), BAD_CSV)
def test_a_ragged_csv_row_is_a_result(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "in.csv").write_bytes(b"expression,n\n" + content)
    results, _ = score(tmp_path, tmp_path / "in.csv")
    check_the_second_of_three(results, message)


@pytest.mark.parametrize(("line", "message"), BAD_JSON)
def test_a_bad_json_line_is_a_result(tmp_path: Path, line: bytes, message: str) -> None:
    good = [b'{"expression": "1+1", "id": 1}', b'{"expression": "3+3", "id": 3}']
    (tmp_path / "in.jsonl").write_bytes(b"\n".join([good[0], line, good[1]]))
    results, _ = score(tmp_path, tmp_path / "in.jsonl")
    check_the_second_of_three(results, message)
    assert [row["id"] for row in results][::2] == [1, 3]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.jsonl", "out.txt"])
@pytest.mark.parametrize("source", ["in.csv", "in.jsonl"])
def test_every_output_format_takes_bad_rows(tmp_path: Path, name: str, source: str) -> None:
    contents = {
        "in.csv": b"expression,n\n1+1,1\n2+2,2,3\n",
        "in.jsonl": b'{"expression": "1+1"}\n{"expression": 7}\n',
    }
    (tmp_path / source).write_bytes(contents[source])
    done = run(tmp_path / source, "--output", tmp_path / name)
    assert done.exit_code == 1
    assert "errors: malformed_row 1" in done.stderr
    if name == "out.txt":
        raw = {"in.csv": "2+2,2,3", "in.jsonl": '{"expression": 7}'}[source]
        assert (tmp_path / name).read_text().splitlines()[1].startswith(f"{raw} ! row ")


def test_an_unbalanced_quote_costs_the_rows_that_it_swallows(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b'expression,n\n1+1,1\n"2+2,2\n3+3,3\n"4+4",4\n5+5,5\n')
    results, _ = score(tmp_path, tmp_path / "in.csv")
    assert [row["answer"] for row in results] == ["2", None, "10"]
    assert results[1]["expression"].startswith("2+2,2")


def test_a_number_that_does_not_fit_its_column_is_a_bad_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first block sets the types; nothing is rounded to fit them."""
    monkeypatch.setattr("exprinfer.scoring.reading.lines.BLOCK_BYTES", 32)
    ids: list[Any] = [1, 1.5, 3, 2**70]
    lines = [json.dumps({"expression": "1+1", "id": number}) for number in ids]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    results, _ = score(tmp_path, tmp_path / "in.jsonl")
    messages = [row["message"] for row in results]
    reason = "'id' holds a number, expected int64"
    assert messages == [None, f"row 2: {reason}", None, f"row 4: {reason}"]


def test_a_cell_that_is_not_utf_8_far_behind_is_a_bad_row(tmp_path: Path) -> None:
    """The first block shows the encoding; a later row in another one says what to do."""
    rows = b"1+1,a\n" * 100_000
    (tmp_path / "in.csv").write_bytes(b"expression,name\n" + rows + b"2+2,\xfc\n3+3,\n1\n")
    results, _ = score(tmp_path, tmp_path / "in.csv")
    assert [row["error"] for row in results[99_999:]] == [None, "malformed_row", None, *MALFORMED]
    assert results[100_000]["message"] == (
        "row 100,002: not UTF-8 text; give its encoding with --encoding, such as cp1252"
    )
    assert results[-1]["message"].startswith("row 100,004: ")


MALFORMED = ["malformed_row"]


def test_bad_rows_keep_their_places_whatever_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also at the first and last place, and many in a row, in blocks of a few rows."""
    bad = {0, 1, 57, 58, 200, *range(300, 420), 998, 999}
    lines = [f"{n}+1,{n}" if n not in bad else f"{n}" for n in range(1_000)]
    (tmp_path / "in.csv").write_text("\n".join(["expression,n", *lines]))
    whole = score(tmp_path, tmp_path / "in.csv")[0]
    monkeypatch.setattr(csv_rows, "BATCH_BYTES", 256)
    monkeypatch.setattr(csv_rows, "_MALFORMED_ROWS", 50)
    small = score(tmp_path, tmp_path / "in.csv")[0]
    for results in (whole, small):
        assert {n for n, row in enumerate(results) if row["error"] == "malformed_row"} == bad
        assert all(row["answer"] == str(n + 1) for n, row in enumerate(results) if n not in bad)
        assert all(results[n]["message"].startswith(f"row {n + 2:,}: ") for n in bad)


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_reading_from_any_position_gives_the_same_blocks(
    tmp_path: Path, name: str, exact: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "BATCH_BYTES", 256)
    monkeypatch.setattr("exprinfer.scoring.reading.lines.BLOCK_BYTES", 256)
    if name == "in.csv":
        lines = ["expression,n", *(f"{n}+1,{n}" if n % 7 else str(n) for n in range(300))]
    else:
        lines = [json.dumps({"expression": f"{n}+1" if n % 7 else n}) for n in range(1, 300)]
    (tmp_path / name).write_text("\n".join(lines))
    inputs = find_inputs((str(tmp_path / name),))

    def scored(start: blocks.ReadPosition) -> list[tuple[Any, list[Any]]]:
        found = []
        for block in read_blocks(inputs, ReadOptions(), start):
            batch = block.score(exact)
            assert isinstance(batch, ScoredBatch)
            found.append(
                (block.position, [row["message"] or row["answer"] for row in batch.rows()])
            )
        return found

    whole = scored(blocks.ReadPosition())
    assert len(whole) > 5
    for number, (position, _) in enumerate(whole):
        assert scored(position) == whole[number + 1 :]


@pytest.fixture(scope="module")
def exact() -> Any:
    import exprinfer

    with exprinfer.load("exact", "cpu") as evaluator:
        yield evaluator


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl", "in.txt"])
def test_a_file_with_only_bad_rows_is_refused(tmp_path: Path, name: str) -> None:
    content = {"in.csv": b"a,b\n1\n2\n", "in.jsonl": b"1+1\n2+2\n", "in.txt": b'{"a": 1}\n'}
    (tmp_path / name).write_bytes(content[name])
    done = run(tmp_path / name, "--output", tmp_path / "out.txt")
    assert done.exit_code == 2
    assert not (tmp_path / "out.txt").exists()


def test_a_new_json_key_is_kept_and_told(tmp_path: Path) -> None:
    lines = [json.dumps({"expression": "1+1"})] * 20_000
    lines.append(json.dumps({"expression": "2+2", "note": {"by": "me"}}))
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = run(tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert done.exit_code == 0, done.stderr
    assert "only JSON Lines output keeps all values of 'note'" in done.stderr
    last = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[-1])
    assert (last["note"], last["answer"]) == ({"by": "me"}, "4")
    for name in ("out.csv", "out.parquet"):
        assert run(tmp_path / "in.jsonl", "--output", tmp_path / name).exit_code == 0


def test_json_values_are_kept_as_written(tmp_path: Path) -> None:
    """Dates stay text, and values of a column that was empty at first are not lost."""
    records: list[dict[str, Any]] = [{"expression": "1+1", "day": "2024-01-31", "x": None}] * 9_000
    records += [{"expression": "2+2", "day": "n/a", "x": [1, {"y": 2}]}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    done = run(tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert done.exit_code == 0
    results = list(map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines()))
    assert results[0]["day"] == "2024-01-31"
    assert (results[-1]["day"], results[-1]["x"]) == ("n/a", '[1, {"y": 2}]')


def test_nested_json_is_found_by_a_path(tmp_path: Path) -> None:
    lines = [{"data": {"expression": "1+1", "result": 2}}, {"data": None}, {"data": {}}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    paths = ["--column", "data.expression", "--expected", "data.result"]
    results, done = score(tmp_path, tmp_path / "in.jsonl", *paths)
    assert [row["answer"] for row in results] == ["2", None, None]
    assert results[0]["given_right"] is True
    assert "expressions from 'data.expression'" in done.stderr
    wrong = run(tmp_path / "in.jsonl", "--column", "data.sum")
    assert (wrong.exit_code, "no column 'data.sum'" in wrong.stderr) == (2, True)


def test_one_unreadable_file_in_a_folder_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("expression\n1+1\n")
    (folder / "b.parquet").write_bytes(b"PAR1 damaged")
    (folder / "c.csv").write_text("expression\n3+3\n")
    results, done = score(
        tmp_path, folder, "--summary", tmp_path / "summary.json", "--output", "overridden"
    )
    assert [row["answer"] for row in results] == ["2", "6"]
    assert f"not read to the end: {folder / 'b.parquet'}: cannot be read as parquet" in done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary["unreadable_inputs"]) == [str(folder / "b.parquet")]
    stopped = run(folder, "--on-error", "stop")
    assert stopped.exit_code == 2
    assert "cannot be read as parquet" in stopped.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_reported(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("1+1\n")
    (tmp_path / "a.txt").chmod(0)
    assert "Permission denied" in score(tmp_path, tmp_path / "a.txt", tmp_path / "b.txt")[1].stderr


def test_the_first_bad_row_can_stop_the_run(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("expression,n\n1+1,1\n2+2\n")
    done = run(tmp_path / "in.csv", "--on-error", "stop", "--output", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert f"{tmp_path / 'in.csv'}: row 3: expected 2 columns, got 1" in done.stderr
    assert not (tmp_path / "out.csv").exists()
