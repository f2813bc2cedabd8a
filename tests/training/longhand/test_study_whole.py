from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import exprinfer
from training.files import read_rows
from training.longhand.problems import fuzz
from training.longhand.problems.trees import (
    FACTOR,
    STRUCTURED,
    Tree,
    nested,
    number,
    structured,
    tree,
)
from training.longhand.proof.table import TransitionTable
from training.longhand.studies import whole as study_whole
from training.longhand.teacher import TEACHER


def _small(rng: Random) -> Tree:
    return tree(rng, 4, 3, 3)


def _falsified(rng: Random) -> Tree:
    drawn = number(rng, 3)
    return Tree(drawn.text, (drawn.value or 0) + 1, FACTOR)


@pytest.mark.parametrize(("draw", "wrong"), [(_small, "0"), (_falsified, "30")])
def test_wrong_answers_are_counted(draw: study_whole.Draw, wrong: str) -> None:
    evaluator = exprinfer.load("longhand", "cpu", threads=1)
    row = study_whole._row(study_whole.Kind("some", 30, draw), evaluator, TransitionTable(TEACHER))
    assert (row["count"], row["wrong"], row["wrong of the teacher"]) == ("30", wrong, wrong)


def test_the_committed_study_found_nothing_wrong(repository: Path) -> None:
    rows = read_rows(repository / "models/longhand" / study_whole.FILE)
    assert {row["expressions"] for row in rows} == {
        *(kind.name for kind in study_whole.KINDS),
        study_whole.FUZZED,
    }
    assert {row["wrong"] for row in rows} == {"0"}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", fuzz.Verdict("empty")),
        ("1+2*3", fuzz.Verdict(None, value=7)),
        ("-(7/2)-10/-3", fuzz.Verdict(None)),
        ("1-2-3", fuzz.Verdict(None, value=-4)),
        ("1+2)", fuzz.Verdict("malformed", 3)),
        ("(1+2", fuzz.Verdict("malformed", 4)),
        ("1+ 2", fuzz.Verdict("unknown_symbol", 2)),
        ("1+2 ", fuzz.Verdict(None, value=3)),
        (" 1+2)", fuzz.Verdict("malformed", 4)),
        ("  ", fuzz.Verdict("empty")),
        ("5/-00+1/(1-1)", fuzz.Verdict("division_by_zero", 2)),
        ("5/(1-1)+x", fuzz.Verdict("unknown_symbol", 8)),
        ("5*(4/(1-1))", fuzz.Verdict("division_by_zero", 5)),
    ],
)
def test_read_finds_the_right_result(text: str, verdict: fuzz.Verdict) -> None:
    assert fuzz.read(text) == verdict


def test_the_texts_cover_every_kind_of_result() -> None:
    drawn = list(fuzz.texts(1, 3_000))
    assert max(map(len, drawn)) <= fuzz.LONGEST
    verdicts = {fuzz.read(text).error for text in drawn}
    assert verdicts == {None, "empty", "malformed", "unknown_symbol", "division_by_zero"}


def test_trees_have_the_requested_size() -> None:
    rng = Random(0)
    assert nested(rng, 200, 3).text.count("(") >= 200
    assert sum(symbol in "+*/" for symbol in tree(rng, 60, 6, 2).text) <= 59
    with pytest.raises(ValueError, match="do not fit"):
        tree(rng, 9, 3, 2)
    for kind in STRUCTURED:
        assert fuzz.read(structured(rng, kind, 10).text).error in (None, "division_by_zero"), kind
