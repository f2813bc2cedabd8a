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
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

import exprinfer
from tests.processes import ray_processes
from training.expressions import sample

ray = pytest.importorskip("ray", reason="Ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import pyarrow.compute as pc  # noqa: E402
from pyarrow import fs, parquet  # noqa: E402

import exprinfer.ray  # noqa: E402
from exprinfer.arrow import evaluate_table  # noqa: E402
from exprinfer.cli import main  # noqa: E402
from exprinfer.errors import ClusterError, InputError, OutputError  # noqa: E402
from exprinfer.ray import Totals, score_dataset, tasks  # noqa: E402
from exprinfer.ray.connection import connected, import_ray  # noqa: E402
from exprinfer.ray.failures import explain  # noqa: E402
from exprinfer.ray.tasks import run_tasks  # noqa: E402
from exprinfer.scoring.marking import MARKS, SCORED_FIELDS  # noqa: E402
from exprinfer.scoring.reading import dataset_files  # noqa: E402
from exprinfer.scoring.writing.result_folder import SUCCESS  # noqa: E402

ROWS, FILES = 1_000_000, 8
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="needs /proc to find the processes of Ray"
)


def evaluated(table: Any, column: str) -> Any:
    """Evaluate a table in this process; a null is an empty expression, as in ``score``."""
    place, texts = table.column_names.index(column), table[column].fill_null("")
    filled = evaluate_table(
        exprinfer.load(device="cpu"), table.set_column(place, column, texts), column
    )
    return filled.set_column(place, column, table[column])


def same(results: Any, expected: Any) -> bool:
    """Compare all columns; those of log-probabilities by their first digits."""
    rest = [name for name in expected.column_names if name != "log_prob"]
    difference = pc.abs(pc.subtract(results["log_prob"], expected["log_prob"]))
    close = pc.max(difference).as_py()
    return close < 1e-3 and bool(results.select(rest).equals(expected.select(rest)))


@pytest.fixture(scope="module")
def running_ray() -> Iterator[None]:
    with connected(import_ray(), None, 2):
        yield
        assert ray.is_initialized()  # score_dataset leaves it running
    assert not ray.is_initialized()


@pytest.mark.slow
@needs_proc
@pytest.mark.usefixtures("running_ray")
def test_a_million_rows_survive_the_death_of_a_worker(tmp_path: Path) -> None:
    """The results are those of one process: no row is lost, and none is there twice."""
    texts: list[str | None] = list(sample(ROWS, seed=31).texts())
    texts[::1_000], texts[1::1_000] = [None] * 1_000, ["1/0"] * 1_000
    table = pa.table({"id": range(ROWS), "sum": texts, "by": ["a", "b"] * (ROWS // 2)})
    source, output = tmp_path / "source", tmp_path / "output"
    source.mkdir()
    for number, start in enumerate(range(0, ROWS, ROWS // FILES)):
        parquet.write_table(table.slice(start, ROWS // FILES), source / f"{number}.parquet")

    killed: list[int] = []
    finished = threading.Event()

    def kill_one() -> None:
        while not finished.is_set():
            if list(tmp_path.glob(".output.*/*.parquet")) and (
                found := ray_processes(b"ray::_score")
            ):
                assert not output.exists()
                os.kill(found[0], signal.SIGKILL)
                killed.append(found[0])
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
    results = parquet.read_table(output)
    expected = evaluated(table, "sum")
    assert results["id"].to_pylist() == list(range(ROWS))
    assert results.schema.equals(expected.schema)
    assert same(results, expected)
    certified = pc.sum(expected["certified"]).as_py()
    assert totals == Totals(ROWS, certified, Counter(division_by_zero=1_000, empty=1_000))
    assert {path.name for path in tmp_path.iterdir()} == {"source", "output"}
    manifest = json.loads((output / SUCCESS).read_text())
    assert manifest["rows_in"] == manifest["rows_out"] == ROWS


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


@pytest.mark.usefixtures("running_ray")
def test_several_sources_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("folder/a.txt", "folder/.hidden.txt", "folder/b.txt", "c.txt.gz"):
        write(tmp_path / name)
    sources = [str(tmp_path / "folder"), str(tmp_path / "c.txt.gz")]
    totals = score_dataset(sources, str(tmp_path / "out"), workers=1)
    assert totals.rows == 3 * 160
    results = parquet.read_table(tmp_path / "out")
    assert results["expression"].to_pylist() == TABLE["sum"] * 3
    names = [f"{tmp_path}/{name}" for name in ("folder/a.txt", "folder/b.txt", "c.txt.gz")]
    assert list(dict.fromkeys(results["source"].to_pylist())) == names


def test_without_ray_the_error_names_the_extra(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "import exprinfer.ray\n"
        "try:\n    exprinfer.ray.score_dataset('a', 'b')\n"
        "except exprinfer.ExtraMissingError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "exprinfer[ray]" in done.stdout


@pytest.mark.usefixtures("running_ray")
def test_an_error_gives_the_reason_and_leaves_no_output(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl")
    write(tmp_path / "b.txt")
    (tmp_path / "there").mkdir()
    out = str(tmp_path / "out")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileExistsError, match="already exists"):
        score_dataset(str(tmp_path / "a.jsonl"), str(tmp_path / "there"))
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        score_dataset(str(tmp_path / "absent"), out)
    with pytest.raises(OutputError, match=r"a.jsonl and .*b.txt: the inputs have different"):
        score_dataset([str(tmp_path / "a.jsonl"), str(tmp_path / "b.txt")], out)
    with pytest.raises(InputError, match="the columns are sum, id"):
        score_dataset(str(tmp_path / "a.jsonl"), out, column="expression")
    with pytest.raises(exprinfer.ModelNotFoundError):
        score_dataset(str(tmp_path / "b.txt"), out, model="absent")
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
    assert results["sum"].to_pylist() == TABLE["sum"]
    assert json.loads(summary.read_text())["errors"] == dict(
        Counter(code for code in results["error"].to_pylist() if code)
    )


LONG = b"1" * 3_000_000
DEEP = b'{"expression": "4+4", "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}\n"
#: Files that the readers of Ray change, refuse or hang at; each has an input "b" beside it.
CONTENTS = {
    "marks.txt": (b" 5+3 = 8\n7*8 = abc\n\xff\n\n1/0 = 0\n", b"1+1\n"),
    "lone CR.txt": (b"1+2\r3+4\n5+6\r\n", b"\r\n\r"),
    "a long line.txt": (b"1+2\n" + LONG + b"\n3+4\n", b"1+1\n"),
    "UTF-16.txt": ("1+2\n3+4\n".encode("utf-16"), b"1+1\n"),
    "Excel.csv": (
        "\ufeffNr;Aufgabe;EXPECTED\r\n1; 5+3;8\r\n2;7*8;abc\r\n3;;0\r\n".encode(),
        b"Nr;Aufgabe;EXPECTED\r\n4;1+1;2\r\n",
    ),
    "a quoted newline.csv": (b'id,"ex\npression"\n007,1+2\n', b'id,"ex\npression"\n08,3+4\n'),
    "other delimiters.csv": (b"id,sum\n007,1+2\n", b"id;sum\n08;3+4\n"),
    "bad rows.csv": (b"id,sum\n1,1+2\n2\n3,\xff\n4,5+6,7\n", b"id,sum\n" + b"x\n" * 5),
    "a long cell.csv": (b"id,sum\n1,1+2\n2," + LONG + b"\n3,3+4\n", b"id,sum\n1,1+1\n"),
    "dates.jsonl": (
        b'{"expression": " 5+3 ", "expected": 9, "day": "2024-01-31"}\n{"expression": null}\n',
        b'{"expression": "1+1", "expected": 2, "day": "today"}\n',
    ),
    "types.jsonl": (
        b'{"expression": "1+2", "x": 1}\n{"expression": 7, "x": "a"}\nbroken\n\xff\n{"x": 2}\n',
        b'{"expression": "3+4", "x": 2}\n',
    ),
    "NaN.jsonl": (b'{"expression": "1+2", "x": NaN}\n', b'{"expression": "3+4", "x": 2}\n'),
    "other types.jsonl": (
        b'{"expression": "1+2", "x": 1}\n',
        b'{"expression": "3+4", "x": "a"}\n',
    ),
    "deep.jsonl": (b'{"expression": "1+2"}\n' + DEEP, b'{"expression": "3+4"}\n'),
}


def sorted_columns(table: Any) -> list[dict[str, Any]]:
    rows = table.to_pylist()
    for row in rows:
        row["log_prob"] = row["log_prob"] and round(row["log_prob"], 3)
    return rows  # type: ignore[no-any-return]


def score_both_ways(folder: Path, files: list[Path], *more: str) -> list[Any]:
    """Score with and without Ray, and return the results, messages and exit codes."""
    outcomes = []
    for output, options in (("one.parquet", []), ("many", ["--ray"])):
        path = folder / output
        words = [*map(str, files), "--device", "cpu", "--output", str(path), *more, *options]
        done = CliRunner().invoke(main, ["score", *words])
        results = parquet.read_table(path) if path.exists() else None
        outcomes.append((results, done.stderr, done.exit_code))
    return outcomes


@pytest.mark.usefixtures("running_ray")
@pytest.mark.parametrize("name", [*CONTENTS, "table.parquet"])
def test_the_rows_are_those_of_one_machine(tmp_path: Path, name: str) -> None:
    """The cells, the marks, the errors, the names of the files, and the order."""
    files = [tmp_path / f"{file}.{name}" for file in ("a", "b")]
    for number, path in enumerate(files):
        if name == "table.parquet":
            texts, values = ["5+3 ", None, "2 x 3"], [8.0, None, 5.5]
            parquet.write_table(pa.table({"Expression": texts, "expected": values}), path)
        else:
            path.write_bytes(CONTENTS[name][number])
    (one, told, code), (many, told_by_ray, code_of_ray) = score_both_ways(
        tmp_path, files, "--normalize"
    )
    assert code_of_ray == code, told_by_ray
    if one is None:
        assert many is None
        assert told.splitlines()[-1].removeprefix("Error: ") in told_by_ray
    else:
        assert many.schema.equals(one.schema)
        assert sorted_columns(many) == sorted_columns(one)


@pytest.mark.usefixtures("running_ray")
def test_a_file_that_cannot_be_read_does_not_end_the_run(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    parquet.write_table(pa.table({"expression": ["1+2"] * 3}), good)
    bad.write_bytes(good.read_bytes()[:-20] + b"PAR1")
    (one, told, code), (many, told_by_ray, code_of_ray) = score_both_ways(tmp_path, [bad, good])
    assert code == code_of_ray == 1
    assert sorted_columns(many) == sorted_columns(one)
    line = next(line for line in told.splitlines() if "not read to the end" in line)
    assert line in told_by_ray.splitlines()
    for path in (tmp_path / "many", tmp_path / "one.parquet"):
        path.rename(tmp_path / f"old {path.name}")
    (_, told, code), (_, told_by_ray, code_of_ray) = score_both_ways(
        tmp_path, [bad, good], "--on-error", "stop"
    )
    assert code == code_of_ray == 2
    # Whether the other file was read by then depends on which task is done first.
    assert told.splitlines()[-1] == told_by_ray.splitlines()[-1]
    assert told.splitlines()[-1].startswith(f"Error: {bad}: cannot be read as parquet")


@pytest.mark.usefixtures("running_ray")
def test_large_files_are_scored_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_files, "PART_BYTES", 1 << 10)
    monkeypatch.setattr(dataset_files, "PART_ROWS", 250)
    texts = list(sample(1_000, seed=7).texts())
    (tmp_path / "a.txt").write_text("\n".join(texts))
    table = pa.table({"expression": texts})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    for name in ("a.txt", "a.parquet"):
        totals = score_dataset(str(tmp_path / name), str(tmp_path / f"{name}.out"))
        assert totals.rows == totals.certified == 1_000
        assert len(list((tmp_path / f"{name}.out").glob("*.parquet"))) >= 4
        assert parquet.read_table(tmp_path / f"{name}.out")["expression"].to_pylist() == texts


@pytest.mark.usefixtures("running_ray")
def test_a_data_set_without_rows_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert score_dataset(str(tmp_path / "a.txt"), str(tmp_path / "out")) == Totals()
    assert parquet.read_table(tmp_path / "out").column_names == list(SCORED_FIELDS)


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
def test_two_jobs_share_a_cluster_that_they_join_by_its_address(tmp_path: Path) -> None:
    """Each of them once held all but one of the CPUs, and both waited for the other's."""
    texts = list(sample(2_000, seed=9).texts())
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("\n".join(texts))
    address = ray.get_runtime_context().gcs_address
    words = [sys.executable, "-m", "exprinfer", "score", *map(str, tmp_path.glob("*.txt"))]
    jobs = [
        subprocess.Popen(
            [*words, f"--ray={address}", "--output", str(tmp_path / out)],
            stderr=subprocess.PIPE, text=True,
        )
        for out in ("one", "two")
    ]  # fmt: skip
    try:
        told = [job.communicate(timeout=300)[1] for job in jobs]
    finally:
        for job in jobs:
            job.kill()
    assert [job.returncode for job in jobs] == [0, 0], told
    results = [parquet.read_table(tmp_path / out) for out in ("one", "two")]
    assert results[0]["expression"].to_pylist() == texts * 4
    assert results[0]["answer"].equals(results[1]["answer"])


def run(*jobs: Any, timeout: float | None = None) -> list[Any]:
    return list(run_tasks(ray, jobs, workers=None, resources={"num_cpus": 1}, timeout=timeout))


@dataclass(frozen=True)
class FakeTask:
    """Counts its attempts in a file, and fails in the first ones."""

    counter: str
    failures: int
    kind: str
    number: int = 0
    source: Any = field(default_factory=lambda: SimpleNamespace(name="in.txt"))

    def __call__(self) -> int:
        with open(self.counter, "a") as file:
            file.write("x")
        attempts = os.path.getsize(self.counter)
        if attempts <= self.failures:
            if self.kind == "dies":
                os._exit(9)
            if self.kind == "sleeps":
                time.sleep(60)
            raise {"storage": OSError, "input": InputError, "defect": KeyError}[self.kind]("no")
        return attempts


@pytest.fixture
def by_value() -> Iterator[None]:
    """Send classes of this module to the workers, which cannot import it."""
    module = sys.modules[__name__]
    ray.cloudpickle.register_pickle_by_value(module)
    yield
    ray.cloudpickle.unregister_pickle_by_value(module)


@pytest.mark.usefixtures("running_ray", "by_value")
def test_attempts_are_bounded_and_the_error_is_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "DELAY", 0.01)
    monkeypatch.setattr(tasks, "ATTEMPTS", 2)

    def task(failures: int, kind: str) -> FakeTask:
        return FakeTask(str(tmp_path / f"{kind} {failures}"), failures, kind)

    assert run(task(1, "storage")) == [2]
    assert run(task(1, "dies")) == [2]
    for failing, error, message in (
        (task(9, "storage"), OSError, "^no$"),
        (task(9, "input"), InputError, "^no$"),
        (task(9, "defect"), ClusterError, "in.txt: KeyError: 'no'"),
        (task(9, "dies"), ClusterError, "in.txt: gave up after 2 attempts, in each of which the"),
    ):
        with pytest.raises(error, match=message):
            run(failing)
        expected = 1 if failing.kind in ("input", "defect") else 2
        assert os.path.getsize(failing.counter) == expected


@pytest.mark.usefixtures("running_ray", "by_value")
def test_a_job_gives_up_when_its_time_is_over(tmp_path: Path) -> None:
    sleeping = [FakeTask(str(tmp_path / f"{n}"), 1, "sleeps", n) for n in range(3)]
    with pytest.raises(ClusterError, match=r"not finished after 0.5 seconds: 3 of 3"):
        run(*sleeping, timeout=0.5)
    write(tmp_path / "a.txt")
    words = ["score", str(tmp_path / "a.txt"), "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*words, "--ray", "--ray-timeout", "1e-9"])
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: not finished after 1e-09 seconds: 1 of 1 parts")
    assert not (tmp_path / "out").exists()


def test_a_cluster_that_is_not_there_is_an_error() -> None:
    def init(address: str, **options: Any) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nTry ray start.")

    fake = SimpleNamespace(init=init, is_initialized=lambda: False)
    with (
        pytest.raises(ClusterError, match="join the cluster at auto: ConnectionError: Could"),
        connected(fake, "auto", None),
    ):
        pass


def test_the_cause_of_a_failure_is_shown_and_not_the_last_line_of_ray() -> None:
    inner = pa.ArrowInvalid("the file ends too early\nat byte 9")
    middle = RuntimeError("task failed")
    middle.__cause__ = inner
    outer = RuntimeError("ray::task() (pid=1, ip=1.2.3.4)\nPlease see the logs in /tmp/ray.")
    outer.cause = middle  # type: ignore[attr-defined]
    assert explain(outer) == "ArrowInvalid: the file ends too early"
    lost = ray.exceptions.WorkerCrashedError()
    assert explain(lost).startswith("The worker died unexpectedly")
    quoted = ray.exceptions.RaySystemError(
        "The remote function failed to import.\nTraceback (most recent call last):\n"
        "  File x\nModuleNotFoundError: No module named 'exprinfer'\nSee the docs."
    )
    assert explain(quoted) == "ModuleNotFoundError: No module named 'exprinfer'"


@needs_proc
@pytest.mark.usefixtures("running_ray")
def test_ray_is_started_without_reports_and_without_asking_for_the_cloud() -> None:
    """The process of the dashboard does both; it is started even if there is no dashboard."""
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert ray_processes(b"raylet")
    assert not ray_processes(b"dashboard/dashboard.py")


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
        (["in.csv", "--ray-timeout", "9"], "--ray-timeout needs --ray"),
    ],
)
def test_options_that_ray_does_not_support_are_refused(arguments: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, ["score", *arguments])
    assert done.exit_code == 2
    assert reason in done.stderr
