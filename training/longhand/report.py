"""Writes what the card of ``longhand`` tells of fit and study, and draws its pictures."""

from __future__ import annotations

import json
from pathlib import Path

from exprinfer import Evaluator
from exprinfer.runtime.model import Model
from training.card import table, write_section
from training.longhand import whole
from training.longhand.pictures import animate, draw_growth, draw_whole
from training.longhand.study import FILE, GROWTH_FILE
from training.longhand.trees import STRUCTURED
from training.recipe import Recipe
from training.report import read_log
from training.study import read

#: The multiplication that the animation shows.
SHOWN = "978*-46"


def report(recipe: Recipe, models: Path) -> None:
    """Draw ``growth.png`` and ``work.gif``; write the card's training and study sections.

    Raises exprinfer's errors where there is no such model, FileNotFoundError without its log.
    """
    folder = models / recipe.model.name
    evaluator = Evaluator([Model(folder / "model.onnx", "cpu")])
    animate(evaluator.trace(SHOWN), SHOWN, folder / "work.gif")
    write_section(folder / "README.md", "report", _training(folder, recipe))
    if (folder / FILE).exists():
        draw_growth(read(folder / GROWTH_FILE), folder / "growth.png")
        write_section(folder / "README.md", "lengths", _lengths(folder))
    if (folder / whole.FILE).exists():
        draw_whole(read(folder / whole.GROWTH_FILE), folder / "whole.png")
        write_section(folder / "README.md", "whole", _whole(folder))


def _training(folder: Path, recipe: Recipe) -> str:
    log = read_log(folder / f"{recipe.name}.csv")
    record = json.loads((folder / f"{recipe.name}.json").read_text())
    perfect = next((row for row in log if row["wrong"] == 0), None)
    data, machine, versions = recipe.data, record["machine"], record["versions"]
    rows = [
        ["expressions traced", f"{data.samples:,}"],
        [
            "of at most",
            f"{data.operands} operands of {data.digits} digits, {data.depth} operators deep",
        ],
        ["different situations in them", f"{int(log[-1]['situations']):,}"],
        ["updates", f"{record['updates']:,} of {recipe.training.batch_size} situations"],
        ["time", f"{record['seconds']:.0f} s on {recipe.training.threads} thread(s)"],
        ["first without a wrong decision", f"{perfect['seconds']:.1f} s" if perfect else "never"],
        ["last loss", f"{log[-1]['loss']:.3g} nats"],
        ["machine", f"{machine['processor']}, {machine['cores']} cores"],
        ["versions", ", ".join(f"{name} {version}" for name, version in versions.items())],
        ["seeds", f"data {data.seed}, training {recipe.training.seed}"],
    ]
    return table(["fit", ""], rows)


def _lengths(folder: Path) -> str:
    rows = [
        [
            f"`{row['operator']}`",
            f"{int(row['first digits']):,} and {int(row['second digits']):,}",
            row["kind"],
            f"{int(row['problems']):,}",
            row["wrong"],
        ]
        for row in read(folder / FILE)
    ]
    return table(["operator", "digits", "numbers", "problems", "wrong"], rows)


def _whole(folder: Path) -> str:
    rows = [
        [
            _code(row["expressions"]),
            f"{int(row['count']):,}",
            *(
                f"{int(row[name]):,}" if row[name] else ""
                for name in ("most symbols", "most steps")
            ),
            f"{int(row['divide by zero']):,}",
            row["wrong"],
        ]
        for row in read(folder / whole.FILE)
    ]
    head = ["expressions", "how many", "most symbols", "most steps", "divide by zero", "wrong"]
    return table(head, rows)


def _code(name: str) -> str:
    return f"`{name}`" if name in STRUCTURED and not name[-1:].isalpha() else name
