"""Files as spreadsheets, notebooks and people write them: each is read, or refused with advice."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exprinfer.cli import main

pa = pytest.importorskip("pyarrow", reason="needs exprinfer[files]")

#: A table as a German Excel writes it: semicolons, CRLF, decimal commas, Windows-1252.
GERMAN = "Größe;Aufgabe;Expected \r\n1,5;5+3;8\r\n2,5;7*-9;-63\r\n"
ANSWERS = ["8", "-63"]


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "<xml/>")
    return file.getvalue()


def feather() -> bytes:
    from pyarrow import feather

    file = io.BytesIO()
    feather.write_feather(pa.table({"expression": ["5+3"]}), file)
    return file.getvalue()


def arrow_stream() -> bytes:
    file = io.BytesIO()
    table = pa.table({"expression": ["5+3"]})
    with pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    return file.getvalue()


def orc() -> bytes:
    from pyarrow import orc

    file = io.BytesIO()
    orc.write_table(pa.table({"expression": ["5+3"]}), file)
    return file.getvalue()


def parquet() -> bytes:
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"expression": ["5+3"]}), file)
    return file.getvalue()


def run(*arguments: str | Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments)], input=given)


def rows(tmp_path: Path, *arguments: str | Path) -> tuple[list[dict[str, Any]], Result]:
    """Score to JSON Lines."""
    result = run(*arguments, "--output", tmp_path / "results.jsonl")
    assert result.exit_code in (0, 1), result.stderr
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], result


#: The name and content of a file with 5+3 and 7*-9, and what is said about how it is read.
READ: list[tuple[str, bytes, str]] = [
    ("german.csv", GERMAN.encode("cp1252"), "delimiter ';', encoding cp1252"),
    ("german-utf-8.csv", GERMAN.encode("utf-8-sig"), "delimiter ';'"),
    ("unicode-text.csv", GERMAN.replace(";", "\t").encode("utf-16"), "delimiter tab, encoding utf"),
    ("unicode-text.tsv", GERMAN.replace(";", "\t").encode("utf-16"), "encoding utf-16"),
    ("sep.csv", b"sep=;\r\nAufgabe;n\r\n5+3;1\r\n7*-9;2\r\n", "delimiter ';'"),
    ("pipes.csv", b"expression|n\n5+3|1\n7*-9|2\n", "delimiter '|'"),
    ("quoted.csv", b'"expression","note"\n"5+3","a, ""b"""\n"7*-9","two\nlines"\n', "expressions"),
    ("semicolons-in-a-note.csv", b"expression,note\n5+3,a;b\n7*-9,c;d\n", "expressions"),
    ("one-column.csv", b"expression\r\n5+3\r\n7*-9\r\n", "expressions"),
    ("blanks.csv", b"id, Expression \n1, 5+3\n2,7*-9 \n", "expressions from ' Expression '"),
    ("mac.csv", b"expression,n\r5+3,1\r7*-9,2\r", "expressions"),
    ("utf-16.txt", "5+3\r\n7*-9\r\n".encode("utf-16"), "encoding utf-16"),
    ("utf-16-be.txt", b"\xfe\xff" + "5+3\n7*-9\n".encode("utf-16-be"), "encoding utf-16"),
    ("utf-8.txt", "5+3\n7*-9\n".encode("utf-8-sig"), ""),
    ("blanks.txt", b"  5+3\t\r\n7*-9 \n", ""),
    ("blanks.jsonl", b'{"Expression": " 5+3 "}\n\n{"Expression": "7*-9\\n"}\n', "'Expression'"),
    ("bom.jsonl", '{"expression": "5+3"}\n{"expression": "7*-9"}'.encode("utf-8-sig"), ""),
    ("utf-16.jsonl", '{"expression": "5+3"}\n{"expression": "7*-9"}'.encode("utf-16"), "utf-16"),
    ("german.csv.gz", gzip.compress(GERMAN.encode("cp1252")), "delimiter ';', encoding cp1252"),
]


@pytest.mark.parametrize(("name", "content", "told"), READ, ids=[name for name, *_ in READ])
def test_an_everyday_file_is_read(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    results, done = rows(tmp_path, tmp_path / name)
    assert [row["answer"] for row in results] == ANSWERS
    assert done.exit_code == 0
    assert told in done.stderr


def test_a_german_excel_file_is_marked_and_keeps_its_cells(tmp_path: Path) -> None:
    (tmp_path / "german.csv").write_bytes(GERMAN.encode("cp1252"))
    results, done = rows(tmp_path, tmp_path / "german.csv")
    assert [row["Größe"] for row in results] == ["1,5", "2,5"]
    assert [row["given_right"] for row in results] == [True, True]
    assert "expressions from 'Aufgabe', expected values from 'Expected '" in done.stderr
    assert "given answers right: 2 of 2" in done.stderr


#: The name and content of a file that is refused, and the advice.
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("book.xlsx", lambda: zipped("[Content_Types].xml", "xl/workbook.xml"), "save it as CSV"),
    ("book.csv", lambda: zipped("[Content_Types].xml", "xl/workbook.xml"), "save it as CSV"),
    ("book.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "save it as CSV"),
    (
        "book.ods",
        lambda: (
            b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
        ),
        "save it as CSV",
    ),
    ("sums.zip", lambda: zipped("sums.txt"), "unpack it"),
    ("sums.txt", lambda: zipped("sums.txt"), "unpack it"),
    ("table.feather", feather, "save it as Parquet"),
    ("table.parquet", feather, "save it as Parquet"),
    ("table.arrows", arrow_stream, "save it as Parquet"),
    ("table.orc", orc, "save its table as CSV or Parquet"),
    ("table.avro", lambda: b"Obj\x01" + bytes(99), "save its table as CSV or Parquet"),
    ("table.sqlite", lambda: b"SQLite format 3\0" + bytes(99), "save its table as CSV or Parquet"),
    ("table.csv", parquet, "give it a name that ends in .parquet"),
    ("sums", lambda: gzip.compress(b"5+3\n"), "give it a name that ends in .gz"),
    ("array.json", lambda: b'[{"expression": "5+3"}]', "save it with one object per line"),
    ("array.jsonl", lambda: b'[\n  {"expression": "5+3"}\n]', "save it with one object per line"),
    ("object.json", lambda: b'{\n  "expression": "5+3"\n}\n', "save it with one object per line"),
    ("lines.json", lambda: b'{"expression": "5+3"}\n' * 2, "--input-format jsonl"),
    ("sums.pdf", lambda: b"%PDF-1.7\n", "copy its expressions"),
]


@pytest.mark.parametrize(("name", "content", "advice"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_a_foreign_file_is_refused_with_advice(
    tmp_path: Path, name: str, content: Callable[[], bytes], advice: str
) -> None:
    (tmp_path / name).write_bytes(content())
    done = run(tmp_path / name, "--output", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert f"{tmp_path / name}: this is" in done.stderr
    assert advice in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_standard_input_is_recognized_by_its_content() -> None:
    assert "this is an Excel workbook" in run("-", given=zipped("xl/workbook.xml")).stderr
    assert run("-", given="5+3\n".encode("utf-16")).stdout == "5+3 = 8\n"


def test_delimiter_and_encoding_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("expression:é\n5+3:1\n".encode("latin-1"))
    results, done = rows(tmp_path, path, "--delimiter", ":", "--encoding", "latin1")
    assert [(row["é"], row["answer"]) for row in results] == [("1", "8")]
    (tmp_path / "in.txt").write_bytes(b"6\xd77\n")
    done = run(tmp_path / "in.txt", "--encoding", "cp1252", "--normalize")
    assert done.stdout == "6\xd77 = 42  (read as 6*7)\n"
    assert run(path, "--encoding", "base64").exit_code == 2
    assert "must be one character" in run(path, "--delimiter", "ab").stderr


@pytest.mark.parametrize("end", ["csv", "tsv", "jsonl", "parquet", "txt"])
def test_blanks_around_an_expression_never_count(tmp_path: Path, end: str) -> None:
    texts = [" 5+3", "7*-9\t", " \t"]
    path = tmp_path / f"in.{end}"
    if end == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"expression": texts, "expected": [8, 0, 0]}), path)
    elif end == "jsonl":
        records = [{"expression": text, "expected": 8} for text in texts]
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    elif end == "txt":
        path.write_text("".join(f"{text} = 8\n" for text in texts))
    else:
        mark = {"csv": ",", "tsv": "\t"}[end]
        path.write_text(f"expression{mark}expected\n" + "".join(f'"{t}"{mark}8\n' for t in texts))
    results, _ = rows(tmp_path, path)
    assert [row["answer"] for row in results] == ["8", "-63", None]
    assert [row["given_right"] for row in results] == [True, False, None]
    assert results[2]["error"] == "empty"
    if end != "txt":
        assert [row["read_as"] for row in results] == ["5+3", "7*-9", ""]


def test_files_of_a_folder_that_are_left_out_are_told(tmp_path: Path) -> None:
    for name in ("a.txt", "book.xlsx", "notes.md", "photo.png", "z.json", ".hidden.md"):
        (tmp_path / name).write_text("5+3\n")
    done = run(tmp_path)
    assert done.stdout == "5+3 = 8\n"
    assert "left out, since they end in none of .txt" in done.stderr
    assert ": book.xlsx, notes.md, photo.png and 1 more\n" in done.stderr
