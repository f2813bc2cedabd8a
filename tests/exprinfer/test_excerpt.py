"""The part of an expression around the place of an error, and the caret below it."""

from __future__ import annotations

import re
import sys
from typing import Any

import click
import pytest
from click.testing import CliRunner

import exprinfer
from exprinfer import Evaluator
from exprinfer.cli import main, prompt
from exprinfer.results.excerpt import columns, excerpt


@pytest.mark.parametrize(
    ("text", "position", "shown"),
    [
        ("12+x", 3, ("12+", "x", "")),
        ("1+2", 3, ("1+2", "", "")),
        ("", 0, ("", "", "")),
        ("1+\x1b[31m\u202e2", 2, ("1+", "\\x1b", "[31m\\u202e2")),
        ("\ud800", 0, ("", "\\ud800", "")),
        ("12+e\u0301", 4, ("12+e", "\\u0301", "")),
        ("e\u0301+x", 3, ("e\u0301+", "x", "")),
    ],
)
def test_the_place_is_kept_and_nothing_acts_on_the_terminal(
    text: str, position: int, shown: tuple[str, str, str]
) -> None:
    assert excerpt(text, position) == shown


@pytest.mark.parametrize("position", [0, 1, 19, 20, 500, 980, 999])
@pytest.mark.parametrize(
    ("filler", "shown"), [("1", "1"), ("\uff11", "\uff11"), ("\x1b", "\\x1b"), ("\u0301", "\u0301")]
)
def test_a_long_text_is_cut_around_the_place(filler: str, shown: str, position: int) -> None:
    text = filler * position + "x" + filler * (999 - position)
    before, at, after = excerpt(text, position, 40)
    assert at == "x"
    assert 20 < columns(before) + columns(at) + columns(after) <= 40 or filler == "\u0301"
    left, right = before.removeprefix("..."), after.removesuffix("...")
    assert shown * (len(left) // len(shown)) == left
    assert shown * (len(right) // len(shown)) == right
    assert before.startswith("...") == (len(left) < position * len(shown))
    assert after.endswith("...") == (len(right) < (999 - position) * len(shown))


def test_a_text_that_fits_is_not_cut() -> None:
    assert "".join(excerpt("1" * 40, 20, 40)) == "1" * 40
    assert "".join(excerpt("1" * 41, 20, 40)) != "1" * 41


def test_what_the_encoding_lacks_is_escaped() -> None:
    assert excerpt("5\u22123", 1, 60, "ascii") == ("5", "\\u2212", "3")
    assert excerpt("5\u22123", 1, 60, "utf-8") == ("5", "\u2212", "3")


def caret(
    evaluator: Evaluator,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    size: int = 80,
) -> tuple[str, int]:
    """Return the line that is shown, and the column of the caret below it."""
    monkeypatch.setenv("COLUMNS", str(size))
    (prediction,) = evaluator.evaluate_many([text])
    prompt.show_caret(prediction)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().err)
    line, below = shown.split("\n")[:2]
    assert below.strip() == "^"
    return line, below.index("^")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("12+x", "12+x", 3),
        ("1+", "1+", 2),
        ("\uff08\uff11+x", "\uff08\uff11+x", 0),
        ("12+e\u0301", "12+e\u0301", 3),
        ("12\u0301+3", "12\\u0301+3", 2),
        ("1+\x1b[2J", "1+\\x1b[2J", 2),
    ],
)
def test_the_caret_is_below_the_symbol(
    gist: Evaluator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    line: str,
    column: int,
) -> None:
    assert caret(gist, text, monkeypatch, capsys) == (line, column)


def test_the_line_of_a_caret_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    longhand = exprinfer.load("longhand", "cpu")
    text = "1+" * 300 + "x" + "+1" * 300
    line, column = caret(longhand, text, monkeypatch, capsys, size=50)
    assert len(line) < 50
    assert line[column] == "x"
    assert line.startswith("...")
    assert line.endswith("...")


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_no_color_is_respected(
    gist: Evaluator,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    coloured: bool,
) -> None:
    written: list[str] = []
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def echo(message: Any, err: bool) -> None:
        assert err
        written.append(message)

    monkeypatch.setattr(click, "echo", echo)
    (prediction,) = gist.evaluate_many(["1+x"])
    prompt.show_caret(prediction)
    assert ("\x1b" in written[0]) == coloured


@pytest.mark.parametrize("answers_to", ["terminal", "file"])
@pytest.mark.parametrize("errors_to", ["terminal", "file"])
def test_there_is_a_caret_only_if_answers_and_errors_go_to_a_terminal(
    answers_to: str, errors_to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointed: list[object] = []
    module = sys.modules["exprinfer.cli.main"]
    monkeypatch.setattr(module, "show_caret", pointed.append)

    class Streams:
        def __getattr__(self, name: str) -> Any:
            if name in ("stdout", "stderr"):
                stream = getattr(sys, name)
                target = answers_to if name == "stdout" else errors_to
                stream.isatty = lambda: target == "terminal"
                return stream
            return getattr(sys, name)

    monkeypatch.setattr(module, "sys", Streams())
    assert CliRunner().invoke(main, ["evaluate", "1+x"]).exit_code == 1
    assert len(pointed) == (answers_to == errors_to == "terminal")
