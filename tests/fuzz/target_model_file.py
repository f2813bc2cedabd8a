"""Fuzz target: the reader of model files, its seal and its metadata."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from exprinfer.errors import ModelFileError
from exprinfer.language.grammar import Domain
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.checksum import KEY, read_sealed, sealed
from exprinfer.runtime.model_file import ModelInfo

Read = TypeVar("Read")

PATH = Path(tempfile.gettempdir(), f"fuzzed-{os.getpid()}.onnx")
METADATA = {
    "format_version": "1",
    "name": "test",
    "version": "1.0",
    "alphabet": SYMBOLS,
    "longest_input": "11",
    "longest_output": "5",
    "domain": "seed",
    "certified_domain": "seed",
    "checked": "475200",
    "right": "475200",
    "exact_match": "",
    "recipe": "{}",
    "weights_sha256": "0" * 64,
    "file_sha256": "0" * 64,
}


def try_one(data: bytes) -> None:
    """Read the bytes as a file, sealed and not, and as metadata."""
    try:
        _try_seal(data)
    finally:
        PATH.unlink(missing_ok=True)
    lines = data.decode("utf-8", "replace").split("\n")
    given = dict(line.partition("=")[::2] for line in lines)
    _try_metadata(given)
    _try_metadata({**METADATA, **given})


def _try_seal(data: bytes) -> None:
    assert not _opens(data)
    if KEY.encode() in data:
        return
    whole = sealed(data)
    assert _opens(whole)
    place = sum(data) % len(whole)
    changed = bytearray(whole)
    changed[place] ^= 1 << len(data) % 8
    assert not _opens(bytes(changed))
    assert not _opens(whole[:place])
    assert not _opens(whole + (data or b"\0"))


def _opens(content: bytes) -> bool:
    PATH.write_bytes(content)
    read, refusal = _or_refusal(lambda: read_sealed(PATH))
    assert read is None or read == content
    assert read is not None or str(PATH) in refusal
    return read is not None


def _try_metadata(metadata: dict[str, str]) -> None:
    described, refusal = _or_refusal(lambda: ModelInfo.read(metadata, PATH))
    if described is None:
        assert str(PATH) in refusal
        return
    assert described.alphabet == SYMBOLS
    assert described.certified_domain <= described.domain
    assert described.certified_domain is Domain.NONE or 0 < described.checked == described.right
    assert 0 < described.longest_input <= 4_300
    for names in (described.tapes, described.memories, described.certified_on):
        assert all(type(name) is str for name in names)


def _or_refusal(read: Callable[[], Read]) -> tuple[Read | None, str]:
    """What is read, or else why it is refused; any other error goes on."""
    try:
        return read(), ""
    except ModelFileError as error:
        return None, str(error)
