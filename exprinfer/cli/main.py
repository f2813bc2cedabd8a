"""The commands ``exprinfer evaluate``, ``score``, ``models`` and ``seal``: wiring only."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from exprinfer.cli.options import evaluator_options, open_evaluator
from exprinfer.cli.score import score_command
from exprinfer.errors import (
    ExprinferError,
    ModelNotFoundError,
    TooLongError,
    printable,
)
from exprinfer.evaluator import Evaluator, list_models
from exprinfer.runtime.checksum import seal
from exprinfer.runtime.model_file import find
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.writers import TEXT_FORMATS, TextEncoder

#: Exit codes as shells give them to what a signal ended: 128 and the signal's number.
INTERRUPTED, PIPE_CLOSED = 130, 141


class Failure(click.ClickException):
    """The command cannot be carried out."""

    exit_code = 2


class Main(click.Group):
    """Tells in one line what went wrong, and by the exit code what kind of thing it was."""

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Nobody reads on; what is still buffered must not fail again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)
        except (OSError, ExprinferError) as error:
            raise Failure(printable(str(error))) from error


@click.group(cls=Main)
@click.version_option(package_name="exprinfer")
def main() -> None:
    """Neural networks that read an integer arithmetic expression and write its value.

    Exit codes: 0; 1 where some lines have no answer; 2 where the command cannot be carried out; 130
    when interrupted; 141 when nobody reads the output any more.
    """


# An expression may begin with a minus, so what is no option is left as it is.
@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("expressions", nargs=-1, type=click.UNPROCESSED, metavar="[EXPR]...")
@click.option("--format", "form", type=click.Choice(TEXT_FORMATS), default="text")
@evaluator_options
@click.option("--show-work", is_flag=True, help="Show longhand's working too.")
def evaluate(expressions: tuple[str, ...], form: str, show_work: bool, **options: Any) -> None:
    """Answer expressions, such as '-(66+-19)' -5+3; without any, ask for them."""
    for word in expressions:
        if re.fullmatch(r"--?[A-Za-z][\w-]*(=.*)?", word):
            raise click.NoSuchOption(word)
    if not expressions and not (sys.stdin and sys.stdin.isatty()):
        raise click.UsageError(
            "no expression; to read them from a file or a pipe: exprinfer score -"
        )
    evaluator = open_evaluator(**options)
    out, encoder, written = sys.stdout.buffer, TextEncoder(form), 0
    failed = False
    for texts in [list(expressions)] if expressions else _prompt():
        batch = ScoredBatch(evaluator.evaluate_batch(texts), None)
        for prediction in batch.column if show_work else ():
            if not prediction.error:
                _show_work(evaluator, prediction.expression, err=form != "text")
        written += encoder.write(batch, out, written)
        out.flush()
        failed |= bool(batch.column.errors.any())
    sys.exit(int(failed))


def _show_work(evaluator: Evaluator, expression: str, err: bool) -> None:
    try:
        click.echo(evaluator.trace(expression), err=err)
    except (TooLongError, ModelNotFoundError) as error:
        click.echo(str(error), err=True)


def _prompt() -> Iterator[list[str]]:
    """What the user types, line by line, up to an empty one or the end."""
    click.echo("An expression a line, such as -(66+-19); an empty line ends.", err=True)
    while True:
        click.echo("> ", nl=False, err=True)
        line = sys.stdin.buffer.readline().decode(errors="backslashreplace").strip()
        if not line:
            return
        yield [line]


@main.command()
def models() -> None:
    """List the shipped models."""
    row = "{:10} {:8} {:10} {:10} {:>22} {:>9} {:>9}"
    click.echo(row.format("name", "version", "domain", "certified", "right", "share", "size"))
    for model in list_models():
        click.echo(
            row.format(
                model.name,
                model.version,
                model.domain.name.lower(),
                model.certified_domain.name.lower(),
                f"{model.right:,} of {model.checked:,}",
                f"{model.right / max(1, model.checked):.2%}",
                f"{find(model.name).stat().st_size / 1e6:.2f} MB",
            )
        )


@main.command("seal")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def seal_command(files: tuple[Path, ...]) -> None:
    """Seal model files that you made yourself, so that damage is noticed from here on."""
    for path in files:
        seal(path)


main.add_command(score_command)
