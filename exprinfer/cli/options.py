"""Options shared by the commands, and the evaluator made from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from exprinfer.errors import ExprinferError, printable
from exprinfer.evaluator import Evaluator, load
from exprinfer.runtime.model_file import shipped

Command = TypeVar("Command", bound=Callable[..., Any])


def _complete_model(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of shipped models, or else the path of a file."""
    names = [name for name in ("auto", *shipped()) if name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


def add_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Add options to a command, in the order in which its help shows them."""
    for option in reversed(options):  # as a stack of decorators would
        command = option(command)
    return command


def evaluator_options(command: Command) -> Command:
    """Add the options that ``open_evaluator`` takes to a command."""
    options = (
        click.option(
            "--model",
            default="auto",
            show_default=True,
            shell_complete=_complete_model,
            help="Name of a shipped model, or path of an .onnx file.",
        ),
        click.option(
            "--certificate",
            "certificates",
            type=click.Path(),
            multiple=True,
            metavar="FILE",
            help="A certificate of the model file that you trust; may be repeated.",
        ),
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "cuda"]),
            default="auto",
            show_default=True,
            help="Where to run the model; auto uses CUDA if it works.",
        ),
        click.option(
            "--batch-size",
            type=click.IntRange(min=1),
            help="Rows per batch at most (default: chosen for model and device).",
        ),
        click.option(
            "--allow-out-of-domain",
            is_flag=True,
            help="Also answer expressions outside the model's domain; no such answer is certified.",
        ),
        click.option(
            "--normalize",
            is_flag=True,
            help="Also read other notations, such as '2 x (3 - 4)'; results show the text read.",
        ),
        click.option(
            "--max-symbols",
            type=click.IntRange(min=1),
            help="Refuse expressions of more symbols (default: no limit).",
        ),
        click.option(
            "--max-steps",
            type=click.IntRange(min=1),
            help="Stop expressions that need more steps on the tapes (default: no limit).",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop expressions whose computation takes longer (default: no limit).",
        ),
    )
    return add_options(command, options)


def open_evaluator(**options: Any) -> Evaluator:
    """Load the model that the options choose.

    Raises:
        UsageError: If it cannot be loaded.
    """
    try:
        evaluator = load(**options)
    except ExprinferError as error:
        raise click.UsageError(printable(str(error))) from error
    if evaluator.device_note:
        click.echo(f"running on the CPU: {evaluator.device_note}", err=True)
    return evaluator
