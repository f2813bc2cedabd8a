"""The benchmark of files scores every line of a small file in every way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner


def test_files_are_scored_in_every_way(tmp_path: Path, page: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from bench import files

    options = ["--lines", "300", "--repeats", "1", "--output", str(tmp_path), "--docs", str(page)]
    run = CliRunner().invoke(files.command, options)
    assert run.exception is None
    results = json.loads((tmp_path / "files.json").read_text())
    assert results["lines"] == 300
    assert [len(runs) for runs in results["runs"].values()] == [1, 1, 1, 1]
    for name, (row,) in results["runs"].items():
        assert row["seconds"] > 0
        assert ("megabytes" in row) == name.startswith("score")
    assert "`score in.parquet --output out.parquet`" in page.read_text()
