"""How far ``longhand`` carries: problems far longer than any it learned from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click
import numpy as np
from numpy.typing import NDArray

from exprinfer import Evaluator
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.runtime.model import Model
from training.longhand.problems import Problem, awkward_problem, random_problem
from training.run import write_rows
from training.study import read

FILE, GROWTH_FILE = "lengths.csv", "growth.csv"
SEED = 4_000_003
DRAWS = {"random": random_problem, "awkward": awkward_problem}


@dataclass(frozen=True)
class Cell:
    """One kind of problem."""

    operators: str
    first_digits: int
    second_digits: int
    problems: int
    """How many random ones, and how many awkward ones, for each operator."""


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
#: Digits of both numbers, and how many problems, whose steps and time are measured.
GROWTH_DIGITS, GROWTH_PROBLEMS = (1, 2, 4, 8, 16, 32, 64, 128), 64
#: How often the time is taken; the shortest counts.
REPEATS = 3


def study(models: Path) -> None:
    """Evaluate the cells not yet in ``models/longhand/lengths.csv``, and measure the growth."""
    folder = models / "longhand"
    evaluator = Evaluator([Model(folder / "model.onnx", "cpu")], threads=1)
    rows = read(folder / FILE)
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
    column = evaluator.evaluate_batch([problem.text for problem in drawn])
    return [
        problem.text
        for problem, answer in zip(drawn, column.answers.tolist(), strict=True)
        if answer != str(problem.value)
    ]


def _seconds(model: Model, tokens: NDArray[np.uint8], lengths: NDArray[np.int64]) -> float:
    began = time.perf_counter()
    for rows in model.batches(tokens, lengths, len(tokens)):
        model.answer(tokens[rows])
    return time.perf_counter() - began


def _growth(folder: Path) -> Iterator[dict[str, object]]:
    """Steps, and milliseconds of one thread, for random numbers of so many digits each."""
    model = Model(folder / "model.onnx", "cpu")
    alphabet = Alphabet(SYMBOLS)
    rng = Random(SEED)
    for operator in "+-*/":
        for digits in GROWTH_DIGITS:
            second = max(1, digits // 2) if operator == "/" else digits
            texts = [
                random_problem(rng, operator, digits, second).text for _ in range(GROWTH_PROBLEMS)
            ]
            tokens, lengths = alphabet.encode(texts)
            limits = np.array([2**62])
            steps = model.session.states(tokens, limits)["steps"].astype(float)
            seconds = min(_seconds(model, tokens, lengths) for _ in range(REPEATS))
            yield {
                "operator": operator,
                "digits": digits,
                "second digits": second,
                "steps": round(float(steps.mean()), 1),
                "most steps": int(steps.max()),
                "milliseconds": round(1_000 * seconds / len(texts), 4),
            }
