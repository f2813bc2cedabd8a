"""Writes what a model card tells of the training, and draws its pictures."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import exprinfer
from training.card import table, write_section
from training.certify import Judged, judge
from training.expressions import enumerate_domain
from training.findings import write_findings
from training.pictures import draw_curve, draw_doubt, draw_errors
from training.recipe import Recipe, chain
from training.study import FILE

#: The model that the others' error maps stand beside.
BASELINE = "gist"
#: Shares right whose first reaching a card tells.
MILESTONES = (0.99, 0.999, 1.0)


def report(recipe: Recipe, models: Path) -> None:
    """Draw ``errors.png``, ``doubt.png`` and ``curve.png``; write the card's training section.

    Raises exprinfer's errors where there is no such model, FileNotFoundError without its log.
    """
    name = recipe.model.name
    folder = models / name
    judged = {name: _judge(models, name)}
    if name != BASELINE:
        judged = {BASELINE: _judge(models, BASELINE), **judged}
    draw_errors(judged, folder / "errors.png")
    draw_doubt(judged[name], folder / "doubt.png", name)
    steps = [step.name for step in chain(recipe)]
    draw_curve({step: read_log(folder / f"{step}.csv") for step in steps}, folder / "curve.png")
    if (folder / FILE).exists():
        write_findings(folder)
    sections = [_training(folder, step) for step in steps]
    write_section(folder / "README.md", "report", "\n\n".join(sections))


def read_log(file: Path) -> list[dict[str, float]]:
    """The rows of a run's log."""
    with file.open() as lines:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(lines)]


def _judge(models: Path, name: str) -> Judged:
    evaluator = exprinfer.load(str(models / name / "model.onnx"), "cpu")
    return judge(evaluator, enumerate_domain())


def _training(folder: Path, step: str) -> str:
    """The table of one run: how long, where, with what, and how far it came."""
    record = json.loads((folder / f"{step}.json").read_text())
    log = read_log(folder / f"{step}.csv")
    recipe, machine, versions = record["recipe"], record["machine"], record["versions"]
    where = machine["gpu"] or f"{machine['processor']}, {machine['cores']} cores"
    batch, threads = recipe["training"]["batch_size"], recipe["training"]["threads"]
    rows = [
        ["updates", f"{record['updates']:,}"],
        ["samples seen", f"{record['updates'] * batch:,}"],
        ["time", f"{record['seconds'] / 60:.1f} minutes on {threads} thread(s)"],
        ["machine", where],
        ["versions", ", ".join(f"{name} {version}" for name, version in versions.items())],
        ["seeds", f"data {recipe['data']['seed']}, training {recipe['training']['seed']}"],
        ["last loss per symbol", f"{log[-1]['loss']:.3g} nats"],
        ["last accuracy per symbol", f"{log[-1]['symbol_accuracy']:.3%}"],
        ["last exact match on what is watched", f"{log[-1]['exact_match']:.3%}"],
        *_milestones(log, batch),
    ]
    return table([f"run `{step}`", ""], rows)


def _milestones(log: list[dict[str, float]], batch: int) -> list[list[Any]]:
    rows = []
    for share in MILESTONES:
        reached = next((row for row in log if row["exact_match"] >= share), None)
        if reached:
            samples = f"{reached['update'] * batch:,.0f} samples"
            rows.append(
                [f"{share:.1%} of it reached", f"{reached['seconds'] / 60:.1f} minutes, {samples}"]
            )
    return rows
