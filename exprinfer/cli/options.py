"""Options that commands share, and the evaluator that they ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from exprinfer.errors import ExprinferError, printable
from exprinfer.evaluator import Evaluator, load

Command = TypeVar("Command", bound=Callable[..., Any])


def evaluator_options(command: Command) -> Command:
    """The options that ``open_evaluator`` takes."""
    for option in (
        click.option("--model", default="auto", help="A shipped model or an .onnx file."),
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto"),
        click.option("--batch-size", type=click.IntRange(min=1), help="Rows of one call at most."),
        click.option(
            "--allow-out-of-domain", is_flag=True, help="Answer outside the model's domain too."
        ),
    ):
        command = option(command)
    return command


def open_evaluator(**options: Any) -> Evaluator:
    """Load the models as the options say; a usage error where that cannot be."""
    try:
        evaluator = load(**options)
    except ExprinferError as error:
        raise click.UsageError(printable(str(error))) from error
    if evaluator.device_note:
        click.echo(f"running on the CPU: {evaluator.device_note}", err=True)
    return evaluator
