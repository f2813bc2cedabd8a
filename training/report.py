"""Write the training section of a model card and draw its plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import exprinfer
from exprinfer.runtime.model_file import find
from training.card import check_sections, table, write_section
from training.evaluation import DomainMaps, domain_maps
from training.exact_findings import write_findings
from training.exact_variants import FILE
from training.files import read_rows
from training.plots import draw_curve, draw_doubt, draw_errors
from training.recipe import Recipe, chain

#: The model that the error maps of the others are shown with, if it is in the same folder and has
#: the same operand ranges.
BASELINE = "gist"
#: Shares right of which a card says when they were first reached.
MILESTONES = (0.99, 0.999, 1.0)


def report(recipe: Recipe, models: Path) -> None:
    """Draw ``errors.png``, ``doubt.png`` and ``curve.png``; write the card's training section.

    If the folder of the model has a ``study.csv``, its tables and its plot are made too.

    Args:
        recipe: The recipe.
        models: Folder of the models.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
        FileNotFoundError: If there is no log of the run beside it.
        ValueError: If the card lacks a section.
    """
    name = recipe.model.name
    folder = models / name
    find(folder / "model.onnx")
    check_sections(folder / "README.md", "report")
    steps = [step.name for step in chain(recipe)]
    logs = {step: read_log(folder / f"{step}.csv") for step in steps}
    maps = {name: _evaluate(models, name)}
    if name != BASELINE and (models / BASELINE / "model.onnx").exists():
        baseline = _evaluate(models, BASELINE)
        if baseline.operands == maps[name].operands:
            maps = {BASELINE: baseline, **maps}
    draw_errors(maps, folder / "errors.png")
    draw_doubt(maps[name], folder / "doubt.png", name)
    draw_curve(logs, folder / "curve.png")
    if (folder / FILE).exists():
        write_findings(folder)
    sections = [_training(folder, step) for step in steps]
    write_section(folder / "README.md", "report", "\n\n".join(sections))


def read_log(file: Path) -> list[dict[str, float]]:
    """Return the rows of a run's log.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if not file.is_file():
        raise FileNotFoundError(f"no log {file}; export copies it from the run")
    return [{key: float(value) for key, value in row.items()} for row in read_rows(file)]


def where_fitted(record: dict[str, Any]) -> list[list[str]]:
    """Return the rows of a card's table that name hardware and versions of a run."""
    machine, versions = record["machine"], record["versions"]
    processor = f"{machine['processor']}, {machine['cores']} cores"
    return [
        ["hardware", machine["gpu"] or processor],
        ["versions", ", ".join(f"{name} {version}" for name, version in versions.items())],
    ]


def _evaluate(models: Path, name: str) -> DomainMaps:
    return domain_maps(exprinfer.load(str(models / name / "model.onnx"), "cpu"), name)


def _training(folder: Path, step: str) -> str:
    """Return the table of one run: how long, on what hardware, and how well it ended."""
    record = json.loads((folder / f"{step}.json").read_text())
    log = read_log(folder / f"{step}.csv")
    recipe = record["recipe"]
    batch, threads = recipe["training"]["batch_size"], recipe["training"]["threads"]
    rows = [
        ["updates", f"{record['updates']:,}"],
        ["expressions shown (with repeats)", f"{record['updates'] * batch:,}"],
        ["time", f"{record['seconds'] / 60:.1f} minutes on {threads} thread(s)"],
        *where_fitted(record),
        ["seeds", f"data {recipe['data']['seed']}, training {recipe['training']['seed']}"],
        ["last loss per symbol", f"{log[-1]['loss']:.3g} nats"],
        ["last accuracy per symbol", f"{log[-1]['symbol_accuracy']:.3%}"],
        ["last exact match on the validation data", f"{log[-1]['exact_match']:.3%}"],
        *_milestones(log, batch),
    ]
    return table([f"run `{step}`", ""], rows)


def _milestones(log: list[dict[str, float]], batch: int) -> list[list[Any]]:
    rows = []
    for share in MILESTONES:
        reached = next((row for row in log if row["exact_match"] >= share), None)
        if reached:
            minutes, shown = reached["seconds"] / 60, reached["update"] * batch
            text = f"{minutes:.1f} minutes, {shown:,.0f} expressions"
            rows.append([f"{share:.1%} exact match after", text])
    return rows
