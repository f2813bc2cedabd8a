"""The plots of the model cards: wrong answers, doubt, and the course of fitting.

The figures are 8 inches wide, so their text is readable at the 800 pixels of a README. The colors
are those of Okabe and Ito, which color-blind readers can tell apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import EngFormatter
from numpy.typing import NDArray

from exprinfer import Operands
from training.evaluation import DomainMaps
from training.expressions import OPERATORS

matplotlib.use("Agg")
pyplot.rcParams.update({"font.size": 9, "axes.titlesize": 9, "legend.fontsize": 8})

NAMES = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division"}
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
COLORS = {"+": BLUE, "-": ORANGE, "*": GREEN, "/": VERMILION}
MARKERS = {"+": "o", "-": "s", "*": "^", "/": "D"}
PAPER = "#f4f1ea"
#: By the number of wrong forms, each color darker than the one before.
WRONG = ListedColormap([PAPER, ORANGE, VERMILION, "#000000"])
WIDTH, DPI = 8.0, 160
#: Lowest probability of another answer that the logarithmic color scale shows.
LEAST = 1e-6


def draw_errors(maps: dict[str, DomainMaps], path: Path) -> None:
    """Draw a row of maps for each model, one for each operator: how many forms are wrong."""
    figure, rows = _panels(len(maps), len(OPERATORS), max(3.4, 0.8 + 2.1 * len(maps)))
    for axes, (name, found) in zip(rows, maps.items(), strict=True):
        for operator, axis in enumerate(axes):
            image = _map(
                axis, found.wrong[operator], found.operands, cmap=WRONG, vmin=-0.5, vmax=3.5
            )
            share = found.share(operator)
            axis.set_title(f"{name}: a {OPERATORS[operator]} b\n{share:.2%} right")
            axis.label_outer()
    bar = figure.colorbar(image, ax=rows, ticks=range(4), location="bottom", shrink=0.4, aspect=30)
    bar.set_label("number of wrong forms among a op b, (a op b), -(a op b)")
    save(figure, path)


def draw_doubt(maps: DomainMaps, path: Path, name: str) -> None:
    """Draw a map for each operator: the probability that the model gives to other answers."""
    worst = np.maximum(-np.expm1(maps.log_probs.astype(float)), LEAST)
    figure, rows = _panels(2, 2, 6.6)
    for operator, axis in enumerate(rows.flat):
        image = _map(axis, worst[operator], maps.operands, cmap="magma", norm=LogNorm(LEAST, 1))
        axis.set_title(f"{name}: a {OPERATORS[operator]} b")
        axis.label_outer()
    bar = figure.colorbar(image, ax=rows, shrink=0.9, aspect=30)
    bar.set_label("1 - probability of the answer (largest of the three forms)")
    save(figure, path)


def draw_curve(logs: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Draw a row for each run: loss per symbol, and exact match on the validation data."""
    figure, rows = _panels(len(logs), 2, 0.2 + 2.7 * len(logs))
    for (left, right), (name, log) in zip(rows, logs.items(), strict=True):
        update = [row["update"] for row in log]
        marker = _marker(log)
        left.plot(update, [row["loss"] for row in log], color=BLUE, linewidth=1, marker=marker)
        left.set(ylabel="loss (nats per symbol)", title=f"{name}: training")
        _draw_exact_match(right, log, name)
        for axis in (left, right):
            axis.set_xlabel("updates")
            axis.xaxis.set_major_formatter(EngFormatter(sep=""))
            axis.grid(alpha=0.3)
    save(figure, path)


def _draw_exact_match(axis: Axes, log: list[dict[str, float]], name: str) -> None:
    """Draw the share right; of a network that is almost always right the share wrong."""
    update = [row["update"] for row in log]
    good = log[-1]["exact_match"] > 0.9
    for operator in OPERATORS:
        right = 100 * np.array([row[f"exact_match {operator}"] for row in log])
        values = np.where(right < 100, 100 - right, np.nan) if good else right
        (line,) = axis.plot(update, values, color=COLORS[operator], linewidth=1)
        line.set(label=NAMES[operator], marker=_marker(log))
    if good:
        axis.set(yscale="log", ylabel="wrong answers (%), no line: 0")
    else:
        axis.set(ylim=(0, 102), ylabel="exact match (%)")
    axis.set_title(f"{name}: validation")
    axis.legend(loc="best")


def _marker(log: list[dict[str, float]]) -> str:
    """Return the marker of a line: a short log gets dots, a long one none."""
    return "." if len(log) < 20 else ""


def _map(axis: Axes, values: NDArray[np.generic], operands: Operands, **style: Any) -> AxesImage:
    """Draw values ``[a, b]``, a to the right and b upward; the line b = 0 stays empty."""
    whole, (low, high) = values.astype(float), operands.b
    if low <= 0 <= high:
        whole = np.insert(whole, -low, np.nan, axis=1)
    ends = [(low - 0.5, high + 0.5) for low, high in (operands.a, operands.b)]
    extent = (*ends[0], *ends[1])
    widths = sorted(high - low for low, high in ends)
    long = widths[1] > 4 * widths[0]  # a map with equal scales would be a line
    aspect: Literal["auto", "equal"] = "auto" if long else "equal"
    axis.set(xlabel="a", ylabel="b")
    image = axis.imshow(
        whole.T, origin="lower", extent=extent, interpolation="nearest", aspect=aspect, **style
    )
    if not long and all(low < 0 < high for low, high in ends):
        largest = max(abs(value) for value in (*operands.a, *operands.b))
        ticks, limits = (-largest, 0, largest), (-largest - 1, largest + 1)
        axis.set(xticks=ticks, yticks=ticks, xlim=limits, ylim=limits)
    return image


def _panels(rows: int, columns: int, height: float) -> tuple[Figure, Any]:
    return pyplot.subplots(
        rows, columns, figsize=(WIDTH, height), layout="constrained", squeeze=False
    )


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG and release it."""
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)
