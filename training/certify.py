"""Check a model file through ``exprinfer``, as a user would meet it; record the result.

The result goes into the metadata of the file and into the model card.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import onnxruntime
from numpy.typing import NDArray

import exprinfer
from exprinfer import Evaluator
from exprinfer.runtime.session import Device
from training.card import table, write_section
from training.expressions import FORMS, OPERATORS, Expressions, enumerate_domain, sample
from training.hardware import gpu, processor
from training.margins import smallest_margin
from training.model_file import read_metadata, update_metadata
from training.recipe import Recipe

#: Number of fresh samples with the gist's own distribution, and a seed that no recipe trains on.
FRESH, FRESH_SEED = 100_000, 20_170_000
#: Batch sizes that must all give the same answers, in shuffled order.
BATCH_SIZES = (1, 7, 256, 4_096, 65_536)
#: Number of expressions for that check if the model is not right on all of them.
SHUFFLED = 20_000


@dataclass(frozen=True)
class Evaluation:
    """Expressions and a model's answers to them.

    Attributes:
        expressions: The expressions, ``n`` of them.
        answers: The answers as text, ``[n]``.
        log_probs: Their log-probabilities, float32 ``[n]``, in nats.
        right: Whether each answer is right, bool ``[n]``.
    """

    expressions: Expressions
    answers: NDArray[np.str_]
    log_probs: NDArray[np.float32]
    right: NDArray[np.bool_]

    def share(self, operator: int | None = None, form: int | None = None) -> float:
        """Return the share right, of one operator and form if they are given."""
        return float(self.right[self._rows(operator, form)].mean())

    def count(self, operator: int | None = None, form: int | None = None) -> str:
        """Return how many are right, as text such as ``3 of 4``."""
        right = self.right[self._rows(operator, form)]
        return f"{right.sum():,} of {len(right):,}"

    def _rows(self, operator: int | None, form: int | None) -> NDArray[np.bool_]:
        rows = np.ones(len(self.right), bool)
        if operator is not None:
            rows &= self.expressions.operator == operator
        if form is not None:
            rows &= self.expressions.form == form
        return rows


def evaluate_on(evaluator: Evaluator, expressions: Expressions) -> Evaluation:
    """Evaluate expressions and compare the answers, as text, with the right ones."""
    batch = evaluator.evaluate_batch(expressions.texts())
    right = (batch.errors == 0) & (batch.answers == np.array(expressions.answers()))
    return Evaluation(expressions, batch.answers, batch.log_probs, right)


def certify(recipe: Recipe, models: Path, device: Device = "auto") -> None:
    """Check a model on all 475,200 small expressions; write the result into its files and its card.

    ``model.onnx`` is checked on the CPU, and also on CUDA if that is available and the model has no
    file of its own for it. ``cuda.onnx``, that file, is checked on both.

    Args:
        recipe: The recipe.
        models: Folder of the models.
        device: "cuda" makes CUDA mandatory.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
        DeviceError: If the device is "cuda" and CUDA is not available.
        ClickException: If an answer depends on the device, the batch size or the order.
    """
    folder = models / recipe.model.name
    file, for_cuda = folder / "model.onnx", folder / "cuda.onnx"
    devices = available_devices(file, device)
    evaluator = exprinfer.load(str(file), "cpu")
    domain = evaluate_on(evaluator, enumerate_domain())
    fresh = evaluate_on(evaluator, sample(FRESH, FRESH_SEED))
    sentences = [
        f"Right on {domain.count()} expressions of the domain ({domain.share():.2%}), and on "
        f"{fresh.count()} fresh samples with the gist's distribution ({fresh.share():.2%}).",
        _check_file(file, domain, ["cpu"] if for_cuda.exists() else devices),
        _confidence(file, domain),
    ]
    if for_cuda.exists():
        on_cpu = evaluate_on(exprinfer.load(str(for_cuda), "cpu"), domain.expressions)
        check = _check_file(for_cuda, on_cpu, devices)
        sentences.append(f"`cuda.onnx`, the same weights: right on {on_cpu.count()}. {check}")
        if "cuda" not in devices:
            sentences.append("No GPU was available: answers on a GPU are not certified.")
    sentences.append(checked_on(devices))
    section = "\n".join([operator_table(domain), "", *bullets(sentences)])
    write_section(folder / "README.md", "certify", section)
    click.echo(section)


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


def record_result(file: Path, domain: Evaluation, devices: Sequence[Device]) -> None:
    """Write the result on the seed domain and the devices into a file's metadata.

    The file's domain becomes its certified domain if every answer is right.
    """
    right, checked = int(domain.right.sum()), len(domain.right)
    shares = {
        symbol: {name: round(domain.share(o, f), 6) for f, name in enumerate(FORMS)}
        for o, symbol in enumerate(OPERATORS)
    }
    update_metadata(
        file,
        {
            "checked": str(checked),
            "right": str(right),
            "certified_on": json.dumps(devices),
            "certified_domain": "none" if right < checked else read_metadata(file)["domain"],
            "exact_match": json.dumps(shares),
        },
    )


def bullets(sentences: Iterable[str]) -> list[str]:
    """Return the lines of a Markdown list."""
    return [f"- {sentence}" for sentence in sentences]


def operator_table(domain: Evaluation) -> str:
    """Return a Markdown table of the shares right by operator and form."""
    forms = {"a op b": 0, "(a op b)": 1, "-(a op b)": 2, "all": None}
    rows = [
        [f"`{symbol}`", *(f"{domain.share(o, f):.2%}" for f in forms.values()), domain.count(o)]
        for o, symbol in enumerate(OPERATORS)
    ]
    rows.append(["all", *(f"{domain.share(None, f):.2%}" for f in forms.values()), domain.count()])
    return table(["operator", *forms, "right"], rows)


def _check_file(file: Path, domain: Evaluation, devices: Sequence[Device]) -> str:
    """Check that a file gives these answers on these devices, and record that in its metadata."""
    sentence = _check_same_answers(file, domain, devices)
    record_result(file, domain, devices)
    return sentence


def _check_same_answers(file: Path, domain: Evaluation, devices: Sequence[Device]) -> str:
    """Check that device, batch size and order change no answer; return a sentence about it."""
    order = np.random.default_rng(0).permutation(len(domain.right))
    rows = order if domain.right.all() else order[:SHUFFLED]
    texts = domain.expressions[rows].texts()
    for device in devices:
        for size in BATCH_SIZES:
            evaluator = exprinfer.load(str(file), device, batch_size=size)
            differs = evaluator.evaluate_batch(texts).answers != domain.answers[rows]
            if differs.any():
                first = texts[int(np.argmax(differs))]
                raise click.ClickException(
                    f"the answer to {first} differs at batch size {size} on {device}"
                )
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    return (
        f"The same answers to {len(rows):,} expressions in shuffled order at batch sizes {sizes} "
        f"on {' and '.join(devices)}."
    )


def _confidence(file: Path, domain: Evaluation) -> str:
    """Return sentences about the smallest margin and the log-probabilities of the answers."""
    margin, text = smallest_margin(file, domain.expressions.texts())
    low, middle, high = np.quantile(domain.log_probs, [0.05, 0.5, 0.95])
    return (
        f"Smallest margin of a chosen symbol over the next one: {margin:.2g} nats, in `{text}`. "
        f"Log-probability of an answer, in nats: lowest {domain.log_probs.min():.4g}, "
        f"5th percentile {low:.4g}, median {middle:.4g}, 95th percentile {high:.4g}."
    )
