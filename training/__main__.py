"""Command line: ``python -m training fit|export|certify|report RECIPE`` and ``study QUESTION``."""

from __future__ import annotations

from pathlib import Path

import click

from exprinfer.errors import ExprinferError
from exprinfer.runtime.session import Device
from training import recipe as recipes
from training.stages import STUDIES, StudyOptions, stages_of
from training.stop import Stopped

RUNS = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder of the runs.",
)
MODELS = click.option(
    "--models",
    type=click.Path(path_type=Path),
    default=Path("models"),
    show_default=True,
    help="Folder of the models.",
)
TORCH_DEVICE = click.option(
    "--device", default="cpu", show_default=True, help="PyTorch device: cpu or cuda."
)


class RecipeType(click.ParamType[recipes.Recipe]):
    """The name of a recipe, or the path of a recipe file."""

    name = "recipe"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> recipes.Recipe:
        """Load the recipe."""
        try:
            return recipes.load(value)
        except (FileNotFoundError, ValueError) as error:
            self.fail(str(error), param, ctx)


RECIPE = click.argument("recipe", type=RecipeType())


class Main(click.Group):
    """A group that reports expected errors in one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (ExprinferError, FileNotFoundError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except Stopped as stopped:
            click.echo(str(stopped), err=True)
            ctx.exit(stopped.exit_status)


@click.group(cls=Main)
def main() -> None:
    """Fit, export and certify the models.

    RECIPE is the name of a file in training/recipes, or the path of a recipe file.
    """


@main.command()
@RECIPE
@RUNS
@TORCH_DEVICE
def fit(recipe: recipes.Recipe, runs: Path, device: str) -> None:
    """Fit the network, or continue a run that was stopped."""
    stages_of(recipe).fit(recipe, runs, device)


@main.command()
@RECIPE
@RUNS
@MODELS
def export(recipe: recipes.Recipe, runs: Path, models: Path) -> None:
    """Write the fitted network as an ONNX file."""
    click.echo(f"wrote {stages_of(recipe).export(recipe, runs, models)}")


@main.command()
@RECIPE
@MODELS
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="auto: the CPU, and also CUDA if it is available; cuda: both, or an error.",
)
def certify(recipe: recipes.Recipe, models: Path, device: Device) -> None:
    """Check the ONNX files on all 475,200 small expressions, through exprinfer.

    For longhand, also compare every transition with the teacher.
    """
    stages_of(recipe).certify(recipe, models, device)


@main.command()
@RECIPE
@MODELS
def report(recipe: recipes.Recipe, models: Path) -> None:
    """Draw the plots of the model card and write its tables."""
    stages_of(recipe).report(recipe, models)


@main.command()
@click.argument("question", type=click.Choice(list(STUDIES)))
@RUNS
@MODELS
@TORCH_DEVICE
@click.option(
    "--only",
    multiple=True,
    help="Name of a run to make (not for vote, length, whole and seeds). Default: all.",
)
def study(question: str, runs: Path, models: Path, device: str, only: tuple[str, ...]) -> None:
    """Answer one question about a model.

    \b
    data       how little training data is enough for exact
    size       how small a network is enough for exact
    orbits     how many of the small expressions are right if no twin was seen
    vote       how many of them are right by a vote of the networks of orbits
    samples    how many are right after the gist's own 100,000 samples
    length     how long the numbers may be for longhand
    whole      how large whole expressions may be for longhand
    memory     how the states of longhand can be found without being given
    revealed   how many of these states must be told before merging works without questions
    seeds      longhand from other expressions, questions and first weights
    baselines  what other learners make of the workings of longhand's teacher
    held-out   what longhand makes of transitions that it was not fitted to
    smallest   how small a network still makes all transitions of longhand
    """
    STUDIES[question](StudyOptions(runs, models, device, only))


if __name__ == "__main__":
    main(prog_name="python -m training")
