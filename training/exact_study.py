"""Two questions about the network of exact: how little data is enough, and how small a network?

Each answer is a run of its own, a variant of one recipe. What was found is kept as one row of
``models/exact/study.csv``.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from training.data import HELD_OUT, VALIDATION, percentile, training_part
from training.exact_variants import FILE
from training.expressions import OPERATORS, Expressions, enumerate_domain
from training.files import read_rows, write_rows
from training.fit import decoded_right, fit
from training.networks import Network
from training.recipe import Recipe
from training.run import FitProgress, Run


def study(variants: dict[str, Recipe], runs: Path, models: Path, device: str = "cpu") -> None:
    """Fit what is not yet fitted, evaluate it, and write its row into ``models/exact/study.csv``.

    Raises:
        ValueError: If the folder of a run holds a run of another recipe.
    """
    file = models / "exact" / FILE
    for label, recipe in variants.items():
        network = fit(recipe, runs, device).cpu()
        progress = Run(runs / recipe.name, recipe).progress()
        row = {"run": recipe.name, "label": label, **_row(network, recipe, progress)}
        rows = {found["run"]: found for found in read_rows(file)}
        rows[recipe.name] = {key: str(value) for key, value in row.items()}
        write_rows(file, list(rows.values()))
        click.echo(", ".join(f"{key} {value}" for key, value in row.items()))


def _row(network: Network, recipe: Recipe, progress: FitProgress) -> dict[str, object]:
    domain = enumerate_domain()
    right = decoded_right(network, domain)
    unseen = unseen_rows(recipe, domain)
    trained = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    row: dict[str, object] = {
        "weights": trained,
        "updates": progress.update,
        "minutes": round(progress.seconds / 60, 1),
        "right": int(right.sum()),
        "unseen": int(unseen.sum()),
        "unseen_right": int(right[unseen].sum()),
    }
    for index, symbol in enumerate(OPERATORS):
        rows = unseen & (domain.operator == index)
        share = f"{right[rows].mean():.6f}" if rows.any() else ""
        row[f"unseen_exact_match {symbol}"] = share
    return row


def unseen_rows(recipe: Recipe, domain: Expressions) -> NDArray[np.bool_]:
    """Return the expressions that were fitted to in no form, without the validation pairs.

    A sign or order twin, such as ``7*8`` of ``8*7``, may have been fitted to.
    """
    if recipe.data.source == "domain":
        if recipe.data.percent == 100:
            return np.zeros(len(domain), bool)
        # The same tenth for every share of the data, so that the rows can be compared.
        return np.isin(percentile(domain), HELD_OUT)
    seen = set(_pairs(training_part(recipe.data)).tolist())
    validation = np.isin(percentile(domain), VALIDATION)
    return np.array([pair not in seen for pair in _pairs(domain).tolist()]) & ~validation


def _pairs(expressions: Expressions) -> NDArray[np.int64]:
    """Return a number for each (a, operator, b)."""
    return (expressions.a * len(OPERATORS) + expressions.operator) * 1_000 + expressions.b
