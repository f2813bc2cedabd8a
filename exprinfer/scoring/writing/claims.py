"""Let one run at a time write to a folder in object storage, which has no locks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401

# isort: split
from pyarrow import fs

#: What the name of a file begins with that says that a run writes to the folder.
CLAIM = "_CLAIM-"
#: Seconds that a run waits for others, which began at the same time, to give up.
WAIT = 10.0
_POLL = 0.2


@contextmanager
def claimed(output: str, system: Any, path: str, run: str) -> Iterator[None]:
    """Write a claim to a folder, and remove it when the block ends.

    A run works only after it has seen no claim but its own. Of several runs that begin at the same
    time, those that see a claim with a smaller name give up, and the one with the smallest name
    waits until they have. If one of them is at work already, because it had seen no other claim,
    then it does not give up, and those that wait do so in the end. So exactly one works.

    This holds if a file is listed as soon as it is written, as in S3.

    Args:
        output: The name of the folder in messages.
        system: The file system.
        path: The folder on it.
        run: The name of this run, which no other run has.

    Raises:
        FileExistsError: If another run writes to the folder.
    """
    own = f"{CLAIM}{run}"
    try:
        system.open_output_stream(f"{path}/{own}").close()
        deadline = time.monotonic() + WAIT
        while others := _claims(system, path) - {own}:
            first = min(others)
            if first < own or time.monotonic() > deadline:
                raise FileExistsError(
                    f"{output}: another run is writing to this folder; if none is, remove {first} "
                    "from it"
                )
            time.sleep(_POLL)
        yield
    finally:
        with suppress(OSError):
            system.delete_file(f"{path}/{own}")


def _claims(system: Any, path: str) -> set[str]:
    entries = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return {entry.base_name for entry in entries if entry.base_name.startswith(CLAIM)}
