"""The command ``exprinfer score``: wiring only."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from exprinfer.cli.options import evaluator_options, open_evaluator
from exprinfer.cli.ray import HERE, score_by_ray
from exprinfer.errors import ExprinferError
from exprinfer.scoring.atomic_file import is_regular, whole_file
from exprinfer.scoring.blocks import Columns, read_blocks
from exprinfer.scoring.checkpoint import Output, Progress, once, resumable
from exprinfer.scoring.pipeline import score
from exprinfer.scoring.readers import INPUT_FORMATS, Input, find_inputs
from exprinfer.scoring.writers import FORMATS, Encoder, encoder, format_of

STDOUT = Path("-")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("score")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--input-format", type=click.Choice(sorted(set(INPUT_FORMATS.values()))))
@click.option("--column", help="The column of the expressions; else it is found.")
@click.option("--expected", help="The column of the values expected; else 'expected'.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Else by --output's name.")
@evaluator_options
@click.option("--output", default="-", metavar="FILE", help="Instead of standard output.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted run.")
@click.option("--summary", type=_FILE, help="Write the summary to a file too, as JSON.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value=HERE,
    metavar="[ADDRESS]",
    help="Work by Ray, at an address or here; --output is a folder of Parquet files then.",
)
def score_command(
    files: tuple[str, ...],
    input_format: str | None,
    column: str | None,
    expected: str | None,
    form: str | None,
    output: str,
    resume: bool,
    summary: Path | None,
    ray: str | None,
    **options: Any,
) -> None:
    """Answer the expressions in FILE...: files, folders, or - for standard input.

    Text has one expression a line; lines in the form "expression = answer" are marked right or
    wrong. CSV, TSV, JSON Lines and Parquet, told by the names' ends, have them in a column, and
    keep the others; gzip and zstd are undone. Results go to standard output, progress and summary
    to standard error.
    """
    if ray is not None:
        if resume or expected or input_format or form not in (None, "parquet"):
            raise click.UsageError(
                "--ray goes without --resume, --expected, --input-format and --format"
            )
        sys.exit(score_by_ray(files, output, ray, column, summary, **options))
    inputs, path = find_inputs(files, input_format), Path(output)
    _check_paths(inputs, path, summary)
    if (column or expected) and all(source.form == "text" for source in inputs):
        raise click.UsageError("--column and --expected name columns, and text has none")
    named, compression = format_of(path.name)
    encode = encoder(form or named, compression)
    if (form or named) == "parquet" and (path == STDOUT or not is_regular(path)):
        raise click.UsageError("Parquet needs a file: give --output FILE")
    evaluator = open_evaluator(**options)
    described = [asdict(model) for model in evaluator.models]
    settings = [form or named, input_format, column, expected, sorted(options.items())]
    run = [version("exprinfer"), described, evaluator.device, settings]
    blocks_of = Columns(column, expected)
    began = time.monotonic()
    with _output(path, encode, inputs, run, resume) as out, _progress_bar(inputs) as progress:
        began -= out.progress.summary.seconds
        if out.progress.summary.lines:
            click.echo(f"going on after {out.progress.summary.lines:,} lines", err=True)
        result = score(evaluator, read_blocks(inputs, blocks_of, out.progress.place), out, progress)
    result.seconds = time.monotonic() - began  # with what was left to do when all was answered
    names = " and ".join(model.name for model in evaluator.models)
    click.echo(result.text(names, evaluator.device), err=True)
    if summary:
        about = {"models": names, "device": evaluator.device, "inputs": [i.name for i in inputs]}
        with whole_file(summary) as file:
            file.write(json.dumps({**about, **result.as_dict()}, indent=2).encode() + b"\n")
    sys.exit(int(result.errors.total() > 0))


def _check_paths(inputs: list[Input], *outputs: Path | None) -> None:
    named = [path for path in outputs if path and path != STDOUT]
    if len({path.resolve() for path in named if is_regular(path)}) < len(named) > 1:
        raise click.UsageError(f"{named[0]} cannot hold both the results and the summary")
    for output in named:
        if not output.parent.is_dir():
            raise click.UsageError(f"{output}: there is no folder {output.parent}")
        if not output.exists():
            continue
        if any(source.is_file and os.path.samefile(source.name, output) for source in inputs):
            raise click.UsageError(f"{output} is an input too; choose another file to write")


def _output(
    path: Path, encode: Encoder, inputs: list[Input], run: list[Any], resume: bool
) -> AbstractContextManager[Output]:
    """Where results go; a file of files can be continued, what a pipe brings or takes cannot."""
    named = path != STDOUT and is_regular(path)
    if named and all(source.is_file for source in inputs):
        stamps = [source.stamp() for source in inputs]
        return _told(resumable(path, encode, [*run, stamps], resume), path)
    if resume:
        raise click.UsageError("--resume needs files to read and an --output file to write")
    return once(path, encode) if named else _streamed(path, encode)


@contextmanager
def _told(output: AbstractContextManager[Output], path: Path) -> Iterator[Output]:
    """Tell of an interrupted run how to go on with it."""
    begun = None
    try:
        with output as begun:
            yield begun
    except BaseException as error:
        if begun and begun.progress.size and not isinstance(error, ExprinferError):
            click.echo(
                f"{begun.progress.summary.lines:,} lines are done and kept: the same command with "
                f"--resume goes on from there to write {path}",
                err=True,
            )
        raise


@contextmanager
def _streamed(path: Path, encode: Encoder) -> Iterator[Output]:
    """Standard output, a device or a pipe."""
    with nullcontext(sys.stdout.buffer) if path == STDOUT else path.open("ab") as file:
        output = Output(file, encode, Progress())
        yield output
        output.end()


@contextmanager
def _progress_bar(inputs: list[Input]) -> Iterator[Callable[[int, int], None]]:
    """A bar over the inputs' bytes with the rate in lines, where standard error is a terminal."""
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
