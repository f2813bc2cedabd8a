"""The runs of the studies of exact: variants of one recipe, by what a table calls them."""

from __future__ import annotations

from dataclasses import replace

from training import recipe as recipes
from training.recipe import Recipe

#: The files of the studies in the folder of the model: of data and size, and of orbits.
FILE, ORBITS_FILE = "study.csv", "orbits.csv"
PERCENTS = (88, 50, 25)
#: Updates of the runs that have less data than the recipe exact-data.
LESS_DATA_UPDATES = 75_000
UNITS = (128, 96, 64)
GROUPS = (1, 2, 3)
#: Seeds of the runs on orbits: of the first weights and the order of the data.
SEEDS = (1, 2, 3)


def data_variants() -> dict[str, Recipe]:
    """Return one network fitted to less and less data, by the data."""
    base = recipes.load("exact-data")
    less = replace(base, training=replace(base.training, updates=LESS_DATA_UPDATES))
    variants = {}
    for percent in PERCENTS:
        data = replace(base.data, percent=percent)
        recipe = base if data == base.data else less
        variants[f"{percent}% of the pairs"] = replace(recipe, name=f"exact-{percent}", data=data)
    gist_data = recipes.load("gist").data
    samples = replace(less, name="exact-samples", data=gist_data)
    variants[f"the gist's {gist_data.samples:,} samples"] = samples
    return variants


def split_variant() -> dict[str, Recipe]:
    """Return the run on 88% of the pairs that the shipped weights were fitted on from."""
    split = recipes.load("exact-split")
    return {f"{split.data.percent}% of the pairs, the shipped network": split}


def size_variants() -> dict[str, Recipe]:
    """Return the network in nine sizes, each fitted until all small expressions are right."""
    base = recipes.load("exact-size")
    variants = {}
    for units in UNITS:
        for group in GROUPS:
            settings = {**base.model.settings, "units": units, "group": group}
            model = replace(base.model, settings=settings)
            name = f"exact-{units}x{group}"
            variants[f"{units} x {group}"] = replace(base, name=name, model=model)
    return variants


def orbit_variants() -> dict[str, Recipe]:
    """Return two networks fitted without a tenth of the orbits, from three seeds.

    The larger one is also fitted to fewer orbits. Next to each stands the same run without a tenth
    of the pairs, by the first seed.
    """
    variants = {}
    for base in (recipes.load("exact-data"), recipes.load("exact-split")):
        settings = base.model.settings
        size = f"{settings['units']} x {settings['group']}"
        variants[f"{size}, {base.data.percent}% of the pairs"] = replace(
            base, name="exact-88" if base.name == "exact-data" else base.name
        )
        for seed in SEEDS:
            variants |= _orbits(base, base.data.percent, seed, size)
    base = recipes.load("exact-data")
    less = replace(base, training=replace(base.training, updates=LESS_DATA_UPDATES))
    for percent in PERCENTS[1:]:
        variants |= _orbits(less, percent, SEEDS[0], "128 x 2")
    return variants


def _orbits(base: Recipe, percent: int, seed: int, size: str) -> dict[str, Recipe]:
    data = replace(base.data, percent=percent, split="orbits")
    training = replace(base.training, seed=seed)
    name = f"exact-orbits-{size.replace(' ', '')}-{percent}-{seed}"
    label = f"{size}, {percent}% of the orbits, seed {seed}"
    return {label: replace(base, name=name, data=data, training=training)}
