"""The checksum at the end of a model file: the SHA-256 of everything before it.

The checksum is one more entry of the file's ``metadata_props``, written as protobuf would write it,
so the file is still an ONNX model. It detects damage, not forgery: whoever changes a file can write
a new checksum. By hand: ``head -c -78 model.onnx | sha256sum`` prints the digits that
``tail -c 64 model.onnx`` prints.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import NamedTuple

from exprinfer.errors import ModelFileError
from exprinfer.runtime.log import log_event

_LOGGER = logging.getLogger(__name__)

#: The key of the entry.
KEY = "checksum"
_DIGITS = 64
#: The bytes before the hexadecimal digits. The entry is field 14 of an ONNX model; in it, field 1
#: is the key and field 2 is the value. Every length fits into one byte.
_HEAD = bytes((14 << 3 | 2, 2 + len(KEY) + 2 + _DIGITS, 1 << 3 | 2, len(KEY)))
_HEAD += KEY.encode() + bytes((2 << 3 | 2, _DIGITS))


def with_checksum(content: bytes) -> bytes:
    """Append the checksum to a serialized ONNX model.

    Raises:
        ValueError: If the content already has a checksum entry.
    """
    if _HEAD[4:] in content:
        raise ValueError(f"it already has a {KEY} entry; remove that first")
    return content + _HEAD + hashlib.sha256(content).hexdigest().encode()


class VerifiedFile(NamedTuple):
    """The bytes of a model file and their SHA-256, as ``sha256sum`` prints it."""

    content: bytes
    sha256: str


def read_verified(path: Path) -> VerifiedFile:
    """Read a model file and verify its checksum.

    Raises:
        ModelFileError: If the checksum is missing or wrong.
        OSError: If the file cannot be read.
    """
    content = path.read_bytes()
    size = len(_HEAD) + _DIGITS
    body, head, digits = content[:-size], content[-size:-_DIGITS], content[-_DIGITS:]
    if head != _HEAD:
        raise ModelFileError(
            f"{path} does not end in its checksum: it is cut short, something was appended to it, "
            "or it was not written by this version's training export; get it or export it again, "
            f"or, if you made it yourself, run: exprinfer checksum {path}"
        )
    digest = hashlib.sha256(body)
    computed = digest.hexdigest()
    if computed.encode() != digits:
        raise ModelFileError(
            f"{path} is damaged: its SHA-256 is {computed[:12]}..., but its checksum says "
            f"{ascii(digits[:12].decode('latin-1'))[1:-1]}...; get it or export it again"
        )
    digest.update(content[len(body) :])
    file_sha256 = digest.hexdigest()
    log_event(_LOGGER, logging.DEBUG, "checksum verified", path=str(path), file_sha256=file_sha256)
    return VerifiedFile(content, file_sha256)
