"""Ask for expressions on the terminal, and point at errors."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress

import click

from exprinfer.results import Prediction
from exprinfer.results.excerpt import columns, excerpt

_LEAVE = ("quit", "exit", "q")
#: Columns that are used even if the terminal is said to have fewer.
_LEAST_COLUMNS = 20


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
    """Point at the symbol that caused an error, below the expression.

    A long expression is cut around the place. The caret is red, unless ``NO_COLOR`` is set.
    """
    error = prediction.error
    if error is None or error.position is None:
        return
    width = max(_LEAST_COLUMNS, shutil.get_terminal_size().columns - 1)
    encoding = sys.stderr.encoding or "ascii"
    before, at, after = excerpt(prediction.expression, error.position, width, encoding)
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    caret = "^" if plain else click.style("^", fg="red", bold=True)
    click.echo(f"{before}{at}{after}\n{' ' * columns(before)}{caret}", err=True)
