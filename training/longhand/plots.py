"""The plots of the card of longhand: how steps and time grow, and one multiplication."""

from __future__ import annotations

from pathlib import Path

from matplotlib import pyplot
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from exprinfer import Trace, TraceStep
from training.plots import BLUE, COLORS, MARKERS, NAMES, PAPER, VERMILION, WIDTH, save

INK = "#2b2b2b"
#: Frames per second of the animation, and number of frames for which its last step stays.
RATE, REST = 4, 12


def draw_growth(rows: list[dict[str, str]], path: Path) -> None:
    """Draw steps and time by digits, a line for each operator.

    Dotted lines show linear or quadratic growth.
    """
    figure, axes = pyplot.subplots(1, 2, figsize=(WIDTH, 3.6), layout="constrained")
    for axis, column in zip(axes, ("steps", "milliseconds"), strict=True):
        for operator in "+-*/":
            mine = [row for row in rows if row["operator"] == operator]
            digits = [int(row["digits"]) for row in mine]
            values = [float(row[column]) for row in mine]
            style = {"color": COLORS[operator], "marker": MARKERS[operator], "markersize": 4}
            axis.loglog(digits, values, label=NAMES[operator], **style)
            power = 2 if operator in "*/" else 1
            last = values[-1] / digits[-1] ** power
            axis.loglog(digits, [last * n**power for n in digits], ":", color=COLORS[operator])
        axis.set_xlabel("digits of the first number")
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    axes[0].set(title="steps of the machine", ylabel="steps per problem")
    axes[1].set(title="time, one thread, 64 at a time", ylabel="milliseconds per problem")
    save(figure, path)


def draw_whole(rows: list[dict[str, str]], path: Path) -> None:
    """Draw steps and rate by symbols of the expression, a line for each set of operators."""
    figure, axes = pyplot.subplots(1, 2, figsize=(WIDTH, 3.6), layout="constrained")
    lines = (("+ -", BLUE, "o"), ("+ - * /", VERMILION, "s"))
    for axis, column in zip(axes, ("steps", "a second"), strict=True):
        for operators, color, marker in lines:
            mine = [row for row in rows if row["operators"] == operators]
            symbols = [float(row["symbols"]) for row in mine]
            values = [float(row[column]) for row in mine]
            axis.loglog(symbols, values, color=color, marker=marker, markersize=4, label=operators)
        axis.set_xlabel("symbols of the expression")
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    axes[0].set(title="steps of the machine", ylabel="steps per expression")
    axes[1].set(title="rate, one thread, 64 at a time", ylabel="expressions per second")
    save(figure, path)


def animate(trace: Trace, expression: str, path: Path) -> None:
    """Animate the evaluation of one expression, a frame for each step."""
    widest = max(len(tape) for tape in trace.steps[0].tapes)
    figure, axis = pyplot.subplots(figsize=(7.2, 3.6))
    figure.subplots_adjust(left=0.02, right=1, bottom=0, top=1)
    figure.patch.set_facecolor("white")

    def draw(frame: int) -> None:
        number = min(frame, len(trace.steps) - 1)
        step = trace.steps[number]
        axis.clear()
        axis.set_xlim(-4.4, widest + 0.4)
        axis.set_ylim(-len(trace.tapes) * 1.5 + 0.4, 1.9)
        axis.set_aspect("equal", anchor="W")
        axis.axis("off")
        title = f"{expression}    step {number}: {step.state}"
        axis.text(-4.3, 1.4, title, fontsize=12, color=INK, family="monospace")
        for row, name in enumerate(trace.tapes):
            axis.text(-4.3, -1.5 * row + 0.4, name, fontsize=11, color=INK, va="center")
            _draw_tape(axis, step, row, widest)

    frames = len(trace.steps) + REST
    FuncAnimation(figure, draw, frames=frames).save(path, PillowWriter(fps=RATE), dpi=80)
    pyplot.close(figure)


def _draw_tape(axis: Axes, step: TraceStep, row: int, widest: int) -> None:
    """Draw the cells of one tape, and a frame around the cell that the step looks at."""
    tape, y = step.tapes[row], -1.5 * row
    offset = widest - len(tape)
    for cell, symbol in enumerate(tape):
        x = offset + cell
        axis.add_patch(Rectangle((x, y), 0.94, 0.94, facecolor=PAPER, edgecolor="#d8d3c5"))
        axis.text(x + 0.47, y + 0.44, symbol, ha="center", va="center", fontsize=13, color=INK)
    if step.looks[row]:
        x = offset + step.heads[row]
        frame = Rectangle((x, y), 0.94, 0.94, fill=False, edgecolor=VERMILION, linewidth=2.4)
        axis.add_patch(frame)
