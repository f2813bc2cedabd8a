"""Judges ``longhand`` by proof, and by the seed domain and others' company through exprinfer."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

import exprinfer
from exprinfer import Evaluator
from exprinfer.runtime.session import Device
from training.card import write_section
from training.certify import devices, judge, operator_table, write_metadata
from training.expressions import enumerate_domain
from training.longhand import certificate
from training.longhand.problems import Problem, problems
from training.longhand.simulate import Table
from training.longhand.teacher import TEACHER
from training.recipe import Recipe

#: Batch sizes that must all give the same answers to MIXED problems of all operators, of up to so
#: many digits.
BATCH_SIZES = (1, 64, 1_024)
MIXED, MIXED_DIGITS, MIXED_SEED = 5_000, 12, 1_000_003
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def certify(recipe: Recipe, models: Path, device: Device = "auto") -> None:
    """Prove that file and teacher are one machine; write certificate, metadata and card.

    Raises CertificateError with the first difference; then nothing is written.
    """
    folder = models / recipe.model.name
    file = folder / "model.onnx"
    table = Table(TEACHER)
    at_hand = devices(file, device)
    for name in at_hand:
        certificate.prove(file, table, PROVIDERS[name])
    domain = judge(exprinfer.load(str(file), "cpu"), enumerate_domain())
    write_metadata(file, domain, at_hand)
    proofs = [certificate.prove(file, table, PROVIDERS[name]) for name in at_hand]
    certificate.write(proofs, folder)
    sentences = [
        *(_sentence(proof) for proof in proofs),
        f"Right on {domain.count()} expressions of the seed domain ({domain.share():.2%}), all of "
        "them worked out step by step through `exprinfer`:",
        "",
        operator_table(domain),
        "",
        _same_answers(file, at_hand),
    ]
    section = "\n".join(sentences)
    write_section(folder / "README.md", "certify", section)
    click.echo(section)


def _sentence(proof: certificate.Certificate) -> str:
    return (
        f"Certificate, through ONNX Runtime {proof.onnxruntime} ({proof.provider}): "
        f"{proof.memories} memories reached, {proof.situations:,} situations tried, "
        f"{proof.differences} differences; the search closes. Smallest lead of a chosen score over "
        f"the next: {proof.smallest_memory_gap} for the next memory, {proof.smallest_write_gap} "
        f"for what is written, {proof.smallest_move_gap} for the moves. No score differs by more "
        f"than {proof.largest_rounding_error:.2g} from the same in float64."
    )


def _same_answers(file: Path, on: list[Device]) -> str:
    """Check that device, batch size and neighbours change no answer, and that all are right."""
    drawn = list(problems(MIXED_SEED, MIXED, MIXED_DIGITS))
    order = np.random.default_rng(0).permutation(len(drawn))
    for device in on:
        for size in BATCH_SIZES:
            evaluator = exprinfer.load(str(file), device, batch_size=size)
            for rows in (np.arange(len(drawn)), order):
                _check(evaluator, [drawn[row] for row in rows], f"{size} on {device}")
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    return (
        f"{MIXED:,} problems of 1 to {MIXED_DIGITS} digits, mixed, are all right at batch sizes "
        f"{sizes} in two orders, on {' and '.join(on)}."
    )


def _check(evaluator: Evaluator, drawn: list[Problem], how: str) -> None:
    column = evaluator.evaluate_batch([problem.text for problem in drawn])
    for problem, answer in zip(drawn, column.answers.tolist(), strict=True):
        if answer != str(problem.value):
            raise click.ClickException(f"{problem.text} is answered {answer} at batch size {how}")
