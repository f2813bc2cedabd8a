"""The study ``length``: numbers far longer than any that longhand learned from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click

import exprinfer
from exprinfer import Evaluator
from exprinfer.runtime.model import Model
from training.files import read_rows, write_rows
from training.longhand.problems import Problem, awkward_problem, random_problem
from training.longhand.timing import measure

FILE, GROWTH_FILE = "lengths.csv", "growth.csv"
SEED = 4_000_003
DRAWS = {"random": random_problem, "awkward": awkward_problem}


@dataclass(frozen=True)
class Cell:
    """One kind of problem.

    Attributes:
        operators: The operators, one character each.
        first_digits: Digits of the first number.
        second_digits: Digits of the second number.
        problems: Number of random problems, and of awkward ones, for each operator.
    """

    operators: str
    first_digits: int
    second_digits: int
    problems: int


CELLS = (
    Cell("+-", 10, 10, 5_000),
    Cell("+-", 100, 100, 5_000),
    Cell("+-", 1_000, 1_000, 200),
    Cell("*", 10, 10, 5_000),
    Cell("*", 100, 100, 500),
    Cell("*", 300, 300, 100),
    Cell("/", 20, 10, 5_000),
    Cell("/", 100, 50, 500),
    Cell("/", 200, 100, 100),
)
#: Digits of both numbers, and number of problems, of which steps and time are measured.
GROWTH_DIGITS, GROWTH_PROBLEMS = (1, 2, 4, 8, 16, 32, 64, 128), 64


def study(models: Path) -> None:
    """Evaluate the cells not yet in ``models/longhand/lengths.csv``, and measure the growth.

    Raises:
        ModelNotFoundError: If there is no such model file.
        ModelFileError: If the file cannot be opened.
    """
    folder = models / "longhand"
    evaluator = exprinfer.load(str(folder / "model.onnx"), "cpu", threads=1)
    rows = read_rows(folder / FILE)
    done = {(row["operator"], row["first digits"], row["kind"]) for row in rows}
    for row in _cells(evaluator, done):
        rows.append(row)
        write_rows(folder / FILE, rows)
        click.echo(", ".join(f"{name} {value}" for name, value in row.items()))
    write_rows(folder / GROWTH_FILE, list(_growth(folder)))


def _cells(evaluator: Evaluator, done: set[tuple[str, str, str]]) -> Iterator[dict[str, str]]:
    for cell in CELLS:
        for operator in cell.operators:
            for kind, draw in DRAWS.items():
                if (operator, str(cell.first_digits), kind) in done:
                    continue
                rng = Random(f"{SEED} {operator} {cell.first_digits} {kind}")
                digits = cell.first_digits, cell.second_digits
                drawn = [draw(rng, operator, *digits) for _ in range(cell.problems)]
                wrong = _wrong(evaluator, drawn)
                row = (operator, *digits, kind, len(drawn), len(wrong), wrong[0] if wrong else "")
                names = ("operator", "first digits", "second digits", "kind", "problems", "wrong")
                yield dict(zip((*names, "first wrong"), map(str, row), strict=True))


def _wrong(evaluator: Evaluator, drawn: list[Problem]) -> list[str]:
    """Return the problems that are answered wrong."""
    answers = evaluator.evaluate_batch([problem.text for problem in drawn]).answers
    return [
        problem.text
        for problem, answer in zip(drawn, answers.tolist(), strict=True)
        if answer != str(problem.value)
    ]


def _growth(folder: Path) -> Iterator[dict[str, object]]:
    """Measure steps, and milliseconds of one thread, by operator and digits."""
    model = Model(folder / "model.onnx", "cpu")
    rng = Random(SEED)
    for operator in "+-*/":
        for digits in GROWTH_DIGITS:
            second = max(1, digits // 2) if operator == "/" else digits
            texts = [
                random_problem(rng, operator, digits, second).text for _ in range(GROWTH_PROBLEMS)
            ]
            steps, seconds = measure(model, texts)
            yield {
                "operator": operator,
                "digits": digits,
                "second digits": second,
                "steps": round(float(steps.mean()), 1),
                "most steps": int(steps.max()),
                "milliseconds": round(1_000 * seconds / len(texts), 4),
            }
