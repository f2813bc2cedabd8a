"""Files on file systems of pyarrow: parts of them, and what storage that fails looks like."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exprinfer.errors import InputError

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")

from pyarrow import fs, parquet  # noqa: E402

from exprinfer.scoring.reading import dataset_files, stored  # noqa: E402
from exprinfer.scoring.reading.blocks import read_blocks  # noqa: E402
from exprinfer.scoring.reading.dataset_files import find_stored, split_files  # noqa: E402
from exprinfer.scoring.reading.inputs import find_inputs  # noqa: E402
from exprinfer.scoring.reading.locations import locate  # noqa: E402
from exprinfer.scoring.reading.options import ReadOptions  # noqa: E402
from exprinfer.scoring.reading.stored import StorageError, StoredInput  # noqa: E402


def find(*paths: Path) -> list[StoredInput]:
    return find_stored(list(map(str, paths)), None, None, lambda message: None)


class Recorder:
    """Stands for an evaluator, and keeps the texts."""

    normalize = False

    def __init__(self) -> None:
        self.texts: list[Any] = []

    def evaluate_batch(self, texts: list[Any]) -> None:
        self.texts += texts


def texts_of(inputs: list[StoredInput]) -> list[Any]:
    recorder = Recorder()
    rows = 0
    for block in read_blocks(inputs, ReadOptions()):  # type: ignore[arg-type]
        rows += block.rows
        block.score(recorder)  # type: ignore[arg-type]
    assert rows == len(recorder.texts)
    return recorder.texts


def test_the_parts_of_a_text_are_all_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With empty lines, lone CRs, bytes that are not UTF-8, and lines longer than a part."""
    draw = random.Random(5)
    path = tmp_path / "a.txt"
    for size in [*range(1, 9), 64]:
        monkeypatch.setattr(dataset_files, "PART_BYTES", size)
        for _ in range(30):
            start = draw.choice([b"", b"\xef\xbb\xbf"])
            symbols = draw.choices([b"1", b"\n", b"\r", b"\r\n", b"\xff", b"="], k=40)
            path.write_bytes(start + b"".join(symbols))
            whole, parts = find(path), split_files(find(path))
            assert len(parts) > 1 or size == 64
            assert texts_of(parts) == texts_of(whole)


def test_a_text_in_another_encoding_and_a_compressed_one_are_not_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_files, "PART_BYTES", 8)
    (tmp_path / "a.txt").write_bytes("1+2\n3+4\n".encode("utf-16"))
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"1+2\n3+4\n"))
    files = split_files(find(tmp_path))
    assert [file.part for file in files] == [None, None]
    assert texts_of(files) == 2 * ["1+2", "3+4"]


def test_the_parts_of_a_parquet_file_are_all_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The column of expressions is the one that the first rows of the file show."""
    monkeypatch.setattr(dataset_files, "PART_BYTES", 8)
    monkeypatch.setattr(dataset_files, "PART_ROWS", 25)
    texts = [f"1+{number}" for number in range(60)] + ["?"] * 40
    other = ["?"] * 60 + [f"2+{number}" for number in range(40)]
    table = pa.table({"other": other, "sum": texts})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    parts = split_files(find(tmp_path))
    assert [part.part for part in parts] == [range(0, 3), range(3, 6), range(6, 9), range(9, 10)]
    assert texts_of(parts) == texts


def test_a_folder_has_the_files_and_names_of_score(tmp_path: Path) -> None:
    for name in ("b/x.txt", "a.csv", "B.txt", ".hidden.txt", "b/.git/y.txt", "notes", "b.txt.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1+2\n")
    told: list[list[str]] = [[], []]
    found = find_stored([f"{tmp_path}/./"], None, None, told[0].append)
    usual = find_inputs((f"{tmp_path}/./",), None, told[1].append)
    names = [(file.name, file.file_format, file.compression) for file in usual]
    assert [(file.name, file.file_format, file.compression) for file in found] == names
    assert [note.partition(": ")[2] for note in told[0]] == [
        note.partition(": ")[2] for note in told[1]
    ]


class Broken:
    """A file of storage that fails after some requests."""

    def __init__(self, file: Any, requests: int) -> None:
        self._file, self._left = file, requests

    def read(self, size: int | None = None) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise OSError("AWS Error NETWORK_CONNECTION")
        return self._file.read(size)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class BrokenStorage:
    def __init__(self, requests: int) -> None:
        self._system, self._requests = fs.LocalFileSystem(), requests

    def open_input_file(self, path: str) -> Broken:
        return Broken(self._system.open_input_file(path), self._requests)

    def get_file_info(self, path: str) -> Any:
        return self._system.get_file_info(path)


@pytest.mark.parametrize("end", ["txt", "txt.gz", "txt.zst", "csv", "jsonl", "parquet"])
def test_storage_that_fails_is_not_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Its rows would be missing otherwise, as those of a file that ends too early."""
    monkeypatch.setattr(stored, "_BUFFER_BYTES", 1 << 13)
    draw = random.Random(3)
    texts = [str(draw.randrange(10**9)) for _ in range(200_000)]
    path = tmp_path / f"a.{end}"
    if end == "parquet":
        parquet.write_table(pa.table({"expression": texts}), path, row_group_size=1_000)
    else:
        rows = [json.dumps({"expression": text}) for text in texts] if end == "jsonl" else texts
        content = ("expression\n" * (end == "csv") + "\n".join(rows)).encode()
        compressions = {".gz": gzip.compress, ".zst": pa.Codec("zstd").compress}
        path.write_bytes(compressions.get(path.suffix, bytes)(content))
    assert path.stat().st_size > 48 << 13
    file = replace(find(path)[0], filesystem=BrokenStorage(1 if end == "parquet" else 3))
    with pytest.raises(StorageError, match=r"a\..*: AWS Error NETWORK_CONNECTION"):
        for _ in read_blocks([file], ReadOptions()):
            pass


def test_a_file_that_was_replaced_since_it_was_found_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1+2\n")
    (file,) = find(path)
    assert not file.has_changed()
    path.write_text("1+3\n1\n")
    assert file.has_changed()
    path.unlink()
    assert file.has_changed()


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        find(tmp_path / "absent")
    with pytest.raises(InputError, match="no file in this folder"):
        find(tmp_path)


def test_the_endpoint_of_storage_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uri = "s3://key:secret@bucket/sums?region=eu-west-1"
    plain, path = locate(uri, None)
    assert path == "bucket/sums"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:9000")
    found, path = locate(uri, None)
    explicit, _ = locate(f"{uri}&endpoint_override=http%3A%2F%2Flocalhost%3A9000", None)
    assert path == "bucket/sums"
    assert found == explicit != plain
