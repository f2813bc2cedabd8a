"""The command ``exprinfer checksum``."""

from __future__ import annotations

from pathlib import Path

import click

from exprinfer.errors import ModelFileError
from exprinfer.runtime.checksum import with_checksum
from exprinfer.scoring.writing.atomic_file import whole_file


@click.command("checksum")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def checksum_command(files: tuple[Path, ...]) -> None:
    """Add the checksum to model files that you made yourself.

    Model files without a valid checksum are refused, because they may be damaged.
    """
    for path in files:
        add_checksum(path)


def add_checksum(path: Path) -> None:
    """Add the checksum to a model file, in place.

    Raises:
        ModelFileError: If the file has a checksum, valid or not.
        OSError: If it cannot be read or written.
    """
    try:
        content = with_checksum(path.read_bytes())
    except ValueError as error:
        raise ModelFileError(f"{path}: cannot add a checksum: {error}") from error
    with whole_file(path) as file:
        file.write(content)
