"""Two questions to the network of ``exact``: how little data is enough, and how small a network?

Each answer is a run of its own, a variant of one recipe; what was found is kept as one row of
``models/exact/study.csv``.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from training import recipe as recipes
from training.data import HELD_OUT, WATCHED, percentile, training_part
from training.expressions import OPERATORS, Expressions, enumerate_domain
from training.fit import JUDGED_AT_ONCE, fit
from training.networks import Network
from training.recipe import Recipe
from training.run import Progress, Run, write_rows

FILE = "study.csv"
PERCENTS = (88, 50, 25)
#: Updates of the runs with less data than exact-data has.
LESS_DATA_UPDATES = 75_000
UNITS = (128, 96, 64)
GROUPS = (1, 2, 3)


def data_variants() -> dict[str, Recipe]:
    """One network fitted to less and less, by what it is fitted to."""
    base = recipes.load("exact-data")
    less = replace(base, training=replace(base.training, updates=LESS_DATA_UPDATES))
    variants = {}
    for percent in PERCENTS:
        data = replace(base.data, percent=percent)
        of = base if data == base.data else less
        variants[f"{percent}% of the pairs"] = replace(of, name=f"exact-{percent}", data=data)
    gists = recipes.load("gist").data
    samples = replace(less, name="exact-samples", data=gists)
    variants[f"the gist's {gists.samples:,} samples"] = samples
    return variants


def split_variant() -> dict[str, Recipe]:
    """The run on 88% of the pairs that the shipped weights went on from."""
    split = recipes.load("exact-split")
    return {f"{split.data.percent}% of the pairs, the shipped network": split}


def size_variants() -> dict[str, Recipe]:
    """The network in nine sizes, each fitted to the whole domain until it is all right."""
    base = recipes.load("exact-size")
    variants = {}
    for units in UNITS:
        for group in GROUPS:
            settings = {**base.model.settings, "units": units, "group": group}
            model = replace(base.model, settings=settings)
            name = f"exact-{units}x{group}"
            variants[f"{units} x {group}"] = replace(base, name=name, model=model)
    return variants


def study(variants: dict[str, Recipe], runs: Path, models: Path, device: str = "cpu") -> None:
    """Fit what is not yet fitted, judge it, and put its row into ``models/exact/study.csv``."""
    file = models / "exact" / FILE
    for label, recipe in variants.items():
        network = fit(recipe, runs, device).cpu()
        progress = Run(runs / recipe.name, recipe).progress()
        row = {"run": recipe.name, "label": label, **_row(network, recipe, progress)}
        rows = {found["run"]: found for found in read(file)}
        rows[recipe.name] = {key: str(value) for key, value in row.items()}
        write_rows(file, list(rows.values()))
        click.echo(", ".join(f"{key} {value}" for key, value in row.items()))


def read(file: Path) -> list[dict[str, str]]:
    """The rows found so far."""
    if not file.exists():
        return []
    with file.open() as lines:
        return list(csv.DictReader(lines))


def _row(network: Network, recipe: Recipe, progress: Progress) -> dict[str, object]:
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
    """Expressions of which no form was fitted to, the watched hundredths left out."""
    if recipe.data.source == "domain":
        if recipe.data.percent == 100:
            return np.zeros(len(domain), bool)
        # The same tenth for every share of the data, so that the rows compare.
        return np.isin(percentile(domain), HELD_OUT)
    seen = set(_pairs(training_part(recipe.data)).tolist())
    watched = np.isin(percentile(domain), WATCHED)
    return np.array([pair not in seen for pair in _pairs(domain).tolist()]) & ~watched


def _pairs(expressions: Expressions) -> NDArray[np.int64]:
    """A number for each (a, operator, b)."""
    return (expressions.a * len(OPERATORS) + expressions.operator) * 1_000 + expressions.b


@torch.no_grad()
def decoded_right(network: Network, expressions: Expressions) -> NDArray[np.bool_]:
    """Which expressions the network answers right, decoding greedily in float32."""
    alphabet = Alphabet(SYMBOLS)
    tokens, _ = alphabet.encode(expressions.texts(), network.longest_input)
    answers = [
        network.decode(torch.from_numpy(tokens[start : start + JUDGED_AT_ONCE]).long())[0].numpy()
        for start in range(0, len(tokens), JUDGED_AT_ONCE)
    ]
    written = alphabet.decode(np.concatenate(answers))
    return np.asarray(written == np.array(expressions.answers()))
