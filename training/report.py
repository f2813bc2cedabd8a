"""Draws a model card's pictures: the error maps and the training curve."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from numpy.typing import NDArray

import exprinfer
from training.card import table, write_section
from training.certify import Judged, judge
from training.expressions import A_VALUES, B_VALUES, FORMS, OPERATORS, enumerate_domain
from training.recipe import Recipe
from training.run import LOG, RECORD

NAMES = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division"}


def report(recipe: Recipe, models: Path) -> None:
    """Draw ``errors.png`` and ``curve.png`` and write the card's section on the training.

    Raises exprinfer's errors where there is no such model.
    """
    matplotlib.use("Agg")
    folder = models / recipe.model.name
    evaluator = exprinfer.load(str(folder / "model.onnx"), "cpu")
    draw_errors(judge(evaluator, enumerate_domain()), folder / "errors.png", recipe.model.name)
    draw_curve(folder / LOG, folder / "curve.png", recipe.model.name)
    write_section(folder / "README.md", "report", _training(folder / RECORD, folder / LOG))


def draw_errors(judged: Judged, path: Path, name: str) -> None:
    """One map per operator: how many of the three forms are wrong, a across and b up."""
    shape = (len(FORMS), len(OPERATORS), len(A_VALUES), len(B_VALUES))
    wrong = (~judged.right).reshape(shape).sum(axis=0)
    colours = matplotlib.colors.ListedColormap(["#f4f1ea", "#f2b56b", "#d9602b", "#7a1f1f"])
    figure, axes = pyplot.subplots(1, 4, figsize=(16, 4.6), layout="constrained")
    for operator, axis in enumerate(axes):
        image = axis.imshow(
            _with_empty_zero(wrong[operator]).T,
            cmap=colours,
            vmin=-0.5,
            vmax=3.5,
            origin="lower",
            extent=(-100.5, 99.5, -99.5, 99.5),
            interpolation="nearest",
        )
        share = judged.share(operator)
        axis.set_title(f"a {OPERATORS[operator]} b: {share:.2%} right")
        axis.set_xlabel("a")
    axes[0].set_ylabel("b")
    bar = figure.colorbar(image, ax=axes, ticks=range(4), shrink=0.8)
    bar.set_label("forms wrong, of a op b, (a op b), -(a op b)")
    figure.suptitle(f"{name}: where it is wrong, {judged.count()} expressions right")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _with_empty_zero(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts ``[a, b]`` with a column of NaN where b would be 0."""
    return np.insert(counts.astype(float), len(B_VALUES) // 2, np.nan, axis=1)


def draw_curve(log: Path, path: Path, name: str) -> None:
    """Loss per symbol, and exact match per operator on expressions not trained on, over updates."""
    with log.open() as file:
        rows = list(csv.DictReader(file))
    columns = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.2), layout="constrained")
    left.plot(columns["update"], columns["loss"], color="#7a1f1f", linewidth=1)
    left.set(xlabel="updates", ylabel="cross-entropy per symbol, nats", title=f"{name}: loss")
    for operator in OPERATORS:
        values = columns[f"exact_match {operator}"]
        right.plot(columns["update"], values, label=NAMES[operator], linewidth=1)
    right.set(xlabel="updates", ylabel="exact match", ylim=(0, 1.02))
    right.set_title(f"{name}: exact match on expressions that are only watched")
    right.legend(loc="best")
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _training(record_file: Path, log: Path) -> str:
    record = json.loads(record_file.read_text())
    with log.open() as file:
        last = list(csv.DictReader(file))[-1]
    machine, versions = record["machine"], record["versions"]
    where = machine["gpu"] or f"{machine['processor']}, {machine['cores']} cores"
    recipe = record["recipe"]
    rows = [
        ["updates", f"{record['updates']:,}"],
        ["samples seen", f"{record['updates'] * recipe['training']['batch_size']:,}"],
        [
            "time",
            f"{record['seconds'] / 60:.1f} minutes, {recipe['training']['threads']} thread(s)",
        ],
        ["machine", where],
        ["versions", ", ".join(f"{name} {version}" for name, version in versions.items())],
        ["seeds", f"data {recipe['data']['seed']}, training {recipe['training']['seed']}"],
        ["last loss per symbol", f"{float(last['loss']):.4f} nats"],
        ["last accuracy per symbol", f"{float(last['symbol_accuracy']):.2%}"],
    ]
    return table(["training", ""], rows)
