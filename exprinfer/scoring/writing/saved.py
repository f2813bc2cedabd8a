"""Checksums of saved checkpoints, and of the results that they describe."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from exprinfer.errors import OutputError


class Checksummed:
    """Passes on what is written to a file, and keeps its CRC-32."""

    def __init__(self, file: BinaryIO, checksum: int) -> None:
        self._file, self.checksum = file, checksum

    def write(self, content: Any) -> int:
        """Write to the file, and return the number of bytes."""
        self.checksum = zlib.crc32(content, self.checksum)
        return self._file.write(content)


def checksummed_json(saved: dict[str, Any]) -> bytes:
    """Return the content of a checkpoint file: a CRC-32, and JSON on the next line."""
    content = json.dumps(saved).encode()
    return b"%08x\n" % zlib.crc32(content) + content


def read_checkpoint(saved: Path, path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint file.

    Args:
        saved: The checkpoint file.
        path: The output that it belongs to.

    Raises:
        OutputError: If it is damaged.
    """
    checksum, _, content = saved.read_bytes().partition(b"\n")
    if checksum != b"%08x" % zlib.crc32(content):
        raise OutputError(
            f"{path}: cannot resume, because the checkpoint {saved} is damaged; start again with "
            "--restart"
        )
    return json.loads(content)  # type: ignore[no-any-return]


def check_content(file: BinaryIO, size: int, checksum: int, path: Path) -> None:
    """Check the first ``size`` bytes of the results so far.

    Raises:
        OutputError: If there are fewer, or they have another CRC-32.
    """
    left, found = size, 0
    file.seek(0)
    while left and (content := file.read(min(left, 1 << 20))):
        left -= len(content)
        found = zlib.crc32(content, found)
    if left or found != checksum:
        reason = "shorter than" if left else "not those that"
        raise OutputError(
            f"{path}: cannot resume, because the results so far are {reason} the checkpoint says; "
            "start again with --restart"
        )
