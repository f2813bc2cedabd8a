"""Files made to break the reader or the terminal: each is refused with a plain message."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main

CSV = b'id,expression\n1,1+2\n2,"3*4"\n'


def score(path: Path, content: bytes, *arguments: str) -> Result:
    path.write_bytes(content)
    return CliRunner().invoke(main, ["score", str(path), "--device", "cpu", *arguments])


def parquet() -> bytes:
    pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    file = io.BytesIO()
    pa.parquet.write_table(pa.table({"expression": ["1+2", None, "3*4"] * 20}), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long-header.csv", b"a" * 200_000 + b"\n1\n"),
        ("endless-quote.csv", b'a,"' + b"b" * 3_000_000),
        ("carriage-return.tsv", b"id\rexpression\n1\t1+2\n"),
        ("not-utf8-in-a-name.csv", b"id,\xf4expression\n1,1+2\n"),
        ("not-utf8.csv", CSV + b"3,\xff\n"),
        ("escape.csv", b"\x1b[2J,b\n1,2\n"),
        ("escape-in-a-row.csv", CSV + b"\x1b[2J\n"),
        ("deep.jsonl", b"[" * 100_000),
        ("deeper.jsonl", b'{"a":' * 2_000),
    ],
)
def test_an_unreadable_file_is_refused_with_a_plain_message(
    name: str, content: bytes, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow", reason="needs exprinfer[files]")
    result = score(tmp_path / name, content, "--encoding", "utf-8", "--on-error", "stop")
    assert result.exit_code == 2
    assert f"Error: {tmp_path / name}: " in result.stderr
    assert all(line.isprintable() for line in result.stderr.splitlines())


def test_damaged_parquet_files_are_refused_or_scored(tmp_path: Path) -> None:
    whole = parquet()
    random = np.random.default_rng(0)
    codes = set()
    for _ in range(150):
        content = bytearray(whole)
        for index in random.integers(len(content), size=4):
            content[index] = random.integers(256)
        result = score(tmp_path / "x.parquet", bytes(content))
        assert isinstance(result.exception, SystemExit | None), result.exception
        assert all(line.isprintable() for line in result.stderr.splitlines())
        assert result.exit_code in (0, 1, 2), result.output
        codes.add(result.exit_code)
    assert codes >= {1, 2}


def test_a_model_file_cannot_send_control_characters_to_the_terminal(tmp_path: Path) -> None:
    onnx: Any = pytest.importorskip("onnx")
    from exprinfer.runtime.checksum import with_checksum

    node = onnx.helper.make_node("\x1b[2J\n", ["tokens"], ["answer"], domain="\x1b[31m")
    graph = onnx.helper.make_graph([node], "x", [], [])
    path = tmp_path / "x.onnx"
    path.write_bytes(with_checksum(onnx.helper.make_model(graph).SerializeToString()))
    result = CliRunner().invoke(main, ["evaluate", "1+2", "--model", str(path)])
    assert result.exit_code == 2
    assert "ONNX Runtime cannot open" in result.stderr
    assert "\x1b" not in result.stderr
