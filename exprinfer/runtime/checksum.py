"""The seal of a model file: it ends in the SHA-256 of all that stands before.

The seal is one more entry of the file's ``metadata_props``, written as protobuf would write it, so
that the file remains an ONNX model. Any change of a byte breaks it; a forger can set a new one.
By hand: ``head -c -81 model.onnx | sha256sum`` gives what ``tail -c 64 model.onnx`` says.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from exprinfer.errors import ModelFileError
from exprinfer.runtime.log import log_event

_LOGGER = logging.getLogger(__name__)

#: The entry's key.
KEY = "file_sha256"
_DIGITS = 64
#: What stands before the hexadecimal digits: field 14 of an ONNX model, 79 bytes long; in it field
#: 1, the key, 11 bytes, and field 2, the value, 64 bytes.
_HEAD = bytes((14 << 3 | 2, 79, 1 << 3 | 2, len(KEY))) + KEY.encode() + bytes((2 << 3 | 2, _DIGITS))


def sealed(content: bytes) -> bytes:
    """A serialised ONNX model with its seal.

    Raises ValueError where it has one already, or the remains of one.
    """
    if KEY.encode() in content:
        raise ValueError(f"it has an entry {KEY} already, of the file as it was; take that out")
    return content + _HEAD + hashlib.sha256(content).hexdigest().encode()


def read_sealed(path: Path) -> bytes:
    """The bytes of a model file, every one of them as it was when it was sealed.

    Raises ModelFileError where the seal is broken or missing, OSError where the file cannot be
    read.
    """
    content = path.read_bytes()
    body, head, digits = content[:-81], content[-81:-_DIGITS], content[-_DIGITS:]
    if head != _HEAD:
        raise ModelFileError(
            f"{path} does not end in its SHA-256 (entry {KEY}): it is cut short, appended to, or "
            "was written by something else than training's export; get or export it again, or, "
            f"if you made it yourself, exprinfer seal {path}"
        )
    found = hashlib.sha256(body).hexdigest()
    if found.encode() != digits:
        raise ModelFileError(
            f"{path} is damaged: its SHA-256 is {found[:12]}..., and not "
            f"{ascii(digits[:12].decode('latin-1'))[1:-1]}... as it says; get or export it again"
        )
    log_event(_LOGGER, logging.DEBUG, "seal verified", path=str(path), file_sha256=found)
    return content
