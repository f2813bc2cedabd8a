"""README.md shows what its commands print today, and stays short."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.snippets import refreshed

SET_UP = (
    "python3 -m venv .venv && .venv/bin/pip install '.[cpu]' && "
    ".venv/bin/exprinfer score models/gist/gist_printed.txt",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[cpu,train,dev]' && "
    ".venv/bin/python -m pytest",
)


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
def test_the_readme_shows_what_its_examples_print(readme: str) -> None:
    assert refreshed(readme) == readme


def test_the_readme_is_read_in_two_minutes(readme: str) -> None:
    assert len(readme.splitlines()) <= 150


def test_a_first_result_is_on_the_first_screen(readme: str) -> None:
    first_screen = readme.splitlines()[:30]
    assert "```text" in first_screen


@pytest.mark.parametrize("command", SET_UP)
def test_the_set_up_commands_are_one_line_each(readme: str, command: str) -> None:
    assert readme.splitlines().count(command) == 1


def test_the_speed_table_names_its_command(readme: str) -> None:
    section = readme.partition("<!-- speed -->")[2].partition("<!-- /speed -->")[0]
    assert "python -m bench" in section
    assert re.search(r"^\|.*expressions/s", section, re.MULTILINE)
