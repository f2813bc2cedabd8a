from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from exprinfer import Domain, ModelFileError, ModelInfo, ModelNotFoundError, Operands
from exprinfer.runtime.model_file import find, shipped
from tests.fuzz.target_model_file import METADATA


def test_the_metadata_is_read() -> None:
    model = ModelInfo.read(METADATA, Path("x.onnx"))
    assert model.longest_input == 11
    assert model.domain is Domain.SEED
    assert {field.name for field in fields(model)} == {
        *METADATA,
        "tapes",
        "states",
        "operands",
        "file_sha256",
        "certificate",
    }


def test_operand_ranges_are_read_and_are_those_of_the_gist_by_default() -> None:
    operands = '{"a": [-9, 12], "b": [1, 7]}'
    model = ModelInfo.read({**METADATA, "operands": operands}, Path("x.onnx"))
    assert model.operands == Operands((-9, 12), (1, 7))
    assert ModelInfo.read(METADATA, Path("x.onnx")).operands == Operands((-100, 99), (-99, 99))
    assert "seed domain of Operands(a=(-9, 12), b=(1, 7))" in repr(model)


@pytest.mark.parametrize("key", [key for key in METADATA if key != "format_version"])
def test_a_missing_key_is_named(key: str) -> None:
    rest = {name: value for name, value in METADATA.items() if name != key}
    with pytest.raises(ModelFileError, match=f"x.onnx: the metadata lacks .*{key}"):
        ModelInfo.read(rest, Path("x.onnx"))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("format_version", "1", "format version '1'"),
        ("symbols", "0123", "got '0123'"),
        ("longest_input", "many", "cannot be read"),
        ("longest_input", "0", "longest_input must be in 1..4300, got 0"),
        ("longest_output", "1000000", "longest_output must be in 1..4300, got 1000000"),
        ("tapes", "7", "not a list of names"),
        ("tapes", '["input", "output"]', "tapes must be"),
        ("tapes", '["input", "first", "second", "answer"]', "belong together"),
        ("states", '["a"]', "list of objects"),
        ("states", '[{"name": "a", "operation": "", "sign": "", "more": 1}]', "list of objects"),
        ("states", '[{"name": "", "operation": "", "sign": ""}]', "name must be text"),
        ("states", '[{"name": 7, "operation": "", "sign": ""}]', "name must be text"),
        ("states", '[{"name": "a", "operation": "root", "sign": ""}]', "unknown operation 'root'"),
        ("states", '[{"name": "a", "operation": "add", "sign": ""}]', "wrong sign ''"),
        ("states", '[{"name": "a", "operation": "add", "sign": "0"}]', "wrong sign '0'"),
        ("states", '[{"name": "a", "operation": "", "sign": ""}]', "belong together"),
        ("operands", "[[-9, 9], [-9, 9]]", "object with the keys a and b"),
        ("operands", '{"a": [-9, 9]}', "object with the keys a and b"),
        ("operands", '{"a": [9, -9], "b": [-9, 9]}', r"two integers in order .* got \[9, -9\]"),
        ("operands", '{"a": [-9, 9], "b": [0, 0]}', "a number other than 0"),
        ("operands", '{"a": [-9, 9], "b": [1, 1000000000]}', "from -999999999 to 999999999"),
        ("operands", '{"a": [-9, 9, 9], "b": [1, 2]}', "two integers"),
        ("operands", '{"a": [-9.0, 9], "b": [1, 2]}', "two integers"),
        ("operands", '{"a": "-9", "b": [1, true]}', "two integers"),
        ("tapes", "[" * 100_000, "cannot be read"),
        ("domain", "everything", "EVERYTHING"),
        ("right", "475201", "claims 475201 of 475200 right"),
        ("right", "-1", "claims -1 of 475200 right"),
        ("checked", "0", "claims 475200 of 0 right"),
    ],
)
def test_a_wrong_value_is_refused(key: str, value: str, reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        ModelInfo.read({**METADATA, key: value}, Path("x.onnx"))


def test_models_are_found_by_name_and_by_path() -> None:
    assert "gist" in shipped()
    assert find("gist") == shipped()["gist"] == find(str(shipped()["gist"]))
    assert find(shipped()["gist"]) == shipped()["gist"]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ModelNotFoundError, match=r"there is no model file nothing\.onnx"):
        find("nothing.onnx")


@pytest.mark.parametrize("name", ["nothing", "", "."])
def test_a_missing_model_is_named_with_the_shipped_ones(name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="gist"):
        find(name)
