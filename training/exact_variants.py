"""The runs of the studies of exact: variants of one recipe, by what a table calls them."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from training import recipe as recipes
from training.recipe import Recipe, Split

#: The files of the studies in the folder of the model: data and size, orbits, vote, and samples.
FILE, ORBITS_FILE, VOTE_FILE = "study.csv", "orbits.csv", "vote.csv"
SAMPLES_FILE = "samples.csv"
PERCENTS = (88, 50, 25)
#: Updates of the runs that have less data than the recipe exact-data.
LESS_DATA_UPDATES = 75_000
#: The runs on the gist's samples: fewer data, so fewer updates and a larger weight decay.
SAMPLES_UPDATES, SAMPLES_WEIGHT_DECAY = 40_000, 0.2
UNITS = (128, 96, 64)
GROUPS = (1, 2, 3)
#: Seeds of the runs on orbits: of the first weights and the order of the data.
SEEDS = (1, 2, 3)
#: The kinds of mistakes that the study of orbits counts; see ``training.exact_study.mistakes``.
MISTAKES = ("sign", "last digit", "other digits", "several digits", "length")


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
    """Return the runs that show what the split does: one network from three seeds, and the network
    of ``data_variants`` without twins.
    """
    base, larger = recipes.load("exact-orbits"), recipes.load("exact-data")
    variants = {}
    for split in get_args(Split):
        for seed in SEEDS:
            data = replace(base.data, split=split)
            training = replace(base.training, seed=seed)
            name = f"exact-{split}-{seed}"
            label = f"{base.data.percent}% of the {split}, seed {seed}"
            variants[label] = replace(base, name=name, data=data, training=training)
    name, label = "exact-orbits-128x2", f"{larger.data.percent}% of the orbits, 128 x 2"
    # float32 is faster on processors whose PyTorch has no bfloat16 kernel for an LSTM.
    training = replace(larger.training, precision="float32")
    variants[label] = replace(larger, name=name, data=base.data, training=training)
    return {**variants, **working_variants()}


def working_variants() -> dict[str, Recipe]:
    """Return the runs that write their working before the answer, from three seeds."""
    base = recipes.load("exact-working")
    variants = {}
    for seed in SEEDS:
        label = f"{base.data.percent}% of the orbits, with working, seed {seed}"
        training = replace(base.training, seed=seed)
        variants[label] = replace(base, name=f"exact-working-{seed}", training=training)
    return variants


def samples_variants() -> dict[str, Recipe]:
    """Return the runs on the gist's samples that write their working, from three seeds."""
    data = recipes.load("gist").data
    variants = {}
    for recipe in working_variants().values():
        base = recipe.training
        optimizer = {**base.optimizer, "weight_decay": SAMPLES_WEIGHT_DECAY}
        training = replace(base, updates=SAMPLES_UPDATES, optimizer=optimizer)
        name = f"exact-samples-working-{base.seed}"
        label = f"with working, seed {base.seed}"
        variants[label] = replace(recipe, name=name, data=data, training=training)
    return variants
