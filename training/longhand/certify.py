"""Certify longhand: prove that its file is equivalent to the teacher, and check it on examples.

The examples are the seed domain and batches of mixed problems, both through ``exprinfer``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import onnx

import exprinfer
from exprinfer import Evaluator
from exprinfer.runtime.session import Device
from training.card import check_sections, write_section
from training.certify import (
    available_devices,
    bullets,
    check_domain,
    checked_on,
    operator_table,
    record_result,
)
from training.longhand.problems import Problem, problems
from training.longhand.proof import certificate
from training.longhand.proof.runs import Compared, compare
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER
from training.recipe import Recipe

#: Batch sizes that must all give the right answers to the mixed problems.
BATCH_SIZES = (1, 64, 1_024)
#: Number of mixed problems of all operators, most digits of an operand, and seed.
MIXED, MIXED_DIGITS, MIXED_SEED = 5_000, 12, 1_000_003
#: For the comparison with interpreters: seed, random tables, inputs of each, and steps.
RUNS = (17, 20, 8, 200)
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def certify(recipe: Recipe, models: Path, device: Device = "auto") -> None:
    """Prove that the file is equivalent to the teacher; write certificate, metadata and card.

    Args:
        recipe: The recipe.
        models: Folder of the models.
        device: "cuda" makes CUDA mandatory.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
        DeviceError: If the device is "cuda" and CUDA is not available.
        ValueError: If the card lacks the section.
        CertificateError: If the file is not equivalent; then nothing is written.
        RunsDifferError: If its graph and an interpreter of it do not agree.
        ClickException: If an answer is wrong.
    """
    folder = models / recipe.model.name
    file = folder / "model.onnx"
    table = TransitionTable(TEACHER)
    devices = available_devices(file, device)
    check_sections(folder / "README.md", "certify")
    for name in devices:
        certificate.prove(file, table, PROVIDERS[name])
    domain = check_domain(file, recipe.data.ranges)
    record_result(file, domain, devices)
    # Once more, because the result has changed the file and its hash.
    proofs = []
    for name in devices:
        runs = compare(onnx.load(file), *RUNS, PROVIDERS[name])
        proofs.append(replace(certificate.prove(file, table, PROVIDERS[name]), runs=runs))
    certificate.write(proofs, folder)
    sentences = [
        *(_sentence(proof) for proof in proofs),
        *(_compared(proof.provider, proof.runs) for proof in proofs if proof.runs),
        f"Right on {domain.count()} expressions of the seed domain ({domain.share():.2%}), each "
        "evaluated step by step through `exprinfer` (table below).",
        _check_mixed(file, devices),
        checked_on(devices),
    ]
    section = "\n".join([*bullets(sentences), "", operator_table(domain)])
    write_section(folder / "README.md", "certify", section)
    click.echo(section)


def _sentence(proof: certificate.Certificate) -> str:
    return (
        f"Certificate ({proof.provider}): {proof.states} states and {proof.transitions:,} "
        f"transitions, {proof.differences} differences from the teacher. Smallest margins of the "
        f"chosen score over the next one: {proof.smallest_state_margin} for the next state, "
        f"{proof.smallest_write_margin} for the symbol to write, {proof.smallest_move_margin} for "
        f"the move. Largest difference of a score from the same score in float64: "
        f"{proof.largest_rounding_error:.2g}."
    )


def _compared(provider: str, runs: Compared) -> str:
    return (
        f"Graph around the decisions ({provider}), with {runs.tables} tables, all but one of them "
        f"random: {runs.runs} runs on random tapes gave the outputs that `onnx.reference` gives in "
        f"numpy, and {runs.steps:,} steps, one by one, were those of a plain tape machine. Of its "
        f"runs {runs.halted} halted, {runs.stopped} stopped in a case without a decision, and "
        f"{runs.left} left a tape."
    )


def _check_mixed(file: Path, devices: list[Device]) -> str:
    """Check that mixed problems are right for each device, batch size and order."""
    drawn = list(problems(MIXED_SEED, MIXED, MIXED_DIGITS))
    order = np.random.default_rng(0).permutation(len(drawn))
    for device in devices:
        for size in BATCH_SIZES:
            evaluator = exprinfer.load(str(file), device, batch_size=size)
            for rows in (np.arange(len(drawn)), order):
                _check(evaluator, [drawn[row] for row in rows], f"batch size {size} on {device}")
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    return (
        f"{MIXED:,} mixed problems of 1 to {MIXED_DIGITS} digits are all right at batch sizes "
        f"{sizes} in two orders, on {' and '.join(devices)}."
    )


def _check(evaluator: Evaluator, drawn: list[Problem], how: str) -> None:
    answers = evaluator.evaluate_batch([problem.text for problem in drawn]).answers
    for problem, answer in zip(drawn, answers.tolist(), strict=True):
        if answer != str(problem.value):
            raise click.ClickException(f"the answer to {problem.text} is {answer} at {how}")
