"""The study ``whole``: whole expressions far larger than those that longhand learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeAlias

import click
import numpy as np

import exprinfer
from exprinfer import Evaluator, Prediction
from exprinfer.runtime.model import Model
from training.files import read_rows, write_rows
from training.longhand.machine import DIVIDED_BY_ZERO, LONGEST_INPUT
from training.longhand.problems import fuzz
from training.longhand.problems.trees import (
    STRUCTURED,
    Tree,
    join_sum,
    join_well,
    nested,
    structured,
    tree,
)
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import TransitionTable
from training.longhand.teacher import TEACHER
from training.longhand.timing import measure

FILE, GROWTH_FILE = "whole.csv", "whole-growth.csv"
SEED = 5_000_011
#: Expressions of one call.
CHUNK_ROWS = 10_000
#: Numbers of operands of the random expressions of which steps and time are measured, and how many
#: expressions for each.
GROWTH_OPERANDS, GROWTH_EXPRESSIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256), 64
Draw: TypeAlias = Callable[[Random], Tree]
FUZZED, FUZZED_TEXTS = "any text, by load()", 1_000_000


@dataclass(frozen=True)
class Kind:
    """One kind of expression.

    Attributes:
        name: Its name in the table.
        expressions: Number of expressions.
        draw: Draws one of them.
    """

    name: str
    expressions: int
    draw: Draw


KINDS = (
    Kind(
        "2 to 20 operands of 1 to 6 digits, depth to 8",
        200_000,
        lambda rng: tree(rng, rng.randint(2, 20), 8, 6),
    ),
    Kind(
        "50 to 200 operands of 1 to 6 digits",
        2_000,
        lambda rng: tree(rng, rng.randint(50, 200), 12, 6),
    ),
    Kind("brackets 200 deep", 500, lambda rng: nested(rng, 200, 3)),
    Kind(
        "2 to 6 operands of up to 100 digits",
        200,
        lambda rng: tree(rng, rng.randint(2, 6), 5, 100),
    ),
    *(
        Kind(name, 300, lambda rng, name=name: structured(rng, name, rng.randint(1, 30)))  # type: ignore[misc]
        for name in STRUCTURED
    ),
)


def study(models: Path) -> None:
    """Evaluate the kinds not yet in ``models/longhand/whole.csv``, and measure the growth.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
    """
    folder = models / "longhand"
    rows = read_rows(folder / FILE)
    done = {row["expressions"] for row in rows}
    for row in _rows(folder / "model.onnx", done):
        rows.append(row)
        write_rows(folder / FILE, rows)
        click.echo(", ".join(f"{name} {value}" for name, value in row.items()))
    write_rows(folder / GROWTH_FILE, list(_growth(folder)))


def _rows(file: Path, done: set[str]) -> Iterator[dict[str, str]]:
    evaluator = exprinfer.load(str(file), "cpu", threads=1)
    table = TransitionTable(TEACHER)
    for kind in KINDS:
        if kind.name not in done:
            yield _row(kind, evaluator, table)
    if FUZZED not in done:
        yield _fuzz(FUZZED_TEXTS)


def _row(kind: Kind, evaluator: Evaluator, table: TransitionTable) -> dict[str, str]:
    """Evaluate one kind of expression, by the file and by the teacher."""
    rng = Random(f"{SEED} {kind.name}")
    wrong: dict[str, list[str]] = {"teacher": [], "file": []}
    symbols, steps, by_zero = [], [], 0
    for start in range(0, kind.expressions, CHUNK_ROWS):
        drawn = _drawn(kind, rng, min(CHUNK_ROWS, kind.expressions - start))
        texts = [expression.text for expression in drawn]
        taught = simulate(table, texts)
        symbols += [len(text) for text in texts]
        steps += taught.steps.tolist()
        for expression, answer, found in zip(
            drawn, taught.answers.tolist(), evaluator.evaluate_batch(texts), strict=True
        ):
            by_zero += expression.value is None
            right = DIVIDED_BY_ZERO if expression.value is None else str(expression.value)
            if answer != right:
                wrong["teacher"].append(expression.text)
            if _answer(found) != right or found.certified != (expression.value is not None):
                wrong["file"].append(expression.text)
    return {
        "expressions": kind.name,
        "count": str(kind.expressions),
        "mean symbols": f"{np.mean(symbols):.0f}",
        "most symbols": str(max(symbols)),
        "mean steps": f"{np.mean(steps):.0f}",
        "most steps": str(max(steps)),
        "divide by zero": str(by_zero),
        "wrong of the teacher": str(len(wrong["teacher"])),
        "wrong": str(len(wrong["file"])),
        "first wrong": (wrong["file"] or wrong["teacher"] or [""])[0],
    }


def _drawn(kind: Kind, rng: Random, count: int) -> list[Tree]:
    """Draw expressions that are short enough for the model."""
    drawn: list[Tree] = []
    while len(drawn) < count:
        one = kind.draw(rng)
        if len(one.text) <= LONGEST_INPUT:
            drawn.append(one)
    return drawn


def _answer(found: Prediction) -> str | None:
    if found.error:
        return DIVIDED_BY_ZERO if found.error.code == "division_by_zero" else found.error.code
    return found.answer


def _fuzz(count: int) -> dict[str, str]:
    """Evaluate random texts: each must get its right answer, certified, or its right error."""
    evaluator = exprinfer.load(device="cpu", threads=1)
    texts, wrong, by_zero = list(fuzz.texts(SEED, count)), [], 0
    for start in range(0, count, CHUNK_ROWS):
        part = texts[start : start + CHUNK_ROWS]
        for text, found in zip(part, evaluator.evaluate_batch(part), strict=True):
            verdict = fuzz.read(text)
            by_zero += verdict.error == "division_by_zero"
            if found.error:
                same = (found.error.code, found.error.position) == (verdict.error, verdict.position)
            else:
                same = verdict.error is None and found.answer == str(verdict.value)
            if not same or found.certified != (verdict.error is None):
                wrong.append(text)
    return {
        "expressions": FUZZED,
        "count": str(count),
        "mean symbols": f"{np.mean([len(text) for text in texts]):.0f}",
        "most symbols": str(max(map(len, texts))),
        "mean steps": "",
        "most steps": "",
        "divide by zero": str(by_zero),
        "wrong of the teacher": "",
        "wrong": str(len(wrong)),
        "first wrong": wrong[0] if wrong else "",
    }


def _growth(folder: Path) -> Iterator[dict[str, object]]:
    """Measure steps, and expressions per second of one thread, by operators and operands."""
    model = Model(folder / "model.onnx", "cpu")
    for operators, joined in (("+ -", join_sum), ("+ - * /", join_well)):
        for operands in GROWTH_OPERANDS:
            rng = Random(f"{SEED} {operators} {operands}")
            depth = (operands - 1).bit_length() + 2
            texts: list[str] = []
            while len(texts) < GROWTH_EXPRESSIONS:
                drawn = tree(rng, operands, depth, 4, joined)
                if drawn.value is not None and len(drawn.text) <= LONGEST_INPUT:
                    texts.append(drawn.text)
            steps, seconds = measure(model, texts)
            yield {
                "operators": operators,
                "operands": operands,
                "symbols": round(float(np.mean([len(text) for text in texts])), 1),
                "steps": round(float(steps.mean()), 1),
                "most steps": int(steps.max()),
                "a second": round(len(texts) / seconds, 2),
            }
