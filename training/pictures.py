"""The pictures of the model cards: where a model is wrong, where it doubts, how it learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from training.certify import Judged
from training.expressions import A_VALUES, B_VALUES, FORMS, OPERATORS

matplotlib.use("Agg")

NAMES = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division"}
PAPER = "#f4f1ea"
WRONG = ListedColormap([PAPER, "#f2b56b", "#d9602b", "#7a1f1f"])
#: The least share wrong that a logarithmic axis shows.
LEAST = 1e-6


def draw_errors(judged: dict[str, Judged], path: Path) -> None:
    """A row of maps per model, one per operator: how many of the three forms are wrong."""
    figure, rows = _panels(len(judged), 4, (16, 4.3 * len(judged)))
    for axes, (name, model) in zip(rows, judged.items(), strict=True):
        wrong = _by_operator(~model.right).sum(axis=0)
        for operator, axis in enumerate(axes):
            image = _map(axis, wrong[operator], cmap=WRONG, vmin=-0.5, vmax=3.5)
            share = model.share(operator)
            axis.set_title(f"{name}: a {OPERATORS[operator]} b, {share:.2%} right")
    bar = figure.colorbar(image, ax=rows, ticks=range(4), shrink=0.8 / len(judged))
    bar.set_label("forms wrong, of a op b, (a op b), -(a op b)")
    save(figure, path)


def draw_doubt(judged: Judged, path: Path, name: str) -> None:
    """One map per operator: the probability that the network does not give its own answer."""
    doubt = np.maximum(-np.expm1(judged.log_probs.astype(float)), LEAST)
    worst = _by_operator(doubt).max(axis=0)
    figure, axes = _panels(1, 4, (16, 4.3))
    for operator, axis in enumerate(axes[0]):
        image = _map(axis, worst[operator], cmap="magma", norm=LogNorm(LEAST, 1))
        axis.set_title(f"{name}: a {OPERATORS[operator]} b")
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("doubt: 1 - probability of the answer, most of three forms")
    save(figure, path)


def draw_curve(logs: dict[str, list[dict[str, float]]], path: Path) -> None:
    """A row per run: loss per symbol, and exact match per operator on what is watched."""
    figure, rows = _panels(len(logs), 2, (12, 4.2 * len(logs)))
    for (left, right), (name, log) in zip(rows, logs.items(), strict=True):
        update = [row["update"] for row in log]
        left.plot(update, [row["loss"] for row in log], color="#7a1f1f", linewidth=1)
        left.set(ylabel="cross-entropy per symbol, nats", title=f"{name}: loss")
        _draw_exact_match(right, log, name)
        for axis in (left, right):
            axis.set_xlabel("updates")
            axis.grid(alpha=0.3)
    save(figure, path)


def _draw_exact_match(axis: Axes, log: list[dict[str, float]], name: str) -> None:
    """The share right; of a network that is nearly always right the share wrong, logarithmic."""
    update = [row["update"] for row in log]
    good = log[-1]["exact_match"] > 0.9
    for operator in OPERATORS:
        right = np.array([row[f"exact_match {operator}"] for row in log])
        values = np.where(right < 1, 1 - right, np.nan) if good else right
        axis.plot(update, values, label=NAMES[operator], linewidth=1)
    if good:
        axis.set(yscale="log", ylabel="share wrong (no line: none)")
    else:
        axis.set(ylim=(0, 1.02), ylabel="exact match")
    axis.set_title(f"{name}: expressions that are watched")
    axis.legend(loc="best")


def _by_operator(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Values of the enumerated domain as ``[form, operator, a, b]``."""
    return values.reshape(len(FORMS), len(OPERATORS), len(A_VALUES), len(B_VALUES))


def _map(axis: Axes, values: NDArray[np.generic], **style: object) -> AxesImage:
    """Values ``[a, b]`` with a across and b up; a line stays empty where b would be 0."""
    whole = np.insert(values.astype(float), len(B_VALUES) // 2, np.nan, axis=1)
    extent = (-100.5, 99.5, -99.5, 99.5)
    axis.set(xlabel="a", ylabel="b")
    return axis.imshow(whole.T, origin="lower", extent=extent, interpolation="nearest", **style)  # type: ignore[arg-type]


def _panels(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    return pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG and free it."""
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
