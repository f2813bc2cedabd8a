"""The command ``exprinfer score``."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import click

from exprinfer.cli import isolation
from exprinfer.cli.options import evaluator_options, open_evaluator
from exprinfer.cli.progress import progress_bar
from exprinfer.cli.ray import LOCAL, score_with_ray
from exprinfer.cli.reading import Notes, reading_options
from exprinfer.errors import ExprinferError, InputError
from exprinfer.scoring.pipeline import score
from exprinfer.scoring.reading.blocks import read_blocks
from exprinfer.scoring.reading.inputs import Input, find_inputs
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.report.collected import Collected
from exprinfer.scoring.writing.atomic_file import is_regular, whole_file
from exprinfer.scoring.writing.checkpoint import (
    Checkpoint,
    Output,
    is_kept,
    resumable_output,
    temporary_output,
)
from exprinfer.scoring.writing.partial_file import follow_links
from exprinfer.scoring.writing.writers import FORMATS, Encoder, make_encoder, output_format

STDOUT = Path("-")
_FILE = click.Path(dir_okay=False, path_type=Path)
_ARGUMENTS = f"{__name__}.arguments"


class _ScoreCommand(click.Command):
    """Keeps the arguments as they were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = ["score", *args]
        return super().parse_args(ctx, args)


@click.command("score", cls=_ScoreCommand, short_help="Answer the expressions in files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@reading_options
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    help="Output format (default: from the name of --output, or text).",
)
@evaluator_options
@click.option(
    "--output",
    default="-",
    metavar="FILE",
    help="Write the results to this file (default: standard output).",
)
@click.option(
    "--resume/--restart",
    default=None,
    help="Continue an interrupted run, if there is one, or drop its results.",
)
@click.option("--summary", type=_FILE, help="Also write the summary to this file, as JSON.")
@click.option("--report", type=_FILE, help="Also write a report to this file, as one HTML page.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value=LOCAL,
    metavar="[ADDRESS]",
    help="Use the Ray cluster at this address, or start Ray on this machine; --output is then a "
    "folder of Parquet files.",
)
@click.option(
    "--isolate",
    is_flag=True,
    help="Read, evaluate and write in a child process with limited memory.",
)
@click.option(
    "--isolate-memory",
    type=click.FloatRange(min=0, min_open=True),
    default=4.0,
    show_default=True,
    metavar="GIB",
    help="Memory that --isolate allows, in GiB of addresses.",
)
@click.option(
    "--isolate-seconds",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="Processor time that --isolate allows (default: no limit).",
)
@click.option(
    "--ray-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Give up a run with --ray after so many seconds (default: never).",
)
def score_command(
    files: tuple[str, ...],
    input_format: str | None,
    column: str | None,
    expected: str | None,
    delimiter: str | None,
    encoding: str | None,
    on_error: Literal["result", "stop"],
    source: bool | None,
    file_format: str | None,
    output: str,
    resume: bool | None,
    summary: Path | None,
    report: Path | None,
    ray: str | None,
    isolate: bool,
    isolate_memory: float,
    isolate_seconds: int | None,
    ray_timeout: float | None,
    **options: Any,
) -> None:
    """Answer the expressions in FILE...: files, folders, or - for standard input.

    Text files have one expression per line; lines of the form "expression = answer" are marked
    right or wrong. CSV, TSV, JSON Lines and Parquet files have the expressions in one column, and
    the other columns are kept. Formats follow from the file names; .gz and .zst files are
    decompressed. Results go to standard output, progress and summary to standard error. A row or
    file that cannot be read does not end the run, unless --on-error stop is given.
    """
    if isolate and not isolation.is_child:
        if ray is not None:
            raise click.UsageError("--ray cannot be combined with --isolate")
        arguments = click.get_current_context().meta[_ARGUMENTS]
        sys.exit(isolation.run_isolated(arguments, isolate_memory, isolate_seconds))
    notes = Notes()
    if ray is not None:
        if resume is not None or report or file_format not in (None, "parquet"):
            raise click.UsageError(
                "--ray cannot be combined with --resume, --restart, --report or --format"
            )
        options |= {"column": column, "expected": expected, "delimiter": delimiter}
        options |= {"encoding": encoding, "input_format": input_format, "on_error": on_error}
        options |= {"name_files": source, "job_timeout": ray_timeout, "tell": notes.tell}
        sys.exit(score_with_ray(files, output, ray, summary, **options))
    if ray_timeout is not None:
        raise click.UsageError("--ray-timeout needs --ray")
    # The allocator of the system returns freed memory sooner than Arrow's own, and is as fast here.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    inputs, path = find_inputs(files, input_format, notes.tell), Path(output)
    _check_paths(inputs, path, summary, report)
    if (column or expected) and all(source.file_format == "text" for source in inputs):
        raise click.UsageError("--column and --expected need a table, but all inputs are text")
    named_format, compression = output_format(path.name)
    file_format = file_format or named_format
    encoder = make_encoder(file_format, compression)
    if file_format == "parquet" and (path == STDOUT or not is_regular(path)):
        raise click.UsageError("Parquet needs a file: give --output FILE")
    evaluator = open_evaluator(**options)
    models = [asdict(model) for model in evaluator.models]
    source = len(inputs) > 1 and file_format != "text" if source is None else source
    reading = ReadOptions(column, expected, delimiter, encoding, on_error, source, notes.tell)
    chosen = [column, expected, delimiter, encoding, on_error, source]
    settings = [file_format, input_format, *chosen, sorted(options.items())]
    run = [version("exprinfer"), models, evaluator.device, settings, report is not None]
    collected = None
    if report:
        collected = Collected(tuple(model.name for model in evaluator.models if model.tapes))
    began = time.monotonic()
    opened = _open_output(path, encoder, inputs, run, resume, collected)
    with opened as out, progress_bar(inputs) as progress:
        done = out.checkpoint
        began -= done.summary.seconds
        if done.summary.lines:
            click.echo(f"resuming after {done.summary.lines:,} lines", err=True)
        result = score(evaluator, read_blocks(inputs, reading, done.position), out, progress)
        if result.unreadable_inputs and not result.lines:
            raise InputError(result.unreadable_inputs[0][1])
    result.seconds = time.monotonic() - began  # includes the end of the file
    names = " and ".join(model.name for model in evaluator.models)
    click.echo(result.text(names, evaluator.device), err=True)
    if summary:
        about = {"models": names, "device": evaluator.device, "inputs": [i.name for i in inputs]}
        about["notes"] = notes.messages
        with whole_file(summary) as file:
            file.write(json.dumps({**about, **result.as_dict()}, indent=2).encode() + b"\n")
    if report and out.checkpoint.report:
        from exprinfer.scoring.report.page import Report, report_page

        shown, resumed = [each.shown for each in inputs], done.summary.lines > 0
        page = report_page(
            Report(
                shown,
                names,
                evaluator.device,
                result,
                out.checkpoint.report,
                notes.messages,
                resumed,
                version("exprinfer"),
            )
        )
        with whole_file(report) as file:
            file.write(page.encode())
    sys.exit(int(result.errors.total() > 0 or bool(result.unreadable_inputs)))


def _check_paths(inputs: list[Input], *outputs: Path | None) -> None:
    """Check the files to write.

    Raises:
        UsageError: If one of them is named twice, is an input, or is in a folder that is missing.
    """
    paths = [path for path in outputs if path and path != STDOUT]
    regular = [follow_links(path) for path in paths if is_regular(path)]
    for path in regular:
        if regular.count(path) > 1:
            raise click.UsageError(
                f"{path} cannot hold both: give --output, --summary and --report different files"
            )
    for path in paths:
        if not path.parent.is_dir():
            raise click.UsageError(f"{path}: no such folder {path.parent}")
        if not path.exists():
            continue
        if any(source.is_file and os.path.samefile(source.name, path) for source in inputs):
            raise click.UsageError(f"{path} is also an input; choose another file to write")


def _open_output(
    path: Path,
    encoder: Encoder,
    inputs: list[Input],
    run: list[Any],
    resume: bool | None,
    report: Collected | None,
) -> AbstractContextManager[Output]:
    """Open the output; a run can be resumed if it reads files and writes a file.

    Raises:
        UsageError: If ``resume`` is set and it cannot.
    """
    regular = path != STDOUT and is_regular(path)
    if regular and all(source.is_file for source in inputs):
        fingerprints = [[*each.fingerprint(), each.content_checksum()] for each in inputs]
        output = resumable_output(path, encoder, [*run, fingerprints], resume, report)
        return _explain_resume(output, path)
    if resume:
        raise click.UsageError("--resume needs files as inputs, and an --output file")
    opened = temporary_output if regular else _streamed_output
    return opened(path, encoder, report)


@contextmanager
def _explain_resume(context: AbstractContextManager[Output], path: Path) -> Iterator[Output]:
    """Tell the user how to resume the run if it is interrupted."""
    output = None
    try:
        with context as output:
            yield output
    except BaseException as error:
        kept = output and output.checkpoint.size and not isinstance(error, ExprinferError)
        if kept and output and is_kept(path):
            click.echo(
                f"the results of {output.checkpoint.summary.lines:,} lines are kept; to continue "
                f"writing {path}, run the same command with --resume",
                err=True,
            )
        raise


@contextmanager
def _streamed_output(path: Path, encoder: Encoder, report: Collected | None) -> Iterator[Output]:
    """Write to standard output, a device or a pipe."""
    with nullcontext(sys.stdout.buffer) if path == STDOUT else path.open("ab") as file:
        output = Output(file, encoder, Checkpoint(report=report))
        yield output
        output.end()
