"""``python -m training fit|export|certify|report RECIPE`` and ``study data|size|length|whole``."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import click

from exprinfer.errors import ExprinferError
from training import recipe as recipes

RUNS = click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), help="Folder of the runs."
)
MODELS = click.option(
    "--models",
    type=click.Path(path_type=Path),
    default=Path("models"),
    help="Folder of the models.",
)


class Recipe(click.ParamType[recipes.Recipe]):
    """A recipe's name, or the path of a recipe file."""

    name = "recipe"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> recipes.Recipe:
        """Load the recipe."""
        try:
            return recipes.load(value)
        except (FileNotFoundError, ValueError) as error:
            self.fail(str(error), param, ctx)


RECIPE = click.argument("recipe", type=Recipe())


class Main(click.Group):
    """Tells what went wrong in one line where the cause is known."""

    def invoke(self, ctx: click.Context) -> object:
        """Carry out the command."""
        try:
            return super().invoke(ctx)
        except (ExprinferError, FileNotFoundError, ValueError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Main)
def main() -> None:
    """Fit, export and certify the models."""


def _step(recipe: recipes.Recipe, name: str) -> ModuleType:
    """The module of a step; the tape machine has its own."""
    package = "training.longhand" if recipe.data.source == "traces" else "training"
    return importlib.import_module(f"{package}.{name}")


@main.command()
@RECIPE
@RUNS
@click.option("--device", default="cpu", show_default=True, help="PyTorch device: cpu or cuda.")
def fit(recipe: recipes.Recipe, runs: Path, device: str) -> None:
    """Fit the network, or go on with a run that was stopped."""
    _step(recipe, "fit").fit(recipe, runs, device)


@main.command()
@RECIPE
@RUNS
@MODELS
def export(recipe: recipes.Recipe, runs: Path, models: Path) -> None:
    """Write the fitted network as an ONNX file."""
    click.echo(f"wrote {_step(recipe, 'export').export(recipe, runs, models)}")


@main.command()
@RECIPE
@MODELS
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="auto: the CPU, and CUDA where it is there; cuda: both, or an error.",
)
def certify(recipe: recipes.Recipe, models: Path, device: str) -> None:
    """Check the ONNX files on their whole domain, through exprinfer."""
    _step(recipe, "certify").certify(recipe, models, device)


@main.command()
@RECIPE
@MODELS
def report(recipe: recipes.Recipe, models: Path) -> None:
    """Draw the model card's pictures."""
    _step(recipe, "report").report(recipe, models)


@main.command()
@click.argument("question", type=click.Choice(["data", "size", "length", "whole"]))
@RUNS
@MODELS
@click.option("--device", default="cpu", show_default=True, help="PyTorch device: cpu or cuda.")
@click.option("--only", multiple=True, help="The runs to make, by name; all where none is named.")
def study(question: str, runs: Path, models: Path, device: str, only: tuple[str, ...]) -> None:
    """Measure how little data, or how small a network, is enough for exact; or how long the
    numbers may be for longhand, or how large whole expressions."""
    if question in ("length", "whole"):
        module = {"length": "study", "whole": "whole"}[question]
        importlib.import_module(f"training.longhand.{module}").study(models)
        return
    from training import study as studies

    variants = studies.size_variants()
    if question == "data":
        variants = {**studies.data_variants(), **studies.split_variant()}
    chosen = {
        label: recipe for label, recipe in variants.items() if not only or recipe.name in only
    }
    if unknown := set(only) - {recipe.name for recipe in variants.values()}:
        names = ", ".join(recipe.name for recipe in variants.values())
        raise click.UsageError(f"no run {', '.join(unknown)}; there are: {names}")
    studies.study(chosen, runs, models, device)


if __name__ == "__main__":
    main(prog_name="python -m training")
