"""The progress bar of ``exprinfer score``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from exprinfer.scoring.reading.inputs import Input


@contextmanager
def progress_bar(inputs: list[Input]) -> Iterator[Callable[[int, int], None]]:
    """Show the bytes read and the lines per second, if standard error is a terminal."""
    if not all(source.is_file for source in inputs) or not sys.stderr.isatty():
        yield lambda lines, size: None
        return
    began, done = time.monotonic(), 0
    total = sum(os.path.getsize(source.name) for source in inputs)
    with click.progressbar(length=total, file=sys.stderr, label="scoring") as bar:

        def progress(lines: int, size: int) -> None:
            nonlocal done
            done += lines
            bar.label = f"{done / (time.monotonic() - began):,.0f} lines/s"
            bar.update(size)

        yield progress
