"""The commands ``exprinfer evaluate`` and ``exprinfer models``, and the group of all commands."""

from __future__ import annotations

import os
import re
import sys
import traceback
from typing import Any

import click

from exprinfer.cli.certificates import certificate_lines
from exprinfer.cli.checksum import checksum_command
from exprinfer.cli.options import evaluator_options, open_evaluator
from exprinfer.cli.prompt import ask, show_caret
from exprinfer.errors import (
    ExprinferError,
    ModelNotFoundError,
    NotHaltedError,
    TooLongError,
    printable,
)
from exprinfer.evaluator import Evaluator, list_models
from exprinfer.runtime.model_file import find
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.writing.writers import TEXT_FORMATS, TextEncoder

#: Exit codes as shells report signals: 128 plus the number of the signal.
INTERRUPTED, PIPE_CLOSED = 130, 141
#: The exit code after a defect of the program (EX_SOFTWARE of sysexits.h).
DEFECT = 70
#: Digits of an integer that Python must be able to write, which is also its default.
_DIGITS = 4300


class Failure(click.ClickException):
    """The command failed."""

    exit_code = 2


class Main(click.Group):
    """Reports errors in one line, and as the exit code."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; a defect is never reported as an expression without an answer."""
        if hasattr(sys, "set_int_max_str_digits") and 0 < sys.get_int_max_str_digits() < _DIGITS:
            sys.set_int_max_str_digits(_DIGITS)
        try:
            return super().main(*arguments, **options)
        except Exception as error:
            message, exit_code = _explain(error), Failure.exit_code
            if not message:
                traceback.print_exc()
                message = f"this is a defect of exprinfer, please report it: {error!r}"
                exit_code = DEFECT
            click.echo(f"Error: {printable(message)}", err=True)
            sys.exit(exit_code)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(ctx), "score"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; the readers and writers of ``score`` are imported only for it."""
        if cmd_name == "score":
            from exprinfer.cli.score import score_command

            return score_command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Buffered output must not fail again when Python exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)
        except (OSError, ExprinferError) as error:
            raise Failure(printable(str(error))) from error


def _explain(error: Exception) -> str:
    """Return a message for an error that is not a defect of this program; empty if it may be."""
    if isinstance(error, OSError | ExprinferError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return "the system allows no more threads"
    return ""


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="exprinfer")
def main() -> None:
    """Evaluate integer arithmetic expressions with neural networks.

    Exit codes: 0 if every expression has an answer; 1 if one has none; 2 if the command failed; 70
    after a defect of exprinfer; 130 if it was interrupted; 141 if the reader of its output closed
    the pipe.
    """


# An expression may begin with a minus, so unknown options are passed on as arguments.
@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("expressions", nargs=-1, type=click.UNPROCESSED, metavar="[EXPR]...")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(TEXT_FORMATS),
    default="text",
    show_default=True,
    help="Output format.",
)
@evaluator_options
@click.option(
    "--show-work", is_flag=True, help="Also show how the model longhand evaluates each expression."
)
def evaluate(
    expressions: tuple[str, ...], file_format: str, show_work: bool, **options: Any
) -> None:
    """Evaluate expressions, such as '-(66+-19)' -5+3.

    Without arguments it asks for expressions on the terminal.
    """
    for word in expressions:
        if re.fullmatch(r"--?[A-Za-z][\w-]*(=.*)?", word):
            raise click.NoSuchOption(word)
    if not expressions and not (sys.stdin and sys.stdin.isatty()):
        raise click.UsageError("no expression; to read a file or a pipe, use: exprinfer score -")
    evaluator = open_evaluator(**options)
    out, encoder, written = sys.stdout.buffer, TextEncoder(file_format), 0
    failed = False
    on_terminal = file_format == "text" and sys.stdout.isatty() and sys.stderr.isatty()
    for texts in [list(expressions)] if expressions else ([line] for line in ask()):
        batch = ScoredBatch(evaluator.evaluate_batch(texts), None)
        for prediction in batch.result if show_work else ():
            if not prediction.error:
                _show_work(evaluator, prediction.expression, err=file_format != "text")
        written += encoder.write(batch, out, written)
        out.flush()
        for prediction in batch.result if on_terminal else ():
            show_caret(prediction)
        failed |= bool(batch.result.errors.any())
    sys.exit(int(failed))


def _show_work(evaluator: Evaluator, expression: str, err: bool) -> None:
    try:
        click.echo(evaluator.trace(expression), err=err)
    except (TooLongError, NotHaltedError, ModelNotFoundError) as error:
        click.echo(str(error), err=True)


@main.command()
def models() -> None:
    """List the shipped models, what their certificates state, and how that was checked."""
    row = "{:10} {:8} {:10} {:10} {:>22} {:>9} {:>9}"
    click.echo(row.format("name", "version", "domain", "certified", "right", "share", "size"))
    shown = list_models()
    for model in shown:
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
    for model in shown:
        for line in certificate_lines(model, find(model.name)):
            click.echo(line)


main.add_command(checksum_command)
