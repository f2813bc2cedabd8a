"""``python -m training fit|export|certify|report RECIPE``."""

from __future__ import annotations

from pathlib import Path

import click

from training import fit as fitting
from training import recipe as recipes

RUNS = Path("runs")


@click.group()
def main() -> None:
    """Fit, export and certify the models."""


@main.command()
@click.argument("recipe")
@click.option("--runs", type=click.Path(path_type=Path), default=RUNS, help="Folder of the runs.")
@click.option("--device", default="cpu", help="PyTorch device.")
def fit(recipe: str, runs: Path, device: str) -> None:
    """Fit the network, or go on with a run that was stopped."""
    loaded = recipes.load(recipe)
    fitting.fit(loaded, runs, device)


if __name__ == "__main__":
    main(prog_name="python -m training")
