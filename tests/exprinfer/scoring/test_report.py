"""The report: what it collects, what it shows, and that no input becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import exprinfer
from exprinfer import Evaluator, Operands
from exprinfer.cli import main
from exprinfer.language.tokenizer import encode
from exprinfer.runtime.tapes import expected_steps
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.reading import lines as line_reading
from exprinfer.scoring.reading.blocks import score_lines
from exprinfer.scoring.report.charts import STATES, _runs, map_states
from exprinfer.scoring.report.collected import MAX_LINES, Collected, Line
from exprinfer.scoring.report.seed_map import (
    CERTIFIED,
    ERROR,
    OPERATORS,
    RIGHT,
    UNCERTIFIED,
    WRONG,
    SeedMap,
)
from tests.markup import Page

HOSTILE = "</code><script>alert(1)</script><img src=x onerror=alert(2)>"
HOSTILE_COLUMN = "<script>alert(3)</script>"
HOSTILE_FILE = "<img src=x onerror=alert(4)>.csv"


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments)])


def report(tmp_path: Path, *arguments: object, name: str = "report.html") -> Page:
    done = run(*arguments, "--output", tmp_path / "out.txt", "--report", tmp_path / name)
    assert done.exit_code in (0, 1), done.output
    return Page((tmp_path / name).read_text(encoding="utf-8"))


def batches(evaluator: Evaluator, texts: list[str], size: int = 50) -> Iterator[ScoredBatch]:
    for start in range(0, len(texts), size):
        yield score_lines("\n".join(texts[start : start + size]).encode(), evaluator)


def collect(evaluator: Evaluator, texts: list[str]) -> Collected:
    tapes = tuple(model.name for model in evaluator.models if model.tapes)
    collected = Collected(tapes)
    for batch in batches(evaluator, texts):
        collected = collected.plus(batch, 0)
    return collected


@pytest.fixture(scope="module")
def texts() -> list[str]:
    draw = random.Random(16)
    small = [
        f"{draw.randint(-99, 99)}{draw.choice('+-*')}{draw.randint(1, 99)}" for _ in range(150)
    ]
    large = [
        f"{draw.randint(1, 10**9)}{draw.choice('+-*')}{draw.randint(1, 99)}" for _ in range(40)
    ]
    mixed = [*small, *large, "1/0", "1+x", "(1", ""]
    draw.shuffle(mixed)
    return mixed


def test_the_least_sure_answers_are_those_of_a_full_sort(
    evaluator: Evaluator, texts: list[str]
) -> None:
    kept = collect(evaluator, texts).least_sure
    log_probs = [
        value
        for batch in batches(evaluator, texts)
        for value in batch.result.log_probs.astype(float).tolist()
    ]
    expected = sorted(value for value in log_probs if not np.isnan(value))[:MAX_LINES]
    assert [line.figure for line in kept] == expected
    for line in kept:
        assert texts[line.number - 1] == line.before
        assert log_probs[line.number - 1] == line.figure


def test_the_slowest_lines_are_those_with_the_most_steps_on_tapes(
    evaluator: Evaluator, texts: list[str]
) -> None:
    kept = collect(evaluator, texts).most_steps
    on_tapes = [
        text
        for text, prediction in zip(texts, evaluator.evaluate_many(texts), strict=True)
        if prediction.model == "longhand"
        and (prediction.error is None or prediction.error.code == "division_by_zero")
    ]
    steps = sorted(expected_steps(*encode(on_tapes)).tolist(), reverse=True)
    assert [-line.figure for line in kept] == steps[:MAX_LINES]
    assert {line.before for line in kept} <= set(on_tapes)


def test_no_line_is_slow_without_a_model_that_works_on_tapes(exact: Evaluator) -> None:
    assert collect(exact, ["1+2", "1/0"]).most_steps == ()


@pytest.fixture(scope="module")
def exact() -> Evaluator:
    return exprinfer.load("exact", "cpu")


def test_what_is_collected_survives_a_checkpoint(evaluator: Evaluator, texts: list[str]) -> None:
    collected = collect(evaluator, [*texts, "1+1 = 3", "2*2 = 4"])
    saved = json.loads(json.dumps(collected.to_json()))
    restored = Collected.from_json(saved)
    assert restored.to_json() == collected.to_json()
    assert restored.least_sure == collected.least_sure
    assert all(isinstance(line, Line) for line in restored.most_steps)
    assert restored.plus(next(batches(evaluator, texts)), 1).lines == 50


def test_the_memory_is_bounded(evaluator: Evaluator) -> None:
    hostile = [HOSTILE * 30, "1/0", "9" * 300 + "+1", "1+1 = 3", "9+9"] * 20
    once = collect(evaluator, hostile)
    again = once
    for batch in batches(evaluator, hostile):
        again = again.plus(batch, 1)
    assert len(json.dumps(again.to_json())) < len(json.dumps(once.to_json())) + 1_000
    assert len(json.dumps(again.to_json())) < 40_000


def test_the_map_notes_each_form_of_the_seed_domain() -> None:
    texts = ["1+2", "(1+2)", "-(1+2)", "-100*-99", "99/99", "0-1"]
    others = [
        "1/0",
        "1+02",
        "01+2",
        "-0+1",
        "100+1",
        "1+100",
        "-101+1",
        "(1+2",
        "1+2)",
        "1+2+3",
        "",
    ]
    bits = np.full(len(texts + others), CERTIFIED, np.uint8)
    seed = SeedMap().plus([*texts, *others], bits)
    assert seed.covered == len(texts)
    places = np.argwhere(seed.notes).tolist()
    found = {(OPERATORS[op], a - 100, b - 99) for op, a, b in places}
    assert found == {("+", 1, 2), ("*", -100, -99), ("/", 99, 99), ("-", 0, 1)}
    assert seed.size == 475_200


def test_a_domain_that_is_too_wide_has_no_map() -> None:
    seed = SeedMap(Operands((-999, 999), (-999, 999)))
    assert seed.plus(["1+2"], np.array([CERTIFIED], np.uint8)).covered == 0


def test_a_point_of_the_map_shows_the_worst_form() -> None:
    names = [name for _, name, _ in STATES]
    notes = np.array([0, CERTIFIED, CERTIFIED | RIGHT, RIGHT | UNCERTIFIED | WRONG, ERROR | RIGHT])
    states = map_states(notes[:, None].astype(np.uint8))[:, 0].tolist()
    assert states[0] == -1
    assert [names[state] for state in states[1:]] == ["certified", "right", "wrong", "error"]


def test_the_lines_of_a_map_cover_its_points() -> None:
    states = np.random.default_rng(3).integers(-1, 3, (40, 30)).astype(np.int8)
    for state in range(3):
        covered = set()
        for start, row, size in re.findall(r"M(\d+) (\d+)\.5h(\d+)", _runs(states, state)):
            covered |= {(int(start) + more, 29 - int(row)) for more in range(int(size))}
        assert covered == set(map(tuple, np.argwhere(states == state).tolist()))


def test_the_report_shows_counts_marks_and_errors(tmp_path: Path) -> None:
    lines = "5+3 = 8\n7*-9 = -64\n8/2 = four\n1/0\n123456789*987\n1+x\n\n"
    (tmp_path / "in.txt").write_text(lines)
    page = report(tmp_path, tmp_path / "in.txt")
    for expected in (
        "lines7100.00%", "answered and certified457.14%", "without an answer342.86%",
        "+111100.00%", "*101100.00%", "division_by_zero114.29%",
        "Given answers that cannot be read: 1.",
        "cover 3 of the 475,200 expressions", "No answer of the models is wrong.",
        "5-", "123456789*987", "121851850743",
    ):  # fmt: skip
        assert expected in page.shown
    assert not page.scripts


def test_wrong_answers_of_a_model_are_listed_and_drawn(tmp_path: Path) -> None:
    expressions = [f"{a}*{a}" for a in range(70, 99)]
    given = "".join(f"{text} = {eval(text)}\n" for text in expressions)
    (tmp_path / "in.txt").write_text(given)
    page = report(tmp_path, tmp_path / "in.txt", "--model", "gist")
    answers = exprinfer.load("gist", "cpu").evaluate_many(expressions)
    wrong = [p for p in answers if p.value != eval(p.expression)]
    assert len(wrong) > MAX_LINES
    assert f"a * b: {len(wrong)} wrong" in page.shown
    assert "line-wrong" in page.attributes["class"]
    assert f"The first {MAX_LINES}." in page.shown
    for prediction in wrong[:MAX_LINES]:
        assert f"{prediction.expression}{prediction.answer}? not certified" in page.shown


def test_without_given_answers_the_report_claims_nothing_about_right_and_wrong(
    tmp_path: Path,
) -> None:
    (tmp_path / "in.txt").write_text("5+3\n")
    page = report(tmp_path, tmp_path / "in.txt")
    assert "right and wrong are not known" in page.shown
    assert "Wrong answers" not in page.shown


def test_a_report_needs_no_line(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("")
    page = report(tmp_path, tmp_path / "in.txt")
    assert "No line is in the seed domain" in page.shown


def test_the_policy_forbids_all_but_the_own_style(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("5+3\n")
    report(tmp_path, tmp_path / "in.txt")
    content = (tmp_path / "report.html").read_text()
    (style,) = re.findall(r"<style>(.*?)</style>", content, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'; ".replace("'", "&#x27;")
        in content
    )
    assert not re.search(r"\b(src|href|style|on\w+)=", content.replace(style, ""))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_every_input_format_has_a_report(tmp_path: Path, suffix: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import csv, parquet

    path = tmp_path / f"in.{suffix}"
    table = pa.table({"sum": ["5+3", "7*-9", "1/0"], "expected": ["8", "64", "1"]})
    if suffix == "parquet":
        parquet.write_table(table, path)
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    else:
        options = csv.WriteOptions(delimiter="\t" if suffix == "tsv" else ",")
        with pa.output_stream(str(path)) as file:
            csv.write_csv(table, file, options)
    page = report(tmp_path, path)
    assert "lines3100.00%" in page.shown
    assert "expressions from 'sum', expected values from 'expected'" in page.shown
    assert "+111100.00%" in page.shown
    assert "*101100.00%" in page.shown


def write_tables(folder: Path, expression: str, column: str, name: str) -> list[Path]:
    """Write two tables with an expression, a column and a file name that may be hostile."""
    folder.mkdir()
    paths = [folder / name, folder / f"b{name}"]
    for path in paths:
        path.write_text(f'"{column}",expected\n5+3,8\n"{expression}",1\n"5+{expression}",\n1,2,3\n')
    return paths


def test_nothing_of_the_inputs_becomes_markup(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pages = []
    for number, (expression, column, name) in enumerate(
        [
            (HOSTILE, HOSTILE_COLUMN, HOSTILE_FILE),
            ("x" * len(HOSTILE), "harmless", "harmless.csv"),
        ]
    ):
        paths = write_tables(tmp_path / str(number), expression, column, name)
        pages.append(report(tmp_path / str(number), *paths, "--column", column))
    hostile, plain = pages
    assert hostile.structure == plain.structure
    assert not hostile.scripts
    for text in (HOSTILE, f"5+{HOSTILE}", HOSTILE_COLUMN, HOSTILE_FILE):
        assert text in hostile.shown
    assert not [name for name in hostile.attributes if name.startswith("on")]


def test_names_and_lines_that_are_not_text_are_shown_escaped(tmp_path: Path) -> None:
    path = tmp_path / "in\u202e\x1b.txt"
    try:
        path.write_bytes(b"\xff\xfe\x00\n1+\x1b[2J\n\xed\xa0\x80\n")
    except OSError:
        pytest.skip("this system has no such file name")
    shown = report(tmp_path, path, "--encoding", "utf-8").shown
    assert "in\\u202e\\x1b.txt" in shown
    assert "1+\\x1b[2J" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@contextmanager
def stopping(after: int) -> Iterator[Callable[[int, int], None]]:
    left = after

    def progress(lines: int, size: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    yield progress


def without_time(content: str) -> str:
    return re.sub(r"[\d.]+ s, [\d,]+ lines/s", "", content)


def test_the_report_of_a_resumed_run_covers_all_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_reading, "BLOCK_BYTES", 512)
    draw = random.Random(5)
    given = [f"{a}*{b} = {a * b}" for a, b in (draw.choices(range(1, 99), k=2) for _ in range(200))]
    (tmp_path / "in.txt").write_text("\n".join([*given, "1/0", "123456*789 = 1", "1+x"]) + "\n")
    whole, resumed = tmp_path / "whole.html", tmp_path / "resumed.html"
    run(tmp_path / "in.txt", "--output", tmp_path / "whole.txt", "--report", whole)

    arguments: list[Any] = [tmp_path / "in.txt", "--output", tmp_path / "out.txt"]
    arguments += ["--report", resumed]
    with monkeypatch.context() as interrupted:
        module = sys.modules["exprinfer.cli.score"]
        interrupted.setattr(module, "progress_bar", lambda inputs: stopping(2))
        assert run(*arguments).exit_code == 130
    assert not resumed.exists()
    refused = run(*arguments[:3], "--resume")
    assert "inputs, models or options differ" in refused.stderr
    done = run(*arguments, "--resume")
    assert "resuming after" in done.stderr
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    note = re.compile(r"<section><h2>Inputs</h2>.*?</section>")
    content = resumed.read_text()
    assert "The run was interrupted and resumed. All its lines are counted" in content
    assert without_time(note.sub("", content)) == without_time(whole.read_text())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--report", "out.txt", "--output", "out.txt"], "cannot hold both"),
        (["--report", "out.txt", "--summary", "out.txt"], "cannot hold both"),
        (["--report", "in.txt"], "is also an input"),
        (["--report", "missing/report.html"], "no such folder"),
        (["--report", "r.html", "--ray", "--output", "o"], "--ray cannot be combined with"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("1+1\n")
    done = run("in.txt", *arguments)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]


def test_a_failed_run_leaves_the_report_before_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("before")
    (tmp_path / "in.txt").write_bytes(b"\x1f\x8b damaged")
    done = run(tmp_path / "in.txt", "--report", tmp_path / "report.html")
    assert done.exit_code == 2
    assert (tmp_path / "report.html").read_text() == "before"
