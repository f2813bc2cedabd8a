"""Lines are marked, counted and formatted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from exprinfer import Evaluator
from exprinfer.scoring.marking import SCORED_FIELDS, MarkedPrediction, ScoredBatch
from exprinfer.scoring.pipeline import score
from exprinfer.scoring.reading.blocks import ReadPosition, Scored, read_blocks
from exprinfer.scoring.reading.inputs import Input
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.summary import Summary
from exprinfer.scoring.writing.checkpoint import Checkpoint, Output
from exprinfer.scoring.writing.writers import TEXT_FORMATS, TextEncoder
from training.expressions import sample


class KeepingOutput(Output):
    """Keeps the batches, and writes them as text."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), TextEncoder("text"), Checkpoint())
        self.batches: list[ScoredBatch] = []

    def write(self, batch: Scored, position: ReadPosition) -> None:
        super().write(batch, position)
        assert isinstance(batch, ScoredBatch)
        self.batches.append(batch)


def score_batches(evaluator: Evaluator, content: bytes) -> tuple[list[ScoredBatch], Summary]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "in.txt")
        path.write_bytes(content)
        output = KeepingOutput()
        blocks = read_blocks([Input(str(path), "text")], ReadOptions(), ReadPosition())
        return output.batches, score(evaluator, blocks, output)


def score_content(evaluator: Evaluator, content: bytes) -> tuple[list[MarkedPrediction], Summary]:
    batches, summary = score_batches(evaluator, content)
    return [result for batch in batches for result in batch], summary


def encode(file_format: str, batch: ScoredBatch) -> str:
    file = io.BytesIO()
    TextEncoder(file_format).write(batch, file, 0)
    return file.getvalue().decode()


def test_the_answers_that_the_gist_printed(gist: Evaluator, repository: Path) -> None:
    content = (repository / "models/gist/gist_printed.txt").read_bytes()
    results, summary = score_content(gist, content)
    assert summary.given_right.total() == 16
    assert summary.marked.total() == summary.lines == summary.answered == 100
    assert summary.marked == {"+": 26, "-": 25, "*": 27, "/": 22}
    assert summary.right.total() == sum(bool(result.right) for result in results)
    assert "given answers right: 16 of 100" in summary.text("gist", "cpu")


def test_lines_are_marked_against_the_exact_value(gist: Evaluator) -> None:
    content = b"-7/2 = -3\n-7/2=-4\n 7* = 7\n1/0 = 0\n5+3\n5+3=\n5+3 =? +08\n100*2 = 200\n"
    results, summary = score_content(gist, content)
    given = [(result.given, result.given_right) for result in results]
    right = [("-3", True), ("-4", False), ("7", None), ("0", None), (None, None), (None, None)]
    assert given == [*right, ("+08", True), ("200", True)]
    assert results[-1].right is None
    assert summary.marked == {"/": 2, "+": 1, "*": 1}
    assert summary.errors == {"malformed": 1, "division_by_zero": 1, "outside_domain": 1}


def test_the_answer_of_the_model_is_marked(gist: Evaluator) -> None:
    """The answer of the model is compared with the exact value, not the given one."""
    texts = sample(300, seed=9)
    answers = gist.evaluate_batch(texts.texts()).answers
    content = "".join(f"{text} = 0\n" for text in texts.texts()).encode()
    results, _ = score_content(gist, content)
    expected = (answers == np.array(texts.answers())).tolist()
    assert [result.right for result in results] == expected
    assert any(expected)
    assert not all(expected)


JUNK = [
    (b"", "empty"),
    (b"   ", "empty"),
    (b"\xff\xfe\x00", "not_text"),
    (b"1+2\xc3", "not_text"),
    (b"\x00", "unknown_symbol"),
    (b"1+2\x00", "unknown_symbol"),
    (b"1\r+2", "unknown_symbol"),
    (b"\xef\xbb\xbf1+2", "unknown_symbol"),  # a byte order mark, not at the beginning of the file
    ("٣+٤".encode(), "unknown_symbol"),
    ("1\u22122".encode(), "unknown_symbol"),
    (b"1/0", "division_by_zero"),
    (b"-(7/-0)", "division_by_zero"),
    (b"-*5+3", "malformed"),
    (b"5+", "malformed"),
    (b"(1+2", "malformed"),
    (b"1+2+3", "outside_domain"),
    (b"100+1", "outside_domain"),
    (b"1+0", "outside_domain"),
    (b"007+1", "outside_domain"),
    (b"1+" + b"2" * 40, "too_long"),
    (b"2" * 1_000_000, "too_long"),
    (b"\x1b[2J" * 200_000, "unknown_symbol"),
]


def test_ten_thousand_lines_of_junk_between_expressions(gist: Evaluator) -> None:
    random = np.random.default_rng(6)
    good = sample(10_000, seed=6).texts()
    lines: list[bytes] = []
    expected: list[tuple[str | None, str | None]] = []  # expression, or error code
    for number in range(10_000):
        lines.append(good[number].encode())
        expected.append((good[number], None))
        kind = number % 40
        if kind < len(JUNK) and (len(JUNK[kind][0]) < 1_000 or number < 200):
            line, code = JUNK[kind]
        else:
            line, code = b"\xff" + random.bytes(20).replace(b"\n", b""), "not_text"
        lines.append(line)
        expected.append((None, code))
    ends = [b"\n", b"\r\n"]
    content = b"\xef\xbb\xbf" + b"".join(line + ends[i % 3 == 0] for i, line in enumerate(lines))

    results, summary = score_content(gist, content)

    assert len(results) == summary.lines == len(lines) == 20_000
    assert summary.answered == summary.errors.total() == 10_000
    for (expression, wanted), result in zip(expected, results, strict=True):
        prediction = result.prediction
        if wanted is None:
            assert prediction.error is None
            assert prediction.expression == expression
        else:
            assert prediction.error is not None
            assert prediction.error.code == wanted
    alone = gist.evaluate_batch(good)
    assert [r.prediction.answer for r in results[::2]] == alone.answers.tolist()
    for batch in score_batches(gist, content)[0]:
        for file_format in TEXT_FORMATS:
            assert encode(file_format, batch)


@pytest.mark.parametrize(
    "line",
    ["1" * 5_000 + "+1 = 3", "9" * 3_000 + "*" + "9" * 3_000 + " = 3", "1+1 = " + "9" * 5_000],
)
def test_a_number_too_long_for_python_is_not_an_error(gist: Evaluator, line: str) -> None:
    results, summary = score_content(gist, f"{line}\n1+2 = 3\n".encode())
    assert len(results) == 2
    assert not results[0].given_right
    assert summary.given_right.total() == 1


def test_all_formats_have_the_same_results(gist: Evaluator) -> None:
    (batch,), _ = score_batches(gist, b'5+3 = 8\n1/0\n"1\r,2"\nx\x1b[2J\n')
    objects = [json.loads(line) for line in encode("jsonl", batch).splitlines()]
    assert [tuple(entry) for entry in objects] == [SCORED_FIELDS] * 4
    assert objects == [result.as_dict() for result in batch]
    table = encode("csv", batch)
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    expected = [
        {key: "" if value is None else str(value) for key, value in entry.items()}
        for entry in objects
    ]
    assert rows == expected
    text = encode("text", batch).splitlines()
    assert text[0].startswith("5+3 =? ")
    assert text[0].endswith("(given 8: right; answer: wrong)") or "answer: right" in text[0]
    assert text[1] == "1/0 ! division by zero at position 2"
    assert text[3].startswith("x\\x1b[2J ! unknown symbol 'x' at position 0")


@pytest.mark.parametrize("certified", [True, False])
def test_certified_and_other_answers_look_different(gist: Evaluator, certified: bool) -> None:
    result = gist.evaluate_batch(["5+3"])
    result.certified[:] = certified
    text = encode("text", ScoredBatch(result, None))
    assert text == f"5+3 {'=' if certified else '=?'} {result.answers[0]}\n"
