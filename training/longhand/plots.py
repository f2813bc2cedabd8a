"""The pictures of the card of ``longhand``: how its work grows, and one multiplication at work."""

from __future__ import annotations

from pathlib import Path

from matplotlib import pyplot
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from exprinfer import Trace, TraceStep
from training.pictures import NAMES, PAPER, save

INK, LOOK, COLOURS = "#2b2b2b", "#d9602b", ("#3b6ea5", "#6a9c6b", "#d9602b", "#7a1f1f")
#: Frames a second of the animation, and how long its last frame stays, in frames.
RATE, REST = 4, 12


def draw_growth(rows: list[dict[str, str]], path: Path) -> None:
    """Steps and time by digits, an axis each, a line per operator; dotted: schoolbook growth."""
    figure, axes = pyplot.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
    for axis, column in zip(axes, ("steps", "milliseconds"), strict=True):
        for operator, colour in zip("+-*/", COLOURS, strict=True):
            mine = [row for row in rows if row["operator"] == operator]
            digits = [int(row["digits"]) for row in mine]
            values = [float(row[column]) for row in mine]
            axis.loglog(digits, values, "o-", color=colour, label=NAMES[operator])
            power = 2 if operator in "*/" else 1
            last = values[-1] / digits[-1] ** power
            axis.loglog(digits, [last * n**power for n in digits], ":", color=colour)
        axis.set_xlabel("digits of the first number")
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    axes[0].set_title("steps of the machine")
    axes[1].set_title("milliseconds a problem, one thread, 64 at a time")
    save(figure, path)


def draw_whole(rows: list[dict[str, str]], path: Path) -> None:
    """Steps, and expressions a second, by symbols, an axis each; a line per set of operators."""
    figure, axes = pyplot.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
    for axis, column in zip(axes, ("steps", "a second"), strict=True):
        for operators, colour in zip(("+ -", "+ - * /"), COLOURS, strict=False):
            mine = [row for row in rows if row["operators"] == operators]
            symbols = [float(row["symbols"]) for row in mine]
            axis.loglog(symbols, [float(row[column]) for row in mine], "o-", color=colour)
            axis.lines[-1].set_label(operators)
        axis.set_xlabel("symbols of the expression")
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    axes[0].set_title("steps of the machine")
    axes[1].set_title("expressions a second, one thread, 64 at a time")
    save(figure, path)


def animate(work: Trace, expression: str, path: Path) -> None:
    """One expression worked out, a frame a step: the tapes, the heads and the memory."""
    widest = max(len(tape) for tape in work.steps[0].tapes)
    figure, axis = pyplot.subplots(figsize=(7.2, 3.6))
    figure.patch.set_facecolor("white")

    def draw(frame: int) -> None:
        step = work.steps[min(frame, len(work.steps) - 1)]
        axis.clear()
        axis.set_xlim(-4.4, widest + 0.4)
        axis.set_ylim(-len(work.names) * 1.5 + 0.4, 1.9)
        axis.set_aspect("equal")
        axis.axis("off")
        title = f"{expression}    step {min(frame, len(work.steps) - 1)}: {step.memory}"
        axis.text(-4.3, 1.4, title, fontsize=12, color=INK, family="monospace")
        for row, name in enumerate(work.names):
            axis.text(-4.3, -1.5 * row + 0.4, name, fontsize=11, color=INK, va="center")
            _draw_tape(axis, step, row, widest)

    frames = len(work.steps) + REST
    FuncAnimation(figure, draw, frames=frames).save(path, PillowWriter(fps=RATE), dpi=80)
    pyplot.close(figure)


def _draw_tape(axis: Axes, step: TraceStep, row: int, widest: int) -> None:
    tape, y = step.tapes[row], -1.5 * row
    offset = widest - len(tape)
    for cell, symbol in enumerate(tape):
        x = offset + cell
        axis.add_patch(Rectangle((x, y), 0.94, 0.94, facecolor=PAPER, edgecolor="#d8d3c5"))
        axis.text(x + 0.47, y + 0.44, symbol, ha="center", va="center", fontsize=13, color=INK)
    if step.looks[row]:
        x = offset + step.heads[row]
        axis.add_patch(Rectangle((x, y), 0.94, 0.94, fill=False, edgecolor=LOOK, linewidth=2.4))
