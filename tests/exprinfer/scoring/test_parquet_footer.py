"""Metadata of Parquet files that are a part of a larger file."""

from __future__ import annotations

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from pyarrow import parquet  # noqa: E402

from exprinfer.scoring.writing.parquet_footer import moved  # noqa: E402

MAGIC = b"PAR1"
#: More than 15 columns and row groups, for which Thrift writes the size of a list in another way.
TABLE = pa.table(
    {
        **{f"number {n}": range(n, n + 200) for n in range(20)},
        "text": [f"{n % 7}+{n}" for n in range(200)],
        "nested": [{"x": [n, n + 1], "y": None} for n in range(200)],
        "real": [n / 3 for n in range(200)],
        "true": [n % 2 == 0 for n in range(200)],
    }
)


def parquet_file(**options: object) -> tuple[bytes, bytes]:
    """Return a Parquet file, and its metadata."""
    sink = pa.BufferOutputStream()
    parquet.write_table(TABLE, sink, row_group_size=10, **options)
    content = sink.getvalue().to_pybytes()
    size = int.from_bytes(content[-8:-4], "little")
    return content, content[-8 - size : -8]


def offsets(metadata: bytes) -> list[int]:
    """Return the offsets of all columns."""
    tail = metadata + len(metadata).to_bytes(4, "little") + MAGIC
    found = parquet.read_metadata(pa.BufferReader(MAGIC + tail))
    columns = [
        found.row_group(group).column(column)
        for group in range(found.num_row_groups)
        for column in range(found.num_columns)
    ]
    places = [(each.data_page_offset, each.dictionary_page_offset) for each in columns]
    return [place for pair in places for place in pair if place is not None]


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("distance", [1, 1_000, 1 << 40])
def test_all_offsets_move_and_nothing_else_changes(index: bool, distance: int) -> None:
    _, metadata = parquet_file(write_page_index=index)
    there = moved(metadata, distance)
    assert offsets(there) == [offset + distance for offset in offsets(metadata)]
    assert moved(there, -distance) == metadata
    assert moved(metadata, 0) == metadata


@pytest.mark.parametrize("index", [False, True])
def test_a_file_within_another_is_read_by_its_moved_metadata(index: bool) -> None:
    content, metadata = parquet_file(write_page_index=index)
    there = moved(metadata, 1_000)
    whole = MAGIC.ljust(1_000) + content + there + len(there).to_bytes(4, "little") + MAGIC
    assert parquet.read_table(pa.BufferReader(whole)).equals(TABLE)


def test_what_is_no_metadata_is_refused() -> None:
    with pytest.raises(ValueError, match="a value of type 14"):
        moved(b"\x1e\0", 1)
