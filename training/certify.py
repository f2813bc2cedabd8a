"""Check a model file through ``exprinfer``, as a user would meet it; record the result.

The result goes into the certificate of the file, into its metadata, and into the model card. Only
the certificate makes answers certified.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import numpy as np
import onnxruntime

import exprinfer
from exprinfer import Operands
from exprinfer.runtime.session import Device
from training.card import check_sections, table, write_section
from training.certificate import write_certificate
from training.evaluation import Tally, evaluate_on, evaluate_parts
from training.expressions import (
    FORMS,
    OPERATORS,
    Expressions,
    domain_parts,
    domain_rows,
    domain_size,
    sample,
)
from training.hardware import gpu, processor
from training.margins import CHUNK_ROWS as MARGIN_ROWS
from training.margins import smallest_margin
from training.model_file import update_metadata
from training.recipe import Recipe

#: Number of fresh samples with the gist's own distribution, and a seed that no recipe trains on.
FRESH, FRESH_SEED = 100_000, 20_170_000
#: Batch sizes that must all give the same answers, in shuffled order.
BATCH_SIZES = (1, 7, 256, 4_096, 65_536)
#: Number of expressions for that check if the model is not right on all of them, and the largest
#: number for a model that is.
SHUFFLED, MOST_SHUFFLED = 20_000, 500_000


def certify(recipe: Recipe, models: Path, device: Device = "auto") -> None:
    """Check a model on all 475,200 small expressions; write the certificates of its files.

    ``model.onnx`` is checked on the CPU, and also on CUDA if that is available and the model has no
    file of its own for it. ``cuda.onnx``, that file, is checked on both. The results are also
    written into the metadata of the files and into the model card.

    Args:
        recipe: The recipe.
        models: Folder of the models.
        device: "cuda" makes CUDA mandatory.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
        DeviceError: If the device is "cuda" and CUDA is not available.
        ValueError: If the card lacks the section, or the file has other operand ranges than the
            recipe.
        ClickException: If an answer depends on the device, the batch size or the order.
    """
    folder = models / recipe.model.name
    file, for_cuda = folder / "model.onnx", folder / "cuda.onnx"
    devices = available_devices(file, device)
    check_sections(folder / "README.md", "certify")
    evaluator = exprinfer.load(str(file), "cpu")
    operands = recipe.data.ranges
    if evaluator.models[0].operands != operands:
        raise ValueError(f"{file} has other operand ranges than the recipe; export it again")
    domain = check_domain(file, operands)
    fresh = Tally.of([evaluate_on(evaluator, sample(FRESH, FRESH_SEED, operands))])
    sentences = [
        f"Right on {domain.count()} expressions of the domain ({domain.share():.2%}), and on "
        f"{fresh.count()} fresh samples with the gist's distribution ({fresh.share():.2%}).",
        _check_file(recipe, file, domain, ["cpu"] if for_cuda.exists() else devices),
        _confidence(file, domain, operands),
    ]
    if for_cuda.exists():
        on_cpu = check_domain(for_cuda, operands)
        check = _check_file(recipe, for_cuda, on_cpu, devices)
        sentences.append(f"`cuda.onnx`, the same weights: right on {on_cpu.count()}. {check}")
        if "cuda" not in devices:
            sentences.append("No GPU was available: answers on a GPU are not certified.")
    sentences.append(checked_on(devices))
    section = "\n".join([operator_table(domain), "", *bullets(sentences)])
    write_section(folder / "README.md", "certify", section)
    click.echo(section)


def check_domain(file: Path, operands: Operands) -> Tally:
    """Put the whole seed domain to a file on the CPU, part by part."""
    evaluator, size = exprinfer.load(str(file), "cpu"), domain_size(operands)
    return Tally.of(evaluate_parts(evaluator, domain_parts(operands), size, file.name))


def available_devices(file: Path, device: Device) -> list[Device]:
    """Return the devices to check a file on: the CPU, and CUDA if it is available.

    Raises:
        DeviceError: If the device is "cuda" and CUDA is not available.
    """
    found = exprinfer.load(str(file), device).device
    return ["cpu"] if found == "cpu" else ["cpu", "cuda"]


def checked_on(devices: Sequence[Device]) -> str:
    """Return the sentence that names the hardware and the ONNX Runtime of the check."""
    names = [processor()]
    if "cuda" in devices:
        names.append(gpu() or "a GPU")
    return (
        f"Checked on {' and '.join(names)}, with ONNX Runtime {onnxruntime.__version__}. "
        "Other hardware and other versions were not checked."
    )


def record_result(file: Path, domain: Tally) -> None:
    """Write the result on the seed domain into a file's metadata, for information."""
    right, checked = domain.total
    shares = {
        symbol: {name: round(domain.share(o, f), 6) for f, name in enumerate(FORMS)}
        for o, symbol in enumerate(OPERATORS)
    }
    update_metadata(
        file,
        {
            "checked": str(checked),
            "right": str(right),
            "exact_match": json.dumps(shares),
        },
    )


def bullets(sentences: Iterable[str]) -> list[str]:
    """Return the lines of a Markdown list."""
    return [f"- {sentence}" for sentence in sentences]


def operator_table(domain: Tally) -> str:
    """Return a Markdown table of the shares right by operator and form."""
    forms = {"a op b": 0, "(a op b)": 1, "-(a op b)": 2, "all": None}
    rows = [
        [f"`{symbol}`", *(f"{domain.share(o, f):.2%}" for f in forms.values()), domain.count(o)]
        for o, symbol in enumerate(OPERATORS)
    ]
    rows.append(["all", *(f"{domain.share(None, f):.2%}" for f in forms.values()), domain.count()])
    return table(["operator", *forms, "right"], rows)


def _check_file(recipe: Recipe, file: Path, domain: Tally, devices: Sequence[Device]) -> str:
    """Check that a file gives the same answers on these devices; write its certificate."""
    sentence, shuffled = _check_same_answers(file, domain, devices, recipe.data.ranges)
    record_result(file, domain)  # before the certificate, because it can change the file's hash
    _write_result(recipe, file, *domain.total, devices, shuffled)
    return sentence


def _write_result(
    recipe: Recipe,
    file: Path,
    right: int,
    checked: int,
    devices: Sequence[Device],
    shuffled: int,
) -> None:
    """Write the certificate of a file whose answers were checked.

    Args:
        recipe: The recipe.
        file: The file.
        right: Number of correct answers.
        checked: Number of expressions.
        devices: Where it was checked.
        shuffled: Number of expressions that were also evaluated in shuffled order.
    """
    all_or_some = f"All {checked:,}" if right == checked else f"{right:,} of {checked:,}"
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    write_certificate(
        file,
        right,
        checked,
        devices,
        f"{all_or_some} answers on the domain seed are right.",
        "Every expression of the domain was evaluated through exprinfer on a CPU, and its answer "
        f"compared with its value; {shuffled:,} of them once more in shuffled order at the batch "
        f"sizes {sizes} on {' and '.join(devices)}, with the same answers.",
        {
            "command": f"python -m training certify {recipe.name}",
            "expressions": checked,
            "shuffled": shuffled,
            "batch_sizes": BATCH_SIZES,
        },
    )


def _check_same_answers(
    file: Path, domain: Tally, devices: Sequence[Device], operands: Operands
) -> tuple[str, int]:
    """Check that device, batch size and order change no answer.

    Returns:
        A sentence about it, and the number of expressions.
    """
    expressions = _shuffled(MOST_SHUFFLED if domain.is_perfect else SHUFFLED, operands)
    texts = expressions.texts()
    if domain.is_perfect:
        expected = np.array(expressions.answers())
    else:
        expected = exprinfer.load(str(file), "cpu").evaluate_batch(texts).answers
    for device in devices:
        for size in BATCH_SIZES:
            evaluator = exprinfer.load(str(file), device, batch_size=size)
            differs = evaluator.evaluate_batch(texts).answers != expected
            if differs.any():
                first = texts[int(np.argmax(differs))]
                raise click.ClickException(
                    f"the answer to {first} differs at batch size {size} on {device}"
                )
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    sentence = (
        f"The same answers to {len(texts):,} expressions in shuffled order at batch sizes {sizes} "
        f"on {' and '.join(devices)}."
    )
    return sentence, len(texts)


def _shuffled(most: int, operands: Operands) -> Expressions:
    """Return expressions of the domain in random order: all of them, or as many as are allowed."""
    size, random = domain_size(operands), np.random.default_rng(0)
    if size <= 10 * most:
        return domain_rows(random.permutation(size)[:most], operands)
    return domain_rows(random.integers(0, size, most), operands)


def _confidence(file: Path, domain: Tally, operands: Operands) -> str:
    """Return sentences about the smallest margin and the log-probabilities of the answers."""
    texts = (part.texts() for part in domain_parts(operands, MARGIN_ROWS))
    margin, text = smallest_margin(file, texts, domain_size(operands))
    log_probs = np.concatenate(domain.log_probs)
    low, middle, high = np.quantile(log_probs, [0.05, 0.5, 0.95])
    return (
        f"Smallest margin of a chosen symbol over the next one: {margin:.2g} nats, in `{text}`. "
        f"Log-probability of an answer, in nats: lowest {log_probs.min():.4g}, "
        f"5th percentile {low:.4g}, median {middle:.4g}, 95th percentile {high:.4g}."
    )
