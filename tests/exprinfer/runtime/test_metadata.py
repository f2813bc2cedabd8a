"""The metadata of a file, read without ONNX Runtime."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest

from exprinfer.errors import ModelFileError
from exprinfer.runtime.metadata import read_metadata
from exprinfer.runtime.model import Model
from exprinfer.runtime.model_file import shipped
from exprinfer.runtime.model_info import read_info
from exprinfer.runtime.session import Session


@pytest.mark.parametrize("name", ["exact", "gist", "longhand"])
def test_it_is_what_onnx_and_the_session_read(name: str) -> None:
    path = shipped()[name]
    expected = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert read_metadata(path.read_bytes(), path) == expected
    assert read_info(path) == Session(path, "cpu").info


def test_damaged_bytes_are_an_error_and_never_endless() -> None:
    content = shipped()["longhand"].read_bytes()
    random = np.random.default_rng(0)
    for size in (1, 7, 100, len(content) - 40):
        with pytest.raises(ModelFileError, match="cannot be read"):
            read_metadata(content[:size], Path("cut.onnx"))
    for _ in range(300):
        noise = random.integers(0, 256, 64, np.uint8).tobytes()
        with suppress(ModelFileError):
            read_metadata(noise, Path("noise.onnx"))


def test_a_lazy_model_opens_its_session_when_it_is_needed() -> None:
    model = Model("longhand", "cpu", lazy=True)
    assert model._session is None
    assert model.device == "cpu"
    assert model.answer(np.array([[2, 11, 3]], np.uint8)).texts.tolist() == ["3"]
    assert model._session is not None
    assert model.session.info.file_sha256 == model.info.file_sha256


def test_a_file_that_was_replaced_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(shipped()["longhand"].read_bytes())
    model = Model(path, "cpu", lazy=True)
    path.write_bytes(shipped()["gist"].read_bytes())
    with pytest.raises(ModelFileError, match="was replaced"):
        model.session  # noqa: B018
