"""Folders of results: two runs never mix their rows, and remove only what they wrote."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from exprinfer.errors import OutputError

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")

from pyarrow import fs, parquet  # noqa: E402

from exprinfer.scoring.writing import claims  # noqa: E402
from exprinfer.scoring.writing.claims import CLAIM  # noqa: E402
from exprinfer.scoring.writing.result_files import ResultFiles, put_table  # noqa: E402
from exprinfer.scoring.writing.result_folder import (  # noqa: E402
    SUCCESS,
    Folder,
    WrittenFile,
    whole_folder,
)


def storage(folder: Path) -> Any:
    """Return what behaves as object storage: its folders are not renamed."""
    return fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())


def table(rows: int) -> Any:
    return pa.table({"certified": [True] * rows})


def write(folder: Folder, rows: int = 1) -> WrittenFile:
    file = put_table(folder, f"{folder.run}-0.parquet", table(rows))
    folder.check({"in": rows}, [file])
    return file


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


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
        assert len(first.files()) == 1
    assert names(tmp_path / "out") == {SUCCESS, f"{first.run}-0.parquet"}
    assert names(tmp_path) == {"out"}


def test_a_second_run_to_object_storage_gives_up_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "WAIT", 0.3)
    with whole_folder("out", storage(tmp_path)) as first:
        write(first)
        with pytest.raises(FileExistsError), whole_folder("out", storage(tmp_path)):
            pass
        assert len(first.files()) == 1
    assert names(tmp_path / "out") == {SUCCESS, f"{first.run}-0.parquet"}


def test_a_finished_folder_lists_the_rows_read_and_written(tmp_path: Path) -> None:
    for filesystem, out in ((None, str(tmp_path / "a")), (storage(tmp_path), "b")):
        with whole_folder(out, filesystem) as folder:
            file = write(folder, 3)
        manifest = json.loads((tmp_path / out / SUCCESS).read_text())
        assert manifest == {
            "run": folder.run,
            "rows_in": 3,
            "rows_out": 3,
            "inputs": {"in": 3},
            "files": {file.name: {"rows": 3, "bytes": file.size}},
        }
        assert parquet.read_table(tmp_path / out).num_rows == 3  # _SUCCESS is not read


@pytest.mark.parametrize("loss", ["rows", "file", "half a file"])
def test_lost_rows_are_an_error_and_leave_no_output(tmp_path: Path, loss: str) -> None:
    with (  # noqa: PT012
        pytest.raises(OutputError, match="the results are removed"),
        whole_folder("out", storage(tmp_path)) as folder,
    ):
        file = put_table(folder, f"{folder.run}-0.parquet", table(99_999))
        path = tmp_path / "out" / file.name
        if loss == "file":
            path.unlink()
        if loss == "half a file":
            path.write_bytes(path.read_bytes()[:-1])
        folder.check({"a": 100_000, "b": 100_000} if loss == "rows" else {"a": 99_999}, [file])
    assert names(tmp_path / "out") == set()


def test_what_an_attempt_left_is_removed(tmp_path: Path) -> None:
    """A worker that was thought dead wrote more files than the attempt that counted."""
    with whole_folder("out", storage(tmp_path)) as folder:
        put_table(folder, f"{folder.run}-1.parquet", table(5))
        write(folder, 2)
    assert parquet.read_table(tmp_path / "out").num_rows == 2


def test_a_run_that_fails_leaves_the_output_of_another(tmp_path: Path) -> None:
    other = tmp_path / "out" / "theirs.parquet"
    with (  # noqa: PT012
        pytest.raises(FileExistsError, match="another run"),
        whole_folder("out", storage(tmp_path)) as folder,
    ):
        write(folder)
        other.write_bytes(b"theirs")
    assert names(tmp_path / "out") == {"theirs.parquet"}


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


def test_the_claim_of_a_run_that_was_killed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "WAIT", 0.3)
    (tmp_path / "out").mkdir()
    for name in ("0", "z"):
        claim = tmp_path / "out" / f"{CLAIM}{name}"
        claim.touch()
        with (
            pytest.raises(FileExistsError, match=f"if none is, remove {claim.name} from it"),
            whole_folder("out", storage(tmp_path)),
        ):
            pass
        claim.unlink()


@pytest.mark.parametrize("local", [True, False])
def test_of_runs_that_begin_at_once_exactly_one_writes(tmp_path: Path, local: bool) -> None:
    runs = 12
    barrier = threading.Barrier(runs)
    out = str(tmp_path / "out") if local else "out"

    def run(number: int) -> str:
        barrier.wait()
        try:
            with whole_folder(out, None if local else storage(tmp_path)) as folder:
                write(folder, 10 + number)
        except FileExistsError as error:
            return str(error)
        return folder.run

    with ThreadPoolExecutor(runs) as pool:
        outcomes = list(pool.map(run, range(runs)))
    winners = [number for number, outcome in enumerate(outcomes) if " " not in outcome]
    assert len(winners) == 1
    assert parquet.read_table(tmp_path / "out").num_rows == 10 + winners[0]
    assert names(tmp_path / "out") == {SUCCESS, f"{outcomes[winners[0]]}-0.parquet"}
    assert names(tmp_path) == {"out"}


def test_the_files_of_a_part_are_bounded_and_in_the_order_of_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exprinfer.scoring.writing.result_files.FILE_ROWS", 100)
    folder = Folder(str(tmp_path), fs.LocalFileSystem(), "run")
    for part in (1, 0):
        results = ResultFiles(folder, part)
        for start in range(0, 250, 50):
            rows = range(part * 250 + start, part * 250 + start + 50)
            results.write(pa.record_batch({"n": rows}))
        assert [file.rows for file in results.finish()] == [100, 100, 50]
    assert parquet.read_table(tmp_path)["n"].to_pylist() == list(range(500))
    with pytest.raises(OutputError, match="different columns"):
        results.write(pa.record_batch({"m": [1]}))
