"""Fuzz target: the reader of model files, the checksum and the metadata."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from exprinfer.errors import ModelFileError
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.checksum import read_verified, with_checksum
from exprinfer.runtime.model_info import ModelInfo

Read = TypeVar("Read")

PATH = Path(tempfile.gettempdir(), f"fuzzed-{os.getpid()}.onnx")
METADATA = {
    "format_version": "2",
    "name": "test",
    "version": "1.0",
    "symbols": SYMBOLS,
    "longest_input": "11",
    "longest_output": "5",
    "domain": "seed",
    "checked": "475200",
    "right": "475200",
    "exact_match": "",
    "recipe": "{}",
    "weights_sha256": "0" * 64,
}


def try_one(data: bytes) -> None:
    """Read the bytes as a file, with and without a checksum, and as metadata."""
    try:
        _try_checksum(data)
    finally:
        PATH.unlink(missing_ok=True)
    lines = data.decode("utf-8", "replace").split("\n")
    given = dict(line.partition("=")[::2] for line in lines)
    _try_metadata(given)
    _try_metadata({**METADATA, **given})


def _try_checksum(data: bytes) -> None:
    assert not _opens(data)
    try:
        whole = with_checksum(data)
    except ValueError:  # the data holds a checksum entry already
        return
    assert _opens(whole)
    place = sum(data) % len(whole)
    changed = bytearray(whole)
    changed[place] ^= 1 << len(data) % 8
    assert not _opens(bytes(changed))
    assert not _opens(whole[:place])
    assert not _opens(whole + (data or b"\0"))


def _opens(content: bytes) -> bool:
    PATH.write_bytes(content)
    read, refusal = _or_refusal(lambda: read_verified(PATH))
    assert read is None or read.content == content
    assert read is not None or str(PATH) in refusal
    return read is not None


def _try_metadata(metadata: dict[str, str]) -> None:
    info, refusal = _or_refusal(lambda: ModelInfo.read(metadata, PATH))
    if info is None:
        assert str(PATH) in refusal
        return
    assert info.symbols == SYMBOLS
    assert info.certificate is None
    assert 0 <= info.right <= info.checked
    assert 0 < info.longest_input <= 4_300
    for names in (info.tapes, [state.name for state in info.states]):
        assert all(type(name) is str for name in names)


def _or_refusal(read: Callable[[], Read]) -> tuple[Read | None, str]:
    """Return what was read, or the reason for the refusal; other errors propagate."""
    try:
        return read(), ""
    except ModelFileError as error:
        return None, str(error)
