"""Data sets scored with Ray."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import exprinfer
from training.expressions import sample

pytest.importorskip("ray", reason="Ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import pyarrow.compute as pc  # noqa: E402
from pyarrow import fs, parquet  # noqa: E402

import exprinfer.ray  # noqa: E402
from exprinfer.arrow import evaluate_table  # noqa: E402
from exprinfer.cli import main  # noqa: E402
from exprinfer.errors import InputError  # noqa: E402
from exprinfer.ray import Totals, score_dataset  # noqa: E402
from exprinfer.scoring.marking import MARKS, SCORED_FIELDS  # noqa: E402
from exprinfer.scoring.writing.result_folder import SUCCESS  # noqa: E402

ROWS, FILES = 1_000_000, 8


def evaluated(table: Any, column: str) -> Any:
    """Evaluate a table in this process; a null is an empty expression, as in ``score``."""
    place, texts = table.column_names.index(column), table[column].fill_null("")
    with exprinfer.load(device="cpu") as evaluator:
        results = evaluate_table(evaluator, table.set_column(place, column, texts), column)
    return results.set_column(place, column, table[column])


def same(results: Any, expected: Any) -> bool:
    """Compare two tables; log-probabilities may differ in the last digits."""
    difference = pc.max(pc.abs(pc.subtract(results["log_prob"], expected["log_prob"]))).as_py()
    rest = [name for name in expected.column_names if name != "log_prob"]
    return difference < 1e-4 and bool(results.select(rest).equals(expected.select(rest)))


def worker_processes() -> list[int]:
    """Return the process ids of the workers that this process started."""
    parents, workers = {}, []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if (path / "cmdline").read_bytes().startswith(b"ray::MapWorker"):
                workers.append(int(path.name))
        except OSError:
            continue  # it has just ended

    def is_ours(process: int | None) -> bool:
        return process == os.getpid() or (process in parents and is_ours(parents[process]))

    return [process for process in workers if is_ours(process)]


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="needs /proc to find the workers"
)
def test_a_million_rows_survive_the_death_of_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results are those of one process: no row is lost, and none is there twice."""
    texts: list[str | None] = list(sample(ROWS, seed=31).texts())
    texts[::1_000], texts[1::1_000] = [None] * 1_000, ["1/0"] * 1_000
    table = pa.table({"id": range(ROWS), "sum": texts, "by": ["a", "b"] * (ROWS // 2)})
    source, output = tmp_path / "source", tmp_path / "output"
    source.mkdir()
    for number, start in enumerate(range(0, ROWS, ROWS // FILES)):
        parquet.write_table(table.slice(start, ROWS // FILES), source / f"{number}.parquet")

    monkeypatch.setattr(exprinfer.ray, "BLOCK_ROWS", 1 << 15)
    killed: list[int] = []
    finished = threading.Event()

    def kill_one() -> None:
        while not finished.is_set():
            if list(tmp_path.glob(".output.*/*.parquet")) and (processes := worker_processes()):
                assert not output.exists()
                os.kill(processes[0], signal.SIGKILL)
                killed.append(processes[0])
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        totals = score_dataset(str(source), str(output), column="sum", workers=2, name_files=False)
    finally:
        finished.set()
        killer.join()

    assert len(killed) == 1
    results = parquet.read_table(output).sort_by("id")
    expected = evaluated(table, "sum")
    assert results["id"].to_pylist() == list(range(ROWS))
    assert results.schema.equals(expected.schema)
    assert same(results, expected)
    certified = pc.sum(expected["certified"]).as_py()
    assert totals == Totals(ROWS, certified, Counter(division_by_zero=1_000, empty=1_000))
    assert {path.name for path in tmp_path.iterdir()} == {"source", "output"}


@pytest.fixture(scope="module")
def running_ray() -> Iterator[None]:
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    assert ray.is_initialized()  # score_dataset leaves it running
    ray.shutdown()


TABLE = {
    "sum": ["5+3", "7*-9", "1/0", "", '1"+1', "-(66+-19)", "12+", "100*2"] * 20,
    "id": [f"0{number}" for number in range(160)],
}


def write(path: Path) -> None:
    rows = list(zip(*TABLE.values(), strict=True))
    text = io.StringIO()
    if ".jsonl" in path.name:
        text.writelines(json.dumps(dict(zip(TABLE, row, strict=True))) + "\n" for row in rows)
    elif ".txt" in path.name:
        text.writelines(f"{row[0]}\n" for row in rows)
    else:
        csv.writer(text, delimiter="\t").writerows([list(TABLE), *rows])
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
def test_other_formats_on_another_file_system(tmp_path: Path) -> None:
    expected = evaluated(pa.table(TABLE), "sum")
    for name in ("a.jsonl", "b.txt", "c.tsv.gz"):
        write(tmp_path / name)
        storage = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
        totals = score_dataset(name, f"{name}.out", column="sum", workers=1, filesystem=storage)
        results = parquet.read_table(tmp_path / f"{name}.out")
        if name == "b.txt":  # as score does, with all columns of lines
            assert results.column_names == list(SCORED_FIELDS)
            results = results.drop_columns(["given", *MARKS]).rename_columns({"expression": "sum"})
        assert same(results, expected.select(results.column_names))
        assert results.num_columns == expected.num_columns - (name == "b.txt")
        codes = ("division_by_zero", "empty", "unknown_symbol", "malformed")
        assert totals == Totals(160, 80, Counter(dict.fromkeys(codes, 20)))
        assert (tmp_path / f"{name}.out" / SUCCESS).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
def test_several_sources_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("folder/a.txt", "folder/.hidden.txt", "folder/b.txt", "c.txt.gz"):
        write(tmp_path / name)
    sources = [str(tmp_path / "folder"), str(tmp_path / "c.txt.gz")]
    totals = score_dataset(sources, str(tmp_path / "out"), workers=1)
    assert totals.rows == 3 * 160
    expressions = parquet.read_table(tmp_path / "out")["expression"].to_pylist()
    assert Counter(expressions) == Counter(TABLE["sum"] * 3)


def test_without_ray_the_error_names_the_extra(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "import exprinfer.ray\n"
        "try:\n    exprinfer.ray.score_dataset('a', 'b')\n"
        "except exprinfer.ExtraMissingError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "exprinfer[ray]" in done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
def test_an_error_gives_the_reason_and_leaves_no_output(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl")
    write(tmp_path / "b.txt")
    (tmp_path / "there").mkdir()
    out = str(tmp_path / "out")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileExistsError, match="already exists"):
        score_dataset(str(tmp_path / "a.jsonl"), str(tmp_path / "there"))
    with pytest.raises(FileNotFoundError, match="no such file, or folder with files"):
        score_dataset(str(tmp_path / "absent"), out)
    with pytest.raises(InputError, match="the same format, got jsonl and text"):
        score_dataset(str(tmp_path), out)
    with pytest.raises(InputError, match="the columns are sum, id"):
        score_dataset(str(tmp_path / "a.jsonl"), out, column="expression")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("running_ray")
def test_the_command_scores_with_ray(tmp_path: Path) -> None:
    write(tmp_path / "in.tsv")
    output, summary = tmp_path / "out", tmp_path / "summary.json"
    arguments = [tmp_path / "in.tsv", "--column", "sum", "--output", output, "--summary", summary]
    done = CliRunner().invoke(main, ["score", *map(str, arguments), "--ray"])
    assert done.exit_code == 1, done.stderr  # some rows have no answer
    assert "160 rows" in done.stderr
    results = parquet.read_table(output)
    assert sorted(results["sum"].to_pylist()) == sorted(TABLE["sum"])
    assert json.loads(summary.read_text())["errors"] == dict(
        Counter(code for code in results["error"].to_pylist() if code)
    )


def sorted_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        row["log_prob"] = row["log_prob"] and round(row["log_prob"], 3)
        row["source"] = Path(row["source"]).name
    return sorted(rows, key=str)


CONTENTS = {
    "txt": b" 5+3 = 8\n7*8 = abc\n\xff\n\n1/0 = 0\n",
    "csv": "\ufeffNr;Aufgabe;EXPECTED\r\n1; 5+3;8\r\n2;7*8;abc\r\n3;;0\r\n".encode(),
    "jsonl": b'{"expression": " 5+3 ", "expected": 9, "day": "2024-01-31"}\n{"expression": null}\n',
}


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
@pytest.mark.parametrize("end", [*CONTENTS, "parquet"])
def test_the_results_are_those_of_one_machine(tmp_path: Path, end: str) -> None:
    """The columns, the marks, the blanks and the names of the files."""
    for name in ("a", "b"):
        path = tmp_path / f"{name}.{end}"
        if end == "parquet":
            texts, values = ["5+3 ", None, "2 x 3"], [8.0, None, 5.5]
            parquet.write_table(pa.table({"Expression": texts, "expected": values}), path)
        else:
            path.write_bytes(CONTENTS[end])
    files = [str(tmp_path / f"a.{end}"), str(tmp_path / f"b.{end}")]
    results = []
    for output, more in (("one.parquet", []), ("many", ["--ray"])):
        words = [*files, "--normalize", "--device", "cpu", "--output", str(tmp_path / output)]
        done = CliRunner().invoke(main, ["score", *words, *more])
        assert done.exit_code == 1, done.stderr
        results.append(parquet.read_table(tmp_path / output))
    one, many = results
    assert many.schema.equals(one.schema)
    assert sorted_rows(many.to_pylist()) == sorted_rows(one.to_pylist())


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
def test_what_ray_cannot_do_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("sum;n\n5+3;1\n")
    (tmp_path / "in" / "b.csv").write_text("sum,n\n5+3,1\n")
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04 xl/workbook.xml")
    (tmp_path / "path.csv").write_text("sum,path\n5+3,1\n")
    (tmp_path / "ragged.csv").write_text("sum,n\n5+3,1\n2\n")
    out = str(tmp_path / "out")
    with pytest.raises(InputError, match="the same columns, delimiter and encoding"):
        score_dataset(str(tmp_path / "in"), out)
    with pytest.raises(InputError, match="an Excel workbook"):
        score_dataset(str(tmp_path / "book.csv"), out)
    with pytest.raises(InputError, match="use --no-source"):
        score_dataset(str(tmp_path / "path.csv"), out, name_files=True)
    done = CliRunner().invoke(
        main, ["score", str(tmp_path / "ragged.csv"), "--output", out, "--ray"]
    )
    assert done.exit_code == 2
    assert "ragged.csv" in done.stderr
    assert "without --ray, rows that cannot be read are results" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ray_writes_nothing_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("sum\n5+3\n")
    words = ["score", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out"), "--ray"]
    done = subprocess.run(
        [sys.executable, "-m", "exprinfer", *words], check=True, capture_output=True, text=True
    )
    assert done.stdout == ""
    told, counts, *rest = done.stderr.splitlines()
    assert rest == []
    assert told == f"{tmp_path / 'in.csv'}: expressions from 'sum'"
    assert counts.startswith("1 rows: 1 answered and certified, 0 with an error; ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["in.csv", "--ray"], "give --output FOLDER"),
        (["in.csv", "--output", "out", "--resume", "--ray"], "--ray cannot be combined with"),
        (
            ["in.csv", "--output", "out", "--batch-size", "9", "--ray"],
            "--ray cannot be combined with",
        ),
    ],
)
def test_options_that_ray_does_not_support_are_refused(arguments: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, ["score", *arguments])
    assert done.exit_code == 2
    assert reason in done.stderr
