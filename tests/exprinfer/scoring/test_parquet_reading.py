"""Parquet files are read a few row groups at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from exprinfer.scoring.reading import tables  # noqa: E402
from exprinfer.scoring.reading.inputs import Input  # noqa: E402
from exprinfer.scoring.reading.options import ReadOptions  # noqa: E402

GROUPS, GROUP_ROWS = 8, 1_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("parquet") / "rows.parquet"
    schema = pa.schema({"id": pa.int64(), "expression": pa.string()})
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, GROUPS * GROUP_ROWS, GROUP_ROWS):
            numbers = range(start, start + GROUP_ROWS)
            texts = [f"{number}+1" for number in numbers]
            writer.write_table(pa.table([numbers, texts], schema=schema))
    return path


def read(path: Path) -> list[int]:
    with path.open("rb") as stream:
        rows = tables.read_rows(Input(str(path), "parquet"), stream, ReadOptions())
        return [number for some in rows for number in some.batch.column(0).to_pylist()]


@pytest.mark.parametrize("rows", [1, 3 * GROUP_ROWS, 10**9])
def test_rows_keep_their_order_however_often_the_reader_is_opened_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(tables, "READER_ROWS", rows)
    assert read(file) == list(range(GROUPS * GROUP_ROWS))
