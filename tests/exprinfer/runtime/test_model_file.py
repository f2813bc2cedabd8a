from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from exprinfer import Domain, ModelFileError, ModelInfo, ModelNotFoundError
from exprinfer.runtime.model_file import find, shipped
from tests.fuzz.target_model_file import METADATA


def test_metadata_are_read() -> None:
    model = ModelInfo.read(METADATA, Path("x.onnx"))
    assert model.longest_input == 11
    assert model.certified_domain is Domain.SEED
    assert {field.name for field in fields(model)} == {
        *METADATA,
        "tapes",
        "memories",
        "certified_on",
    }


@pytest.mark.parametrize("key", [key for key in METADATA if key != "format_version"])
def test_a_missing_key_is_named(key: str) -> None:
    rest = {name: value for name, value in METADATA.items() if name != key}
    with pytest.raises(ModelFileError, match=f"x.onnx lacks .*{key}"):
        ModelInfo.read(rest, Path("x.onnx"))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("format_version", "2", "format version '2'"),
        ("alphabet", "0123", "alphabet '0123'"),
        ("longest_input", "many", "cannot be read"),
        ("longest_input", "0", "longest_input 0"),
        ("longest_output", "1000000", "longest_output 1000000"),
        ("tapes", "7", "no list of names"),
        ("memories", '["a", 1]', "no list of names"),
        ("certified_on", '"cpu"', "no list of names"),
        ("tapes", "[" * 100_000, "cannot be read"),
        ("domain", "everything", "EVERYTHING"),
        ("right", "475199", "475199 of 475200"),
        ("checked", "0", "claims to be certified"),
        ("certified_domain", "whole", "beyond its own domain"),
    ],
)
def test_a_wrong_value_is_refused(key: str, value: str, reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        ModelInfo.read({**METADATA, key: value}, Path("x.onnx"))


def test_models_are_found_by_name_and_by_path() -> None:
    assert "gist" in shipped()
    assert find("gist") == shipped()["gist"] == find(str(shipped()["gist"]))
    assert find(shipped()["gist"]) == shipped()["gist"]


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(ModelNotFoundError, match=r"no model file nothing\.onnx"):
        find("nothing.onnx")


@pytest.mark.parametrize("name", ["nothing", "", "."])
def test_a_model_that_is_not_there_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="gist"):
        find(name)
