"""The commands ``exprinfer evaluate``, ``score`` and ``models``: wiring only."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from exprinfer.errors import ExprinferError, ModelNotFoundError, TooLongError
from exprinfer.evaluator import BATCH_SIZE, Evaluator, describe_shipped, load
from exprinfer.formats import FORMATS, HEADERS
from exprinfer.model_file import find
from exprinfer.output import whole_file
from exprinfer.scoring import Scored, ScoredBatch, score

Command = TypeVar("Command", bound=Callable[..., Any])

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
        except OSError as error:
            raise Failure(str(error)) from error


@click.group(cls=Main)
@click.version_option(package_name="exprinfer")
def main() -> None:
    """Neural networks that read an integer arithmetic expression and write its value.

    Exit codes: 0; 1 where some lines have no answer; 2 where the command cannot be carried out; 130
    when interrupted; 141 when nobody reads the output any more.
    """


def _evaluator_options(command: Command) -> Command:
    for option in (
        click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text"),
        click.option("--model", default="auto", help="A shipped model or an .onnx file."),
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto"),
        click.option("--batch-size", type=click.IntRange(min=1), default=BATCH_SIZE),
        click.option("--guess", is_flag=True, help="Answer outside the model's domain too."),
    ):
        command = option(command)
    return command


# An expression may begin with a minus, so what is no option is left as it is.
@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("expressions", nargs=-1, type=click.UNPROCESSED, metavar="[EXPR]...")
@_evaluator_options
@click.option("--show-work", is_flag=True, help="Show longhand's working too, step by step.")
def evaluate(expressions: tuple[str, ...], form: str, show_work: bool, **options: Any) -> None:
    """Answer expressions, such as '-(66+-19)' -5+3; without any, ask for them."""
    for word in expressions:
        if re.fullmatch(r"--?[A-Za-z][\w-]*(=.*)?", word):
            raise click.NoSuchOption(word)
    if not expressions and not (sys.stdin and sys.stdin.isatty()):
        raise click.UsageError(
            "no expression; to read them from a file or a pipe: exprinfer score -"
        )
    evaluator = _load(**options)
    out = sys.stdout.buffer
    out.write(HEADERS[form].encode())
    failed = False
    for batch in [list(expressions)] if expressions else _prompt():
        results = [Scored(prediction) for prediction in evaluator.evaluate_many(batch)]
        for result in results if show_work else ():
            if not result.prediction.error:
                _show_work(evaluator, result.prediction.expression, err=form != "text")
        out.write(FORMATS[form](results).encode(errors="backslashreplace"))
        out.flush()
        failed |= any(result.prediction.error for result in results)
    sys.exit(int(failed))


def _show_work(evaluator: Evaluator, expression: str, err: bool) -> None:
    try:
        click.echo(evaluator.work(expression), err=err)
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


@main.command("score")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
)
@_evaluator_options
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    help="Instead of standard output.",
)
def score_command(files: tuple[str, ...], form: str, output: Path, **options: Any) -> None:
    """Answer the expressions in FILE..., one a line; - is standard input.

    Lines in the form "expression = answer" are marked right or wrong. One result a line goes to
    standard output, progress and summary to standard error.
    """
    evaluator = _load(**options)
    if output.exists() and any(_is_same(output, name) for name in files):
        raise click.UsageError(f"{output} is an input too; choose another --output")
    with _opened_output(output) as out, _progress_bar(files) as progress:

        def write(results: ScoredBatch) -> None:
            out.write(FORMATS[form](results).encode(errors="backslashreplace"))
            out.flush()

        out.write(HEADERS[form].encode())
        summary = score(evaluator, _opened_inputs(files), write, progress)
    names = " and ".join(model.name for model in evaluator.models)
    click.echo(summary.text(names, evaluator.device), err=True)
    sys.exit(int(summary.errors.total() > 0))


@main.command()
def models() -> None:
    """List the shipped models."""
    row = "{:10} {:8} {:10} {:10} {:>22} {:>9} {:>9}"
    click.echo(row.format("name", "version", "domain", "certified", "right", "share", "size"))
    for model in describe_shipped():
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


def _load(**options: Any) -> Evaluator:
    try:
        evaluator = load(**options)
    except ExprinferError as error:
        raise click.UsageError(str(error)) from error
    if evaluator.device_note:
        click.echo(f"running on the CPU: {evaluator.device_note}", err=True)
    return evaluator


def _is_same(output: Path, name: str) -> bool:
    return name != "-" and os.path.samefile(name, output)


def _opened_inputs(files: tuple[str, ...]) -> Iterator[BinaryIO]:
    for name in files:
        if name == "-":
            yield sys.stdin.buffer
        else:
            with open(name, "rb") as file:
                yield file


def _opened_output(path: Path) -> AbstractContextManager[BinaryIO]:
    if str(path) == "-":
        return nullcontext(sys.stdout.buffer)
    return whole_file(path)


@contextmanager
def _progress_bar(files: tuple[str, ...]) -> Iterator[Callable[[int, int], None]]:
    """A bar over the inputs' bytes with the rate in lines, where standard error is a terminal."""
    if "-" in files or not sys.stderr.isatty():
        yield lambda lines, size: None
        return
    began, done = time.monotonic(), 0
    total = sum(os.path.getsize(name) for name in files)
    with click.progressbar(length=total, file=sys.stderr, label="scoring") as bar:

        def progress(lines: int, size: int) -> None:
            nonlocal done
            done += lines
            bar.label = f"{done / (time.monotonic() - began):,.0f} lines/s"
            bar.update(size)

        yield progress
