"""What people type: which inputs are answered as they are, and which with ``normalize``.

``docs/command-line.md`` shows the counts. ``python -m pytest -s`` on this file prints them.
"""
# Other notations are the subject.  # ruff: noqa: RUF001

from __future__ import annotations

from pathlib import Path

import pytest

import exprinfer
from exprinfer import Evaluator, Prediction

Outcome = int | str

#: By kind, each input with the answer or the error code: as it is, and with ``normalize``.
INPUTS: dict[str, list[tuple[str, Outcome, Outcome]]] = {
    "plain expressions": [
        ("5+3", 8, 8),
        ("-(66+-19)", -47, -47),
        ("2*(3+4)", 14, 14),
        ("3*-4", -12, -12),
        ("5--3", 8, 8),
        ("-7/2", -3, -3),
        ("007+1", 8, 8),
        ("99999999999*99999999999", 9999999999800000000001, 9999999999800000000001),
    ],
    "blanks": [
        (" 7*8 ", 56, 56),
        ("\t12/4\t", 3, 3),
        ("5 + 3", "unknown_symbol", 8),
        ("2 * (3 + 4)", "unknown_symbol", 14),
        ("5+3\u00a0", "unknown_symbol", 8),
        ("\ufeff5+3", "unknown_symbol", 8),
        ("5 3", "unknown_symbol", "unknown_symbol"),
    ],
    "other signs": [
        ("3×4", "unknown_symbol", 12),
        ("3·4", "unknown_symbol", 12),
        ("3x4", "unknown_symbol", 12),
        ("3 x 4", "unknown_symbol", 12),
        ("2 X (3 - 4)", "unknown_symbol", -2),
        ("10÷2", "unknown_symbol", 5),
        ("6:2", "unknown_symbol", 3),
        ("6 : 2", "unknown_symbol", 3),
        ("−5", "unknown_symbol", -5),
        ("5 – 3", "unknown_symbol", 2),
    ],
    "other digits": [
        ("３＋４", "unknown_symbol", 7),
        ("（１＋２）＊３", "unknown_symbol", 9),
        ("٣+٤", "unknown_symbol", 7),
        ("1'000", "unknown_symbol", 1000),
        ("1_000+1", "unknown_symbol", 1001),
        ("1,000,000+1", "unknown_symbol", 1000001),
        ("1.000.000+1", "unknown_symbol", 1000001),
        ("1\u202f000+1", "unknown_symbol", 1001),
        ("1,000+1", "unknown_symbol", "unknown_symbol"),
        ("1 000+1", "unknown_symbol", "unknown_symbol"),
    ],
    "a sign too many": [
        ("5+3=", "unknown_symbol", 8),
        ("5 + 3 =", "unknown_symbol", 8),
        ("+5", "malformed", 5),
        ("(+5)*2", "malformed", 10),
        ("3*+4", "malformed", "malformed"),
        ("=5+3", "unknown_symbol", "unknown_symbol"),
        ("5+3=8", "unknown_symbol", "unknown_symbol"),
    ],
    "more than integer arithmetic": [
        ("2(3+4)", "malformed", "malformed"),
        ("2^3", "unknown_symbol", "unknown_symbol"),
        ("2**3", "malformed", "malformed"),
        ("3²", "unknown_symbol", "unknown_symbol"),
        ("7 % 3", "unknown_symbol", "unknown_symbol"),
        ("7//2", "malformed", "malformed"),
        ("1.5*2", "unknown_symbol", "unknown_symbol"),
        ("1,5*2", "unknown_symbol", "unknown_symbol"),
        ("1e3", "unknown_symbol", "unknown_symbol"),
        ("0x10", "unknown_symbol", "unknown_symbol"),
        ("5!", "unknown_symbol", "unknown_symbol"),
        ("sqrt(16)", "unknown_symbol", "unknown_symbol"),
        ("x+1", "unknown_symbol", "unknown_symbol"),
        ("$5+3", "unknown_symbol", "unknown_symbol"),
        ("[1+2]*3", "unknown_symbol", "unknown_symbol"),
        ("five plus three", "unknown_symbol", "unknown_symbol"),
    ],
    "mistakes": [
        ("(1+2", "malformed", "malformed"),
        ("1+2)", "malformed", "malformed"),
        ("5+", "malformed", "malformed"),
        ("*5", "malformed", "malformed"),
        ("1/0", "division_by_zero", "division_by_zero"),
        ("10/(5-5)", "division_by_zero", "division_by_zero"),
        ("", "empty", "empty"),
        ("   ", "empty", "empty"),
    ],
}
ROWS = [row for rows in INPUTS.values() for row in rows]


@pytest.fixture(scope="module")
def strict() -> Evaluator:
    return exprinfer.load(device="cpu")


@pytest.fixture(scope="module")
def forgiving() -> Evaluator:
    return exprinfer.load(device="cpu", normalize=True)


def outcome(prediction: Prediction) -> Outcome:
    """Return the answer, or the code of the error."""
    if prediction.error:
        return prediction.error.code
    assert prediction.value is not None
    return prediction.value


@pytest.mark.parametrize(("text", "as_it_is", "normalized"), ROWS)
def test_each_input_has_its_answer_or_its_error(
    text: str, as_it_is: Outcome, normalized: Outcome, strict: Evaluator, forgiving: Evaluator
) -> None:
    for evaluator, expected in ((strict, as_it_is), (forgiving, normalized)):
        prediction = evaluator.evaluate_many([text])[0]
        assert outcome(prediction) == expected
        assert prediction.expression == text
        assert prediction.certified == isinstance(expected, int)


def test_normalize_answers_no_input_differently() -> None:
    assert all(row[1] == row[2] for row in ROWS if isinstance(row[1], int))


def test_every_refusal_gives_advice(
    strict: Evaluator,
) -> None:
    refused = [row[0] for row in ROWS if row[1] in ("unknown_symbol", "malformed")]
    for prediction in strict.evaluate_many(refused):
        assert prediction.error is not None
        assert ": " in prediction.error.message, prediction.expression


def counts() -> list[tuple[str, int, int, int]]:
    """Count by kind, and in all: inputs, answered as they are, answered with ``normalize``."""

    def answered(rows: list[tuple[str, Outcome, Outcome]]) -> tuple[int, int, int]:
        return (
            len(rows),
            sum(isinstance(row[1], int) for row in rows),
            sum(isinstance(row[2], int) for row in rows),
        )

    return [(kind, *answered(rows)) for kind, rows in [*INPUTS.items(), ("all", ROWS)]]


def test_the_page_shows_how_many_are_answered(repository: Path) -> None:
    table = [f"| {kind} | {size} | {plain} | {more} |" for kind, size, plain, more in counts()]
    print("", *table, sep="\n")
    assert len(ROWS) >= 52
    page = (repository / "docs" / "command-line.md").read_text()
    assert "\n".join(table) in page


def test_no_input_is_there_twice() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS)


def test_a_text_that_is_too_long_gets_the_same_message_with_blanks_around_it() -> None:
    evaluator = exprinfer.load()
    text = "+".join("1" * 1_500)
    messages = {evaluator.evaluate_batch([blanks + text]).error(0).args[0] for blanks in ("", "  ")}
    assert len(messages) == 1
    assert "2048" in messages.pop().replace(",", "")
