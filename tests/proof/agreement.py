"""Compare the table, run without a network, with the shipped file and with Python's integers.

``python -m tests.proof.agreement [DIVISOR]`` compares 100,000 random expressions and the structured
kinds, prints a line for each kind, and stops at the first difference. With a divisor it compares
fewer.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType
from typing import TypeAlias

import exprinfer
from training.longhand.machine import DIVIDED_BY_ZERO, LONGEST_INPUT
from training.longhand.problems.operations import value
from training.longhand.problems.trees import Tree
from training.longhand.studies.whole import KINDS as STUDIED

FOLDER = Path(__file__).parents[2] / "models" / "longhand" / "proof"
SEED = 1
#: A text, and the answer that Python's integers give.
Drawn: TypeAlias = tuple[str, str]
#: At most so many expressions of a kind of the study: the largest ones take many steps.
MOST = {"2 to 20": 20_000, "50 to 200": 200, "brackets 200": 200, "2 to 6": 100}


@dataclass(frozen=True)
class Agreement:
    """What was compared of one kind.

    Attributes:
        expressions: Number of expressions.
        by_zero: Number of those that divide by zero.
        symbols: Length of the longest one.
        steps: The largest number of steps.
        share: The largest number of steps, as a share of the limit for this length.
    """

    expressions: int
    by_zero: int
    symbols: int
    steps: int
    share: float


def load(name: str) -> ModuleType:
    """Import a program of the proof's folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"proof_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


interpret = load("interpret")


class _ZeroDivisorError(Exception):
    """A division by zero."""


def _quotient(a: int, b: int) -> int:
    if b == 0:
        raise _ZeroDivisorError
    return value(a, "/", b)


def _random_expression(rng: Random, depth: int) -> tuple[str, int, int]:
    """Return a text, its value and its level: 2 for a factor, 1 for a product, 0 for a sum."""
    kind = rng.choice("ndd" if depth == 0 else "n-(+*/+*/")
    if depth == 0 or kind == "n":
        text = "".join(rng.choices("0123456789", k=rng.choice([1, 1, 2, 3, 5])))
        return text, int(text), 2
    text, found, level = _random_expression(rng, depth - 1)
    if kind in "-(":
        text = text if level == 2 and kind == "-" else f"({text})"
        return ("-" + text, -found, 2) if kind == "-" else (text, found, 2)
    other, second, under = _random_expression(rng, depth - 1)
    if kind in "*/":
        text = text if level >= 1 else f"({text})"
        other = other if under == 2 else f"({other})"
        return text + kind + other, found * second if kind == "*" else _quotient(found, second), 1
    sign = rng.choice("+-")
    other = other if under >= 1 else f"({other})"
    return text + sign + other, found + second if sign == "+" else found - second, 0


def random_expressions(seed: int) -> Iterator[Drawn]:
    """Draw expressions of at most 100 symbols; about one in eleven divides by zero."""
    rng = Random(seed)
    while True:
        try:
            text, found, _ = _random_expression(rng, rng.randint(1, 4))
        except _ZeroDivisorError:
            continue
        if len(text) <= 100:
            yield text, str(found)
            if rng.random() < 0.1:
                yield f"{text}*2/(0*{text if text.isdigit() else 7})", DIVIDED_BY_ZERO


def kinds() -> dict[str, tuple[int, Iterator[Drawn]]]:
    """Return the number of expressions of each kind, and an iterator that draws them."""
    found = {"random": (100_000, random_expressions(SEED))}
    for kind in STUDIED:
        most = next((count for name, count in MOST.items() if kind.name.startswith(name)), 300)
        found[kind.name] = most, _studied(kind.draw, Random(f"{SEED} {kind.name}"))
    return found


def _studied(draw: Callable[[Random], Tree], rng: Random) -> Iterator[Drawn]:
    while True:
        tree = draw(rng)
        if len(tree.text) <= LONGEST_INPUT:
            yield tree.text, DIVIDED_BY_ZERO if tree.value is None else str(tree.value)


def compare(drawn: list[Drawn]) -> Agreement:
    """Compare the three answers to each expression, the steps and the reach of the heads.

    Raises:
        AssertionError: If they differ, or if a run exceeds the limits of the model.
    """
    looks, table = interpret.read_table()
    predictions = exprinfer.load("longhand", "cpu").evaluate_many([text for text, _ in drawn])
    by_zero, most_steps, share = 0, 0, 0.0
    for (text, expected), prediction in zip(drawn, predictions, strict=True):
        answer, steps, left, right = interpret.run(looks, table, text)
        n = len(text)
        limit = 14 * n * n + 20 * n + 20
        assert answer == expected, text
        assert len(answer) <= n, text
        assert steps <= limit, text
        assert -(n + 2) <= left <= right <= n + 1, text
        if expected == DIVIDED_BY_ZERO:
            by_zero += 1
            assert prediction.error is not None, text
            assert prediction.error.code == "division_by_zero", text
        else:
            assert prediction.answer == expected, text
        most_steps, share = max(most_steps, steps), max(share, steps / limit)
    longest = max(len(text) for text, _ in drawn)
    return Agreement(len(drawn), by_zero, longest, most_steps, share)


def main(divisor: int) -> None:
    print(
        f"{'kind':<46}{'expressions':>12}{'by zero':>9}{'symbols':>9}{'steps':>9}{'of limit':>10}"
    )
    total = 0
    for name, (count, draws) in kinds().items():
        found = compare([next(draws) for _ in range(max(1, count // divisor))])
        total += found.expressions
        print(
            f"{name:<46}{found.expressions:>12,}{found.by_zero:>9,}{found.symbols:>9,}"
            f"{found.steps:>9,}{found.share:>10.1%}",
            flush=True,
        )
    print(f"{total:,} expressions: table, file and integers agree")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
