"""The options of ``exprinfer score`` that say how the inputs are read."""

from __future__ import annotations

import click

from exprinfer.cli.options import Command, add_options
from exprinfer.errors import printable
from exprinfer.scoring.reading.encodings import canonical_encoding
from exprinfer.scoring.reading.inputs import INPUT_FORMATS


def _delimiter(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    value = {"tab": "\t", "\\t": "\t"}.get(value or "", value)
    if value is None or (len(value) == 1 and value.isascii() and value not in '"\r\n'):
        return value
    raise click.BadParameter(f"must be one character, or tab, got {value!r}")


def _encoding(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    try:
        return value and canonical_encoding(value)
    except LookupError:
        raise click.BadParameter(f"no such encoding: {value!r}") from None


def reading_options(command: Command) -> Command:
    """Add the options to a command."""
    options = (
        click.option(
            "--input-format",
            type=click.Choice(sorted(set(INPUT_FORMATS.values()))),
            help="Format of the inputs (default: from the file names, text for standard input).",
        ),
        click.option(
            "--column",
            help="Column of expressions, or path such as data.expression in nested columns "
            "(default: 'expression', or the only one that holds expressions).",
        ),
        click.option(
            "--expected", help="Column of expected values (default: 'expected', if it exists)."
        ),
        click.option(
            "--delimiter",
            callback=_delimiter,
            help="Character between the cells of CSV (default: detected).",
        ),
        click.option(
            "--encoding", callback=_encoding, help="Encoding of the inputs (default: detected)."
        ),
        click.option(
            "--on-error",
            type=click.Choice(["result", "stop"]),
            default="result",
            show_default=True,
            help="Whether a bad row or file is a result with an error, or ends the run.",
        ),
        click.option(
            "--source/--no-source",
            default=None,
            help="Whether results name their file (default: if there are several).",
        ),
    )
    return add_options(command, options)


class Notes:
    """Messages about how the inputs are read. Those of many alike files are shown once."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._told: set[str] = set()

    def tell(self, message: str) -> None:
        """Write a message of the form ``name: text`` to standard error."""
        text = message.partition(": ")[2]
        if text not in self._told:
            self._told.add(text)
            self.messages.append(message)
            click.echo(printable(message), err=True)
