from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import exprinfer
from exprinfer import ModelFileError
from exprinfer.runtime.checksum import read_verified, with_checksum
from exprinfer.runtime.model_file import find, find_for_cuda, shipped


@pytest.mark.parametrize("name", shipped())
def test_the_shipped_files_end_in_their_checksum_as_the_docstring_says(name: str) -> None:
    for path in {find(name), find_for_cuda(name)}:
        content = path.read_bytes()
        assert content[-64:] == hashlib.sha256(content[:-78]).hexdigest().encode()
        sha256sum = hashlib.sha256(content).hexdigest()
        assert read_verified(path) == (content, sha256sum)
        assert exprinfer.load(path, "cpu").models[0].file_sha256 == sha256sum


def test_onnx_reads_the_checksum_as_metadata() -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(find("gist"))
    assert model.metadata_props[-1].key == "checksum"
    onnx.checker.check_model(model)


def test_every_changed_bit_breaks_the_checksum(tmp_path: Path) -> None:
    content = with_checksum(b"a model")
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    assert read_verified(path).content == content
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(ModelFileError, match=r"x\.onnx (is damaged|does not end)"):
                read_verified(path)


def test_every_cut_and_every_appended_byte_breaks_the_checksum(tmp_path: Path) -> None:
    content = with_checksum(b"a model")
    path = tmp_path / "x.onnx"
    for changed in [content[:end] for end in range(len(content))] + [content + b"\0", content * 2]:
        path.write_bytes(changed)
        with pytest.raises(ModelFileError, match=r"x\.onnx (is damaged|does not end)"):
            read_verified(path)


def test_a_file_without_a_checksum_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(find("gist").read_bytes()[:-78])
    with pytest.raises(ModelFileError, match=r"does not end in its checksum.*exprinfer checksum"):
        exprinfer.load(path, "cpu")
