"""Folders of results: two runs never mix their rows, and remove only what they wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exprinfer.errors import OutputError

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")

from pyarrow import fs, parquet  # noqa: E402

from exprinfer.scoring.writing.result_folder import (  # noqa: E402
    SUCCESS,
    Folder,
    Totals,
    check_rows,
    count_results,
    whole_folder,
)


def storage(folder: Path) -> Any:
    """Return what behaves as object storage: its folders are not renamed."""
    return fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())


def write(folder: Folder, rows: int = 1) -> None:
    table = pa.table({"certified": [True] * rows, "error": pa.nulls(rows, pa.string())})
    path = f"{folder.path}/{folder.run}-0.parquet"
    parquet.write_table(table, path, filesystem=folder.filesystem)


def test_two_runs_with_the_same_process_id_do_not_share_a_folder(tmp_path: Path) -> None:
    """As in two containers."""
    out = str(tmp_path / "out")
    with whole_folder(out, None) as first:
        write(first)
        with (  # noqa: PT012
            pytest.raises(FileExistsError, match="already exists"),
            whole_folder(out, None) as second,
        ):
            assert second.path != first.path
            write(second)
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "x").touch()
        (tmp_path / "out" / "x").unlink()
        (tmp_path / "out").rmdir()
        assert count_results(first).rows == 1
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_second_run_to_object_storage_gives_up_and_removes_nothing(tmp_path: Path) -> None:
    with whole_folder("out", storage(tmp_path)) as first:
        write(first)
        with (
            pytest.raises(FileExistsError),
            whole_folder("out", storage(tmp_path)),
        ):
            pass
        assert count_results(first).rows == 1
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {SUCCESS, f"{first.run}-0.parquet"}
    manifest = json.loads((tmp_path / "out" / SUCCESS).read_text())
    assert list(manifest["files"]) == [f"{first.run}-0.parquet"]


def test_a_run_that_fails_leaves_the_output_of_another(tmp_path: Path) -> None:
    other = tmp_path / "out" / "theirs.parquet"
    with (  # noqa: PT012
        pytest.raises(FileExistsError, match="another run"),
        whole_folder("out", storage(tmp_path)) as folder,
    ):
        write(folder)
        other.write_bytes(b"theirs")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["theirs.parquet"]


def test_a_failed_run_can_be_repeated(tmp_path: Path) -> None:
    with (  # noqa: PT012
        pytest.raises(KeyError),
        whole_folder("out", storage(tmp_path)) as folder,
    ):
        write(folder)
        raise KeyError
    with whole_folder("out", storage(tmp_path)) as folder:
        write(folder)
    assert (tmp_path / "out" / SUCCESS).exists()


def test_fewer_results_than_rows_are_an_error() -> None:
    check_rows("out", 200_000, Totals(200_000))
    check_rows("out", None, Totals(5))
    with pytest.raises(OutputError, match="200,000 rows were read, but 99,999 results"):
        check_rows("out", 200_000, Totals(99_999))
