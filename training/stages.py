"""The stages of each kind of recipe, and the studies.

Each function imports the module that does the work only when it is called. A command therefore
loads PyTorch, onnx and matplotlib only if it needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from exprinfer.runtime.session import Device
from training.recipe import Recipe


@dataclass(frozen=True)
class Stages:
    """The stages of one kind of recipe.

    Attributes:
        fit: Fit the network. Takes the recipe, the folder of the runs and the PyTorch device.
        export: Write the ONNX files. Takes the recipe and the folders of the runs and the models;
            returns the path of ``model.onnx``.
        certify: Check the ONNX files. Takes the recipe, the folder of the models and the device.
        report: Draw the plots and write the tables of the model card. Takes the recipe and the
            folder of the models.
    """

    fit: Callable[[Recipe, Path, str], None]
    export: Callable[[Recipe, Path, Path], Path]
    certify: Callable[[Recipe, Path, Device], None]
    report: Callable[[Recipe, Path], None]


def stages_of(recipe: Recipe) -> Stages:
    """Return the stages of a recipe: those of the tape machine if it learns from traces."""
    return TAPE_MACHINE if recipe.data.source == "traces" else ENCODER_DECODER


def _fit_encoder_decoder(recipe: Recipe, runs: Path, device: str) -> None:
    from training.fit import fit

    fit(recipe, runs, device)


def _export_encoder_decoder(recipe: Recipe, runs: Path, models: Path) -> Path:
    from training.export import export

    return export(recipe, runs, models)


def _certify_encoder_decoder(recipe: Recipe, models: Path, device: Device) -> None:
    from training.certify import certify

    certify(recipe, models, device)


def _report_encoder_decoder(recipe: Recipe, models: Path) -> None:
    from training.report import report

    report(recipe, models)


def _fit_tape_machine(recipe: Recipe, runs: Path, device: str) -> None:
    from training.longhand.fit import fit

    fit(recipe, runs, device)


def _export_tape_machine(recipe: Recipe, runs: Path, models: Path) -> Path:
    from training.longhand.export import export

    return export(recipe, runs, models)


def _certify_tape_machine(recipe: Recipe, models: Path, device: Device) -> None:
    from training.longhand.certify import certify

    certify(recipe, models, device)


def _report_tape_machine(recipe: Recipe, models: Path) -> None:
    from training.longhand.report import report

    report(recipe, models)


#: The networks that read an expression and write its answer: gist and exact.
ENCODER_DECODER = Stages(
    _fit_encoder_decoder,
    _export_encoder_decoder,
    _certify_encoder_decoder,
    _report_encoder_decoder,
)
#: The network that works on tapes: longhand.
TAPE_MACHINE = Stages(
    _fit_tape_machine,
    _export_tape_machine,
    _certify_tape_machine,
    _report_tape_machine,
)


@dataclass(frozen=True)
class StudyOptions:
    """The options of the command ``study``."""

    runs: Path
    models: Path
    device: str
    """PyTorch device."""
    only: tuple[str, ...]
    """Names of the runs to make; empty means all."""


def _study_data(options: StudyOptions) -> None:
    from training.exact_variants import FILE, data_variants, split_variant

    _fit_variants({**data_variants(), **split_variant()}, FILE, options)


def _study_size(options: StudyOptions) -> None:
    from training.exact_variants import FILE, size_variants

    _fit_variants(size_variants(), FILE, options)


def _study_orbits(options: StudyOptions) -> None:
    from training.exact_variants import ORBITS_FILE, orbit_variants

    _fit_variants(orbit_variants(), ORBITS_FILE, options)


def _study_vote(options: StudyOptions) -> None:
    from training.exact_variants import VOTE_FILE
    from training.exact_vote import study

    _refuse_only(options)
    study(options.runs, options.models / "exact" / VOTE_FILE)


def _study_samples(options: StudyOptions) -> None:
    from training.exact_variants import SAMPLES_FILE, samples_variants

    _fit_variants(samples_variants(), SAMPLES_FILE, options)


def _fit_variants(variants: dict[str, Recipe], file: str, options: StudyOptions) -> None:
    from training.exact_study import study

    names = [recipe.name for recipe in variants.values()]
    if unknown := set(options.only) - set(names):
        raise click.UsageError(f"no run {', '.join(sorted(unknown))}; choose from {names}")
    chosen = {
        label: recipe
        for label, recipe in variants.items()
        if not options.only or recipe.name in options.only
    }
    study(chosen, options.runs, options.models / "exact" / file, options.device)


def _study_length(options: StudyOptions) -> None:
    from training.longhand.studies.length import study

    _refuse_only(options)
    study(options.models)


def _study_whole(options: StudyOptions) -> None:
    from training.longhand.studies.whole import study

    _refuse_only(options)
    study(options.models)


def _study_memory(options: StudyOptions) -> None:
    from training.longhand.studies.memory import study

    study(options.models, options.only)


def _study_revealed(options: StudyOptions) -> None:
    from training.longhand.studies.revealed import study

    study(options.models, options.only)


def _study_seeds(options: StudyOptions) -> None:
    from training.longhand.studies.seeds import study

    _refuse_only(options)
    study(options.runs, options.models)


def _study_baselines(options: StudyOptions) -> None:
    from training.longhand.studies.baselines import study

    study(options.models, options.only)


def _study_held_out(options: StudyOptions) -> None:
    from training.longhand.studies.held_out import study

    study(options.models, options.only)


def _study_smallest(options: StudyOptions) -> None:
    from training.longhand.studies.smallest import study

    study(options.models, options.only)


def _refuse_only(options: StudyOptions) -> None:
    if options.only:
        raise click.UsageError("this study has no runs that --only could name")


#: What each study does, by its question.
STUDIES: Mapping[str, Callable[[StudyOptions], None]] = {
    "data": _study_data,
    "size": _study_size,
    "orbits": _study_orbits,
    "vote": _study_vote,
    "samples": _study_samples,
    "length": _study_length,
    "whole": _study_whole,
    "memory": _study_memory,
    "revealed": _study_revealed,
    "seeds": _study_seeds,
    "baselines": _study_baselines,
    "held-out": _study_held_out,
    "smallest": _study_smallest,
}
