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

from exprinfer.blocks import Columns, read_blocks
from exprinfer.cli_options import evaluator_options, open_evaluator
from exprinfer.formats import FORMATS, Encoder, encoder, format_of
from exprinfer.inputs import INPUT_FORMATS, Input, find_inputs
from exprinfer.output import is_regular, whole_file
from exprinfer.resume import Output, Progress, once, resumable
from exprinfer.scoring import score

STDOUT = Path("-")
_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.command("score")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--input-format", type=click.Choice(sorted(set(INPUT_FORMATS.values()))))
@click.option("--column", help="The column of the expressions; else it is found.")
@click.option("--expected", help="The column of the values expected; else 'expected'.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Else by --output's name.")
@evaluator_options
@click.option("--output", type=_FILE, default=STDOUT, help="Instead of standard output.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted run.")
@click.option("--summary", type=_FILE, help="Write the summary to a file too, as JSON.")
def score_command(
    files: tuple[str, ...],
    input_format: str | None,
    column: str | None,
    expected: str | None,
    form: str | None,
    output: Path,
    resume: bool,
    summary: Path | None,
    **options: Any,
) -> None:
    """Answer the expressions in FILE...: files, folders, or - for standard input.

    Text has one expression a line; lines in the form "expression = answer" are marked right or
    wrong. CSV, TSV, JSON Lines and Parquet, told by the names' ends, have them in a column, and
    keep the others; gzip and zstd are undone. Results go to standard output, progress and summary
    to standard error.
    """
    inputs = find_inputs(files, input_format)
    _refuse_inputs_as_outputs(inputs, output, summary)
    named, compression = format_of(output.name)
    encode = encoder(form or named, compression)
    if (form or named) == "parquet" and (output == STDOUT or not is_regular(output)):
        raise click.UsageError("Parquet needs a file: give --output FILE")
    evaluator = open_evaluator(**options)
    described = [asdict(model) for model in evaluator.models]
    settings = [form or named, input_format, column, expected, sorted(options.items())]
    run = [version("exprinfer"), described, evaluator.device, settings]
    blocks_of = Columns(column, expected)
    with _output(output, encode, inputs, run, resume) as out, _progress_bar(inputs) as progress:
        if out.progress.summary.lines:
            click.echo(f"going on after {out.progress.summary.lines:,} lines", err=True)
        result = score(evaluator, read_blocks(inputs, blocks_of, out.progress.place), out, progress)
    names = " and ".join(model.name for model in evaluator.models)
    click.echo(result.text(names, evaluator.device), err=True)
    if summary:
        about = {"models": names, "device": evaluator.device, "inputs": [i.name for i in inputs]}
        with whole_file(summary) as file:
            file.write(json.dumps({**about, **result.as_dict()}, indent=2).encode() + b"\n")
    sys.exit(int(result.errors.total() > 0))


def _refuse_inputs_as_outputs(inputs: list[Input], *outputs: Path | None) -> None:
    for output in outputs:
        if output is None or not output.exists():
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
    except BaseException:
        if begun and begun.progress.size:
            click.echo(
                f"{begun.progress.summary.lines:,} lines are done and kept: the same command with "
                f"--resume goes on from there to write {path}",
                err=True,
            )
        raise


@contextmanager
def _streamed(path: Path, encode: Encoder) -> Iterator[Output]:
    """Standard output, a device or a pipe."""
    with nullcontext(sys.stdout.buffer) if path == STDOUT else path.open("wb") as file:
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
