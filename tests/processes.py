"""The processes that tests look for."""

from __future__ import annotations

import os
from pathlib import Path


def ray_processes(part: bytes) -> list[int]:
    """Return the process ids of Ray's processes with this in their commands, below this process."""
    parents, found = dict[int, int](), []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if part in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue  # it has just ended

    def is_ours(process: int | None) -> bool:
        return process == os.getpid() or (process in parents and is_ours(parents[process]))

    return [process for process in found if is_ours(process)]
