"""Judges a model file through ``exprinfer``, as a user meets it; says so in file and card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import onnx
from numpy.typing import NDArray

import exprinfer
from exprinfer import Evaluator
from exprinfer.runtime.session import Device
from training.card import table, write_section
from training.data import HELD_OUT, percentile
from training.export import write_model
from training.expressions import FORMS, OPERATORS, Expressions, enumerate_domain, sample
from training.gaps import smallest_gap
from training.recipe import Recipe

#: Fresh samples with the gist's own distribution, and a seed that no recipe trains on.
FRESH, FRESH_SEED = 100_000, 20_170_000
#: Batch sizes that must all give the same answers, in shuffled order: to every expression where the
#: model is right on all of them, and else to so many.
BATCH_SIZES = (1, 7, 256, 4_096, 65_536)
SHUFFLED = 20_000


@dataclass(frozen=True)
class Judged:
    """Expressions and what the model made of them."""

    expressions: Expressions
    answers: NDArray[np.str_]
    log_probs: NDArray[np.float32]
    right: NDArray[np.bool_]

    def share(self, operator: int | None = None, form: int | None = None) -> float:
        """The share right, of one operator and form where they are given."""
        return float(self.right[self._rows(operator, form)].mean())

    def count(self, operator: int | None = None, form: int | None = None) -> str:
        """How many are right of how many, for people."""
        right = self.right[self._rows(operator, form)]
        return f"{right.sum():,} of {len(right):,}"

    def _rows(self, operator: int | None, form: int | None) -> NDArray[np.bool_]:
        rows = np.ones(len(self.right), bool)
        if operator is not None:
            rows &= self.expressions.operator == operator
        if form is not None:
            rows &= self.expressions.form == form
        return rows


def judge(evaluator: Evaluator, expressions: Expressions) -> Judged:
    """Evaluate expressions and compare the answers, as text, with the right ones."""
    column = evaluator.evaluate_batch(expressions.texts())
    right = (column.errors == 0) & (column.answers == np.array(expressions.answers()))
    return Judged(expressions, column.answers, column.log_probs, right)


def certify(recipe: Recipe, models: Path, device: Device = "auto") -> None:
    """Check a model on its whole domain; write the result into its files' metadata and the card.

    ``model.onnx`` is judged on the CPU, and on CUDA where there is one and the model has no file of
    its own for it, ``cuda.onnx``; that one is judged on both. Raises exprinfer's errors where there
    is no such model, it cannot be opened, or the device cannot be had.
    """
    folder = models / recipe.model.name
    file, for_cuda = folder / "model.onnx", folder / "cuda.onnx"
    at_hand = devices(file, device)
    evaluator = exprinfer.load(str(file), "cpu")
    domain = judge(evaluator, enumerate_domain())
    fresh = judge(evaluator, sample(FRESH, FRESH_SEED))
    sentences = [
        f"Right on {domain.count()} expressions of the domain ({domain.share():.2%}), and on "
        f"{fresh.count()} fresh samples with the gist's distribution ({fresh.share():.2%}).",
        *_held_out(recipe, domain),
        _file(file, domain, ["cpu"] if for_cuda.exists() else at_hand),
        _confidence(file, domain),
    ]
    if for_cuda.exists():
        on_cpu = judge(exprinfer.load(str(for_cuda), "cpu"), domain.expressions)
        sentences += [
            f"The same numbers as `cuda.onnx`: right on {on_cpu.count()}.",
            _file(for_cuda, on_cpu, at_hand),
        ]
        if "cuda" not in at_hand:
            sentences.append("No GPU was at hand: what it answers on one is not certified.")
    section = "\n".join([operator_table(domain), "", *sentences])
    write_section(folder / "README.md", "certify", section)
    click.echo(section)


def _file(file: Path, domain: Judged, on: Sequence[Device]) -> str:
    """Check that a file answers so on these devices, and write that into its metadata."""
    sentence = _same_answers(file, domain, on)
    write_metadata(file, domain, on)
    return sentence


def _held_out(recipe: Recipe, domain: Judged) -> list[str]:
    """How many are right of the pairs that the honest split keeps from the network."""
    if recipe.data.source != "domain":
        return []
    rows = np.isin(percentile(domain.expressions), HELD_OUT)
    return [f"Of the held-out tenth, all forms: {domain.right[rows].sum():,} of {rows.sum():,}."]


def _same_answers(file: Path, domain: Judged, on: Sequence[Device]) -> str:
    """Check that device, batch size and order change no answer; say on how many expressions."""
    order = np.random.default_rng(0).permutation(len(domain.right))
    rows = order if domain.right.all() else order[:SHUFFLED]
    texts = domain.expressions[rows].texts()
    for device in on:
        for size in BATCH_SIZES:
            evaluator = exprinfer.load(str(file), device, batch_size=size)
            differs = evaluator.evaluate_batch(texts).answers != domain.answers[rows]
            if differs.any():
                first = texts[int(np.argmax(differs))]
                raise click.ClickException(f"{first} is answered otherwise at {size} on {device}")
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    return (
        f"The same answers to {len(rows):,} expressions in shuffled order at batch sizes {sizes} "
        f"on {' and '.join(on)}."
    )


def devices(file: Path, device: Device) -> list[Device]:
    """The devices at hand, or the CPU alone; raises DeviceError where CUDA is asked for and is not
    there."""
    found = exprinfer.load(str(file), device).device
    return ["cpu"] if found == "cpu" else ["cpu", "cuda"]


def _confidence(file: Path, domain: Judged) -> str:
    """The smallest lead of a chosen symbol, and how the answers' log-probabilities lie."""
    gap, where = smallest_gap(file, domain.expressions.texts())
    low, middle, high = np.quantile(domain.log_probs, [0.05, 0.5, 0.95])
    return (
        f"The chosen symbol leads the next by at least {gap:.2g} in log-probability, least in "
        f"`{where}`. Log-probability of the answers: at least {domain.log_probs.min():.4g}, "
        f"5% below {low:.4g}, half below {middle:.4g}, 95% below {high:.4g}."
    )


def write_metadata(file: Path, domain: Judged, on: Sequence[Device]) -> None:
    """Write into the file what was found on the seed domain, and on which devices; all right
    certifies its domain."""
    model = onnx.load(file)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    right, checked = int(domain.right.sum()), len(domain.right)
    metadata["checked"], metadata["right"] = str(checked), str(right)
    metadata["certified_on"] = json.dumps(on)
    metadata["certified_domain"] = metadata["domain"] if right == checked else "none"
    shares = {
        symbol: {name: round(domain.share(o, f), 6) for f, name in enumerate(FORMS)}
        for o, symbol in enumerate(OPERATORS)
    }
    metadata["exact_match"] = json.dumps(shares)
    write_model(file, model, metadata)


def operator_table(domain: Judged) -> str:
    """The shares right by operator and form."""
    forms = {"a op b": 0, "(a op b)": 1, "-(a op b)": 2, "all": None}
    rows = [
        [f"`{symbol}`", *(f"{domain.share(o, f):.2%}" for f in forms.values()), domain.count(o)]
        for o, symbol in enumerate(OPERATORS)
    ]
    rows.append(["all", *(f"{domain.share(None, f):.2%}" for f in forms.values()), domain.count()])
    return table(["operator", *forms, "right"], rows)
