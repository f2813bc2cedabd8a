"""Ask for expressions on the terminal, and point at errors."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

import click

from exprinfer.results import Prediction

_LEAVE = ("quit", "exit", "q")
#: Longest expression that fits into one line.
_SHOWN = 60


def ask() -> Iterator[str]:
    """Yield each line that the user types, until ``quit``, an empty line or the end of input.

    On a terminal the line can be edited, and earlier lines come back with the arrow keys.
    """
    click.echo("Enter one expression per line, such as -(66+-19); quit or Ctrl-D ends.", err=True)
    read = _edited_line if sys.stdout.isatty() else _plain_line
    while (line := read()) is not None and (line := line.strip()) and line.lower() not in _LEAVE:
        yield line


def _edited_line() -> str | None:
    with suppress(ImportError):  # not on every system
        import readline  # noqa: F401 - editing and history for input()
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="backslashreplace")
    try:
        return input("> ")
    except EOFError:
        click.echo()  # the shell's prompt starts on a line of its own
        return None


def _plain_line() -> str | None:
    """Read a line without writing to standard output, which goes to a file or a pipe."""
    click.echo("> ", nl=False, err=True)
    line = sys.stdin.buffer.readline()
    if not line:
        click.echo(err=True)
        return None
    return line.decode(errors="backslashreplace")


def show_caret(prediction: Prediction) -> None:
    """Point at the symbol that caused an error, below the expression."""
    error, text = prediction.error, prediction.expression
    if error is None or error.position is None or not text.isprintable() or len(text) > _SHOWN:
        return
    before = text[: error.position]
    columns = sum(2 if unicodedata.east_asian_width(symbol) in "WF" else 1 for symbol in before)
    click.echo(f"{text}\n{' ' * columns}^", err=True)
