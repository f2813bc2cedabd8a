"""Certify longhand: prove that its file is equivalent to the teacher, and check it on examples.

The examples are the seed domain and batches of mixed problems, both through ``exprinfer``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnx

import exprinfer
from exprinfer import Evaluator
from exprinfer.runtime.session import Device
from training.card import check_sections, write_section
from training.certificate import write_certificate
from training.certify import (
    available_devices,
    bullets,
    check_domain,
    checked_on,
    operator_table,
    record_result,
)
from training.longhand.inference_record import read_record, sentence
from training.longhand.problems import Problem, problems
from training.longhand.proof import equivalence
from training.longhand.proof.equivalence import Equivalence
from training.longhand.proof.runs import Compared, compare
from training.longhand.proof.table import TransitionTable
from training.longhand.proof.theorem import check_table
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
        FileNotFoundError: If the record of the inference is missing.
        ValueError: If the card lacks the section, or the record belongs to another file.
        NotEquivalentError: If the file is not equivalent; then nothing is written.
        RunsDifferError: If its graph and an interpreter of it do not agree.
        ClickException: If an answer is wrong, or the checker in the folder ``proof`` refuses the
            file.
    """
    folder = models / recipe.model.name
    file = folder / "model.onnx"
    table = TransitionTable(TEACHER)
    devices = available_devices(file, device)
    check_sections(folder / "README.md", "certify")
    inference = read_record(file)
    for name in devices:
        equivalence.prove(file, table, PROVIDERS[name])
    domain = check_domain(file, recipe.data.ranges)
    record_result(file, domain)
    # Once more, because the result has changed the file and its hash.
    proofs = []
    for name in devices:
        runs = compare(onnx.load(file), *RUNS, PROVIDERS[name])
        proofs.append(replace(equivalence.prove(file, table, PROVIDERS[name]), runs=runs))
    checked = check_table(file)
    mixed = _check_mixed(file, devices)
    right, every = domain.total
    evidence = {
        "command": f"python -m training certify {recipe.name}",
        "inference": inference,
        "equivalence": [asdict(proof) for proof in proofs],
        **(checked or {}),
        "mixed_problems": MIXED,
        "batch_sizes": BATCH_SIZES,
    }
    statement, method = _statement(proofs, checked), _method(proofs, checked, domain.count())
    write_certificate(file, right, every, devices, statement, method, evidence)
    sentences = [
        sentence(inference),
        *(_sentence(proof) for proof in proofs),
        *(_compared(proof.provider, proof.runs) for proof in proofs if proof.runs),
        f"Right on {domain.count()} expressions of the seed domain ({domain.share():.2%}), each "
        "evaluated step by step through `exprinfer` (table below).",
        mixed,
        checked_on(devices),
    ]
    section = "\n".join([*bullets(sentences), "", operator_table(domain)])
    write_section(folder / "README.md", "certify", section)
    click.echo(section)


def _statement(proofs: Sequence[Equivalence], checked: dict[str, Any] | None) -> str:
    made = f"The file decides its {proofs[0].transitions:,} cases as "
    if checked is None:
        return (
            f"{made}the program in training/longhand does (the teacher), so both do the same on "
            "every expression. That the teacher does arithmetic is tested, not proven."
        )
    return (
        f"{made}a table says. By a theorem in Coq, the machine of this table halts on every "
        "expression with its value, or with the mark of a division by zero. A run that the file "
        "stops before it halts has no answer. Not proven: what ONNX Runtime makes of the rest of "
        "the graph."
    )


def _method(proofs: Sequence[Equivalence], checked: dict[str, Any] | None, count: str) -> str:
    runs = proofs[0].runs
    parts = [
        "All decisions were compared with those of the program in training/longhand.",
        f"The rest of the graph was compared with two interpreters on {runs.tables} tables."
        if runs
        else "",
        f"{count} expressions of the domain seed and {MIXED:,} of {MIXED:,} mixed problems are "
        "right.",
    ]
    if checked:
        parts.append(
            "proof/checker.py found the theorem's table in the file, whatever the rounding. "
            "proof/check.sh compiles the theorem; certify records the hashes of its files."
        )
    return " ".join(part for part in parts if part)


def _sentence(proof: Equivalence) -> str:
    return (
        f"Certificate ({proof.provider}): {proof.states} pairs of a state of the file and one of "
        f"the teacher were searched, with {proof.transitions:,} transitions: {proof.differences} "
        f"differences. Smallest margins of the "
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
