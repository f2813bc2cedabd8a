"""Writes what the card of ``longhand`` tells of fit and study, and draws its pictures."""

from __future__ import annotations

import json
from pathlib import Path

from exprinfer import Evaluator
from exprinfer.model import Model
from training.card import table, write_section
from training.longhand.pictures import animate, draw_growth
from training.longhand.study import FILE, GROWTH_FILE
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
    animate(evaluator.work(SHOWN), SHOWN, folder / "work.gif")
    write_section(folder / "README.md", "report", _training(folder, recipe))
    if (folder / FILE).exists():
        draw_growth(read(folder / GROWTH_FILE), folder / "growth.png")
        write_section(folder / "README.md", "lengths", _lengths(folder))


def _training(folder: Path, recipe: Recipe) -> str:
    log = read_log(folder / f"{recipe.name}.csv")
    record = json.loads((folder / f"{recipe.name}.json").read_text())
    perfect = next((row for row in log if row["wrong"] == 0), None)
    machine, versions = record["machine"], record["versions"]
    rows = [
        ["problems traced", f"{recipe.data.samples:,} of 1 to {recipe.data.digits} digits"],
        ["different situations in them", f"{int(log[-1]['situations']):,}"],
        ["updates", f"{record['updates']:,} of {recipe.training.batch_size} situations"],
        ["time", f"{record['seconds']:.0f} s on {recipe.training.threads} thread(s)"],
        ["first without a wrong decision", f"{perfect['seconds']:.1f} s" if perfect else "never"],
        ["last loss", f"{log[-1]['loss']:.3g} nats"],
        ["machine", f"{machine['processor']}, {machine['cores']} cores"],
        ["versions", ", ".join(f"{name} {version}" for name, version in versions.items())],
        ["seeds", f"data {recipe.data.seed}, training {recipe.training.seed}"],
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
