"""The rows of a study are made once, and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.files import read_rows, write_rows
from training.tries import make_rows


def test_rows_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    write_rows(file, [{"name": "a", "found": 1, "seconds": 5}])
    make_rows(file, {"a": lambda: pytest.fail("made again"), "b": lambda: {"found": 2}})
    make_rows(file, {"c": lambda: {"found": 3}, "d": lambda: {"found": 4, "seconds": ""}}, ("d",))
    assert [(row["name"], row["found"]) for row in read_rows(file)] == [
        ("a", "1"),
        ("b", "2"),
        ("d", "4"),
    ]
    assert [row["seconds"] for row in read_rows(file)] == ["5", "0", ""]


def test_the_rows_before_a_failure_are_kept(tmp_path: Path) -> None:
    def fail() -> dict[str, object]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        make_rows(tmp_path / "rows.csv", {"a": lambda: {"found": 1}, "b": fail})
    assert [row["name"] for row in read_rows(tmp_path / "rows.csv")] == ["a"]


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run x; choose from a, b"):
        make_rows(tmp_path / "rows.csv", {"a": dict, "b": dict}, ("x",))


def test_the_folder_of_the_rows_is_made(tmp_path: Path) -> None:
    file = tmp_path / "models" / "exact" / "rows.csv"
    write_rows(file, [{"name": "a"}])
    assert read_rows(file) == [{"name": "a"}]
