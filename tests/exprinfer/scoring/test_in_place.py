"""Lines and columns that are scored in place have the results of lists of strings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import exprinfer
from exprinfer import Evaluator
from exprinfer.language.texts import Texts
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.reading.blocks import score_lines
from exprinfer.scoring.reading.lines import split_lines
from exprinfer.scoring.writing.text_formats import to_text
from training.expressions import sample

#: A row that is not ASCII: with it, all rows are read as Python strings.
BEYOND = "é"
TEXTS = [
    *sample(200, seed=15).texts(),
    *("", "1/0", "1\0+1", "\0", "1+2\0", "1+x", "5+", "12*(3+4)", "7", "1\t+2", "\x7f1", "1\x0b+2"),
    *("1+" + "1" * 60, "1+" + "1" * 3_000, "(" * 500, " 1+2", "1+2\t", "1 + 2", "  "),
]
PIECES = ["1+2", "12*3", "1/0", "7", "(", " ", "\t", "=", "3", "?", "\r", "\n", "\r\n", "\0", "x"]


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu", threads=1)


def dicts(results: Any) -> list[dict[str, object]]:
    """Return the results without the log-probabilities, whose last digits may differ."""
    found = [each.as_dict() for each in results]
    for each in found:
        each["log_prob"] = each["log_prob"] is not None
    return found


@pytest.mark.parametrize("normalize", [False, True])
def test_texts_in_a_buffer_have_the_results_of_a_list(normalize: bool) -> None:
    evaluator = exprinfer.load(device="cpu", threads=1, normalize=normalize)
    packed = Texts.pack(TEXTS)
    assert packed is not None
    expected = dicts(evaluator.evaluate_batch([*TEXTS, BEYOND]))[:-1]
    assert dicts(evaluator.evaluate_batch(packed)) == expected
    assert dicts(evaluator.evaluate_batch(TEXTS)) == expected
    assert sum(each["error"] is None for each in expected) > 200
    assert len({each["error"] for each in expected}) > 5


@settings(max_examples=60, deadline=None)
@example(pieces=["1+2", "\n", "\t", "7"])
@example(pieces=["1+2", "\n", "7", " "])
@example(pieces=["1+2", "=", "3"])
@example(pieces=["1+2", "\r", "\r\n", "7", "\r"])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=25))
def test_lines_in_place_have_the_results_of_lines_one_by_one(
    evaluator: Evaluator, pieces: list[str]
) -> None:
    content = "".join(pieces).encode()
    if not content.endswith(b"\n"):
        content += b"\n"
    together = score_lines(content + BEYOND.encode() + b"\n", evaluator)  # splits each line
    assert together.given is not None
    assert dicts(score_lines(content, evaluator)) == dicts(together)[:-1]
    assert len(split_lines(content)) == len(together.result) - 1


def test_lines_that_are_not_utf_8_are_results_next_to_those_that_are(evaluator: Evaluator) -> None:
    found = dicts(score_lines(b"1+2\n1+\xff\n3*4", evaluator))
    assert [each["error"] for each in found] == [None, "not_text", None]
    assert [each["answer"] for each in found] == ["3", None, "12"]


def test_plain_lines_are_not_copied_to_strings(evaluator: Evaluator) -> None:
    for content in (b"1+2\n3*4\n", b"1+2\r\n3*4\r\n", b"1+2\n3*4"):
        batch = score_lines(content, evaluator)
        assert isinstance(batch.result.expressions, Texts)
        assert to_text(batch) == "1+2 = 3\n3*4 = 12\n"


@pytest.mark.parametrize("texts", [TEXTS[:200], ["1+" + "1" * 300, "2*3"], ["7*8"], []])
def test_text_that_is_written_together_is_that_of_each_line(
    evaluator: Evaluator, texts: list[str]
) -> None:
    batch = ScoredBatch(evaluator.evaluate_batch(texts), None)
    assert batch.result.certified.all()
    assert to_text(batch) == "".join(to_text([marked]) for marked in batch)


def test_columns_in_place_have_the_results_of_lists(evaluator: Evaluator) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from exprinfer.arrow import evaluate_arrow
    from exprinfer.results.columns import from_strings
    from exprinfer.scoring.reading.columns import to_texts

    expected = dicts(evaluator.evaluate_batch([*TEXTS, BEYOND]))[:-1]
    for each in expected:  # 64 bits
        value = each["value"]
        each["value"] = value if value is None or abs(int(str(value))) < 2**63 else None
    strings = pa.array(["1", *TEXTS, None, BEYOND])
    for column in (strings, strings.cast(pa.large_string()), strings.dictionary_encode()):
        part = column.slice(1, len(TEXTS))
        assert list(to_texts(part)) == TEXTS
        found = evaluate_arrow(evaluator, part).to_pylist()
        for each in found:
            each["log_prob"] = each["log_prob"] is not None
        assert found == expected
    assert isinstance(from_strings(strings.slice(1, len(TEXTS))), Texts)
    assert list(to_texts(strings)) == ["1", *TEXTS, "", BEYOND]
    assert list(to_texts(pa.nulls(2))) == ["", ""]
    assert evaluate_arrow(evaluator, strings)["answer"][-2].as_py() is None


def test_tables_of_every_format_have_the_results_of_text(
    evaluator: Evaluator, tmp_path: Path
) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import csv, parquet

    from exprinfer.scoring.reading.blocks import read_blocks
    from exprinfer.scoring.reading.inputs import find_inputs
    from exprinfer.scoring.reading.options import ReadOptions
    from exprinfer.scoring.writing.parquet import to_arrow

    texts = [text for text in TEXTS if text.strip() and "\0" not in text]
    table = pa.table({"id": range(len(texts)), "expression": texts})
    csv.write_csv(table, tmp_path / "in.csv")
    parquet.write_table(table, tmp_path / "in.parquet")
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in table.to_pylist()))
    expected = dicts(evaluator.evaluate_batch([*texts, BEYOND]))[:-1]
    for name in ("in.csv", "in.parquet", "in.jsonl"):
        inputs = find_inputs((str(tmp_path / name),))
        batches = [each.score(evaluator) for each in read_blocks(inputs, ReadOptions())]
        assert all(isinstance(batch, ScoredBatch) for batch in batches)
        assert [each for batch in batches for each in dicts(batch.result)] == expected  # type: ignore[union-attr]
        columns = pa.Table.from_batches([to_arrow(batch) for batch in batches])  # type: ignore[arg-type]
        assert columns["expression"].to_pylist() == texts
        assert columns["answer"].to_pylist() == [each["answer"] for each in expected]
        assert columns["message"].to_pylist() == [each["message"] for each in expected]


@pytest.mark.parametrize("nested", [False, True])
def test_a_parquet_file_does_not_depend_on_where_the_run_was_interrupted(
    evaluator: Evaluator, tmp_path: Path, nested: bool
) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    from exprinfer.scoring.reading.blocks import score_rows
    from exprinfer.scoring.reading.columns import Columns
    from exprinfer.scoring.reading.rows import Rows
    from exprinfer.scoring.writing.parquet import ParquetEncoder

    batches = []
    for part in (TEXTS[:50], TEXTS[50:]):
        columns: dict[str, Any] = {"expression": part, "kind": ["a"] * len(part)}
        if nested:
            columns["pair"] = [{"x": row} for row in range(len(part))]
        rows = Rows(pa.record_batch(columns))
        batches.append(score_rows(rows, Columns("expression", None), None, evaluator))
    for name in ("whole", "resumed"):
        encoder = ParquetEncoder()
        with (tmp_path / f"{name}.partial").open("w+b") as file:
            offset = encoder.write(batches[0], file, 0)
            if name == "resumed":  # interrupted after the second batch, but before its checkpoint
                encoder.write(batches[1], file, offset)
                file.seek(file.truncate(offset))
                state = json.loads(json.dumps(encoder.state))
                encoder = ParquetEncoder()
                encoder.restore(state)
            offset += encoder.write(batches[1], file, offset)
            encoder.write_end(file, offset)
        encoder.finish(tmp_path / f"{name}.partial", tmp_path / f"{name}.parquet")
    whole = tmp_path / "whole.parquet"
    assert whole.read_bytes() == (tmp_path / "resumed.parquet").read_bytes()
    metadata = parquet.read_metadata(whole)
    assert (metadata.num_rows, metadata.num_row_groups) == (len(TEXTS), 2)
    table = parquet.read_table(whole)
    assert table["expression"].to_pylist() == TEXTS
    answers = [row.answer for batch in batches for row in batch.result]
    assert table["answer"].to_pylist() == answers
    assert sorted(path.name for path in tmp_path.iterdir()) == ["resumed.parquet", "whole.parquet"]
