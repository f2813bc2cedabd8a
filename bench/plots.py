"""The plots of ``python -m bench all``: throughput as bars, and the sweeps as lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator

from bench.report import Results

matplotlib.use("Agg")
# Of the Okabe-Ito palette, which color-blind readers can tell apart.
VERMILLION, ORANGE, BLUE = "#D55E00", "#E69F00", "#0072B2"
LEGEND = {
    "exprinfer": VERMILLION,
    "exprinfer, one thread or one model": ORANGE,
    "baselines": BLUE,
}
#: Pictures are 8 inches wide, so that 10 point letters can be read at 800 pixels.
WIDTH, DPI = 8, 200


def draw(results: Results, folder: Path) -> None:
    """Draw ``throughput.png`` and ``sweeps.png`` into the folder."""
    throughput(results, folder / "throughput.png")
    sweeps(results, folder / "sweeps.png")


def throughput(results: Results, path: Path) -> None:
    """Draw a bar per baseline, the fastest on top, with its rate and its ratio to exprinfer."""
    rows = {key: row for key, row in results["throughput"].items() if not row["skipped"]}
    ordered = sorted(rows, key=lambda key: rows[key]["rate"])
    ours, most = rows["ours"]["rate"], rows[ordered[-1]]["rate"]
    figure, axes = pyplot.subplots(figsize=(WIDTH, 1.2 + 0.34 * len(rows)), layout="constrained")
    for place, key in enumerate(ordered):
        row = rows[key]
        axes.barh(place, row["rate"], color=_color(key, row["name"]), height=0.72)
        axes.annotate(
            f"{row['rate']:,.0f}  {_ratio(ours / row['rate']) if key != 'ours' else ''}",
            (row["rate"], place), (4, 0), textcoords="offset points", va="center",
            weight="bold" if key == "ours" else "normal",
        )  # fmt: skip
    axes.set_yticks(range(len(ordered)), [rows[key]["name"] for key in ordered])
    axes.get_yticklabels()[ordered.index("ours")].set_fontweight("bold")
    axes.set_xlim(0, 1.35 * most)
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.set_xlabel("expressions per second (more is better)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    patches = [Patch(color=color, label=label) for label, color in LEGEND.items()]
    axes.legend(handles=patches, loc="lower right", frameon=False)
    _finish(
        figure,
        f"Throughput on {_computer(results)} (medians of {results['repeats']} repeats)",
        path,
    )


def _color(key: str, name: str) -> str:
    """Highlight exprinfer with default settings; its other settings get a related color."""
    if key == "ours":
        return VERMILLION
    return ORANGE if name.startswith("exprinfer") else BLUE


def _ratio(ratio: float) -> str:
    """Return "1.9x slower" or "1.3x faster"."""
    factor, word = (ratio, "slower") if ratio >= 1 else (1 / ratio, "faster")
    return f"{factor:,.1f}x {word}" if factor < 10 else f"{factor:,.0f}x {word}"


def sweeps(results: Results, path: Path) -> None:
    """Draw the rate of exprinfer by batch size, threads, number of expressions and digits."""
    figure, axes = pyplot.subplots(2, 2, figsize=(WIDTH, 6.2), layout="constrained")
    labels = {
        "batch size": "batch size (expressions)",
        "threads": "threads",
        "expressions": "expressions in one call",
        "digits": "digits of both numbers (+ - * / equally often)",
    }
    for panel, (column, label) in zip(axes.flat, labels.items(), strict=True):
        rows = results["sweeps"][column]
        _panel(panel, [row[column] for row in rows], [row["rate"] for row in rows])
        panel.set_xlabel(label)
    for panel in axes[:, 0]:
        panel.set_ylabel("expressions per second")
    _finish(figure, f"exprinfer on {_computer(results)}", path)


def _panel(axes: Axes, values: list[int], rates: list[float]) -> None:
    """Draw one line; the axes are logarithmic if the numbers span more than a factor of ten."""
    axes.plot(values, rates, "o-", color=VERMILLION, markersize=4)
    if max(values) > 10 * min(values):
        axes.set_xscale("log")
    else:
        axes.set_xticks(values)
    if max(rates) > 10 * min(rates):
        axes.set_yscale("log")
        labeled = (1, 2, 5) if max(rates) < 1_000 * min(rates) else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=labeled))
    else:
        axes.set_ylim(0, 1.15 * max(rates))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_short))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _finish(figure: Figure, title: str, path: Path) -> None:
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def _computer(results: Results) -> str:
    return f"{results['machine']['processor']}, {results['machine']['cores']} cores"


def _short(number: float, _: Any = None) -> str:
    """Return 600000 as "600k" and 10000000 as "10M"."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"
