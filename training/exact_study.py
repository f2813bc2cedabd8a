"""Questions about the network of exact: how much data, how large, and how good without twins?

Each answer is a run of its own, a variant of one recipe. What was found is kept as one row of a CSV
file in ``models/exact``.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from training.data import HELD_OUT, VALIDATION, orbit_numbers, percentile, training_part
from training.exact_variants import MISTAKES
from training.expressions import OPERATORS, Expressions, enumerate_domain
from training.files import read_rows, write_rows
from training.fit import decoded, fit
from training.networks import Network
from training.recipe import Recipe
from training.run import FitProgress, Run


def study(variants: dict[str, Recipe], runs: Path, file: Path, device: str = "cpu") -> None:
    """Fit what is not yet fitted, evaluate it, and write its row into a CSV file.

    Args:
        variants: The runs, by what a table calls them.
        runs: Folder of the runs.
        file: The CSV file. Rows of other runs in it stay.
        device: PyTorch device.

    Raises:
        ValueError: If the folder of a run holds a run of another recipe.
    """
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
    expected = np.array(domain.answers())
    written = decoded(network, domain)
    right = written == expected
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
    row |= _shares("unseen", unseen, right, domain)
    if recipe.data.source == "samples":
        alone = unseen & ~has_twin(domain, training_part(recipe.data))
        row["twinless"] = int(alone.sum())
        row |= _shares("twinless", alone, right, domain)
    wrong = np.flatnonzero(unseen & ~right)
    return {**row, **mistakes(written[wrong], expected[wrong])}


def _shares(
    name: str, chosen: NDArray[np.bool_], right: NDArray[np.bool_], domain: Expressions
) -> dict[str, str]:
    """Return the share of right answers among the chosen expressions, by operator."""
    shares = {}
    for index, symbol in enumerate(OPERATORS):
        rows = chosen & (domain.operator == index)
        share = f"{right[rows].mean():.6f}" if rows.any() else ""
        shares[f"{name}_exact_match {symbol}"] = share
    return shares


def has_twin(expressions: Expressions, fitted: Expressions) -> NDArray[np.bool_]:
    """Return which expressions are a twin of one that was fitted to, bool ``[n]``."""
    return np.isin(orbit_numbers(expressions), orbit_numbers(fitted))


def mistakes(written: NDArray[np.str_], expected: NDArray[np.str_]) -> dict[str, int]:
    """Return how many wrong answers have what kind of mistake.

    Args:
        written: Wrong answers, ``[n]``.
        expected: The right ones, ``[n]``.

    Returns:
        Counts that sum to ``n``: only the sign is wrong, only the last digit (and perhaps the
        sign), only other digits, several of them, or the number of digits.

    Example:
        >>> written, expected = ["-8", "57", "76", "77", "5"], ["8", "56", "56", "56", "56"]
        >>> mistakes(np.array(written), np.array(expected))
        {'sign': 1, 'last digit': 1, 'other digits': 1, 'several digits': 1, 'length': 1}
    """
    counts = dict.fromkeys(MISTAKES, 0)
    for found, right in zip(written.tolist(), expected.tolist(), strict=True):
        counts[_mistake(found.lstrip("-"), right.lstrip("-"))] += 1
    return counts


def _mistake(found: str, right: str) -> str:
    if found == right:
        return "sign"
    if len(found) != len(right):
        return "length"
    last, others = found[-1] != right[-1], found[:-1] != right[:-1]
    return "several digits" if last and others else "last digit" if last else "other digits"


def unseen_rows(recipe: Recipe, domain: Expressions) -> NDArray[np.bool_]:
    """Return the expressions that were fitted to in no form, without the validation pairs.

    A sign or order twin, such as ``7*8`` of ``8*7``, may have been fitted to if the data were split
    by pairs.
    """
    if recipe.data.source == "domain":
        if recipe.data.percent == 100:
            return np.zeros(len(domain), bool)
        # The same tenth for every share of the data, so that the rows can be compared.
        return np.isin(percentile(domain, split=recipe.data.split), HELD_OUT)
    seen = set(_pairs(training_part(recipe.data)).tolist())
    validation = np.isin(percentile(domain), VALIDATION)
    return np.array([pair not in seen for pair in _pairs(domain).tolist()]) & ~validation


def _pairs(expressions: Expressions) -> NDArray[np.int64]:
    """Return a number for each (a, operator, b)."""
    return (expressions.a * len(OPERATORS) + expressions.operator) * 1_000 + expressions.b
