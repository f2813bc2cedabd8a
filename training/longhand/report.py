"""Write the training and study sections of the card of longhand, and draw its plots."""

from __future__ import annotations

import json
from pathlib import Path

import exprinfer
from training.card import check_sections, table, write_section
from training.files import read_rows
from training.longhand.inference_record import read_record
from training.longhand.plots import animate, draw_growth, draw_whole
from training.longhand.problems.trees import STRUCTURED
from training.longhand.studies import length, whole
from training.longhand.studies.card import write_studies
from training.recipe import Recipe
from training.report import read_log, where_fitted

#: The multiplication that the animation shows.
SHOWN = "978*-46"


def report(recipe: Recipe, models: Path) -> None:
    """Draw ``work.gif`` and write the card's training section.

    If the folder of the model has the files of a study, its section and its plot are made too:
    ``growth.png`` for length and ``whole.png`` for whole. The other studies have no plot.

    Args:
        recipe: The recipe.
        models: Folder of the models.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
        FileNotFoundError: If the log of the run or the record of the inference is missing.
        ValueError: If the card lacks a section, or the record belongs to another file.
    """
    folder = models / recipe.model.name
    evaluator = exprinfer.load(str(folder / "model.onnx"), "cpu")
    check_sections(folder / "README.md", "report")
    animate(evaluator.trace(SHOWN), SHOWN, folder / "work.gif")
    write_section(folder / "README.md", "report", _training(folder, recipe))
    if (folder / length.FILE).exists():
        draw_growth(read_rows(folder / length.GROWTH_FILE), folder / "growth.png")
        write_section(folder / "README.md", "lengths", _lengths(folder))
    if (folder / whole.FILE).exists():
        draw_whole(read_rows(folder / whole.GROWTH_FILE), folder / "whole.png")
        write_section(folder / "README.md", "whole", _whole(folder))
    write_studies(folder)


def _training(folder: Path, recipe: Recipe) -> str:
    log = read_log(folder / f"{recipe.name}.csv")
    record = json.loads((folder / f"{recipe.name}.json").read_text())
    perfect = next((row for row in log if row["wrong"] == 0), None)
    inferred = read_record(folder / "model.onnx")
    data, tries = recipe.data, inferred["tries"]
    rows = [
        ["states given", f"{inferred['states_given']} of {inferred['states_found']}"],
        ["expressions shown", f"{inferred['expressions']:,}"],
        [
            "largest of them",
            f"{data.operands} operands of {data.digits} digits, {data.depth} operators deep",
        ],
        ["questions to the teacher", f"{inferred['questions']:,}"],
        ["continuations of the last try", f"{tries[-1]['continuations']}"],
        ["states found in each try", ", ".join(str(one["states"]) for one in tries)],
        ["transitions found", f"{inferred['transitions']:,}"],
        [
            "of these, shown by no expression",
            f"{inferred['transitions_that_no_expression_showed']:,}",
        ],
        ["time to infer", f"{inferred['seconds']:.0f} s"],
        ["updates", f"{record['updates']:,} of {recipe.training.batch_size} transitions"],
        ["time to fit", f"{record['seconds']:.0f} s on {recipe.training.threads} thread(s)"],
        ["no wrong decision after", f"{perfect['seconds']:.1f} s" if perfect else "never"],
        ["last loss", f"{log[-1]['loss']:.3g} nats"],
        *where_fitted(record),
        ["seeds", f"expressions and questions {data.seed}, training {recipe.training.seed}"],
    ]
    return table([f"run `{recipe.name}`", ""], rows)


def _lengths(folder: Path) -> str:
    rows = [
        [
            f"`{row['operator']}`",
            f"{int(row['first digits']):,} and {int(row['second digits']):,}",
            row["kind"],
            f"{int(row['problems']):,}",
            row["wrong"],
        ]
        for row in read_rows(folder / length.FILE)
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
        for row in read_rows(folder / whole.FILE)
    ]
    head = ["expressions", "number", "most symbols", "most steps", "divide by zero", "wrong"]
    return table(head, rows)


def _code(name: str) -> str:
    return f"`{name}`" if name in STRUCTURED and not name[-1:].isalpha() else name
