"""Compare the bound of ``exprinfer.runtime.fewest_steps`` with the steps that ``longhand`` takes.

``python -m tests.fuzz.steps 20000`` does this for so many expressions.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import click
import numpy as np

from exprinfer.language.tokenizer import encode
from exprinfer.runtime.cost import steps_of
from exprinfer.runtime.fewest_steps import fewest_steps
from exprinfer.runtime.model_file import find
from exprinfer.runtime.session import Session
from exprinfer.runtime.tapes import UNLIMITED, run_until

ROWS = 512


def expressions(count: int, seed: int) -> list[str]:
    """Return random expressions; numbers of zeros, ones and nines are frequent."""
    draw = random.Random(seed)
    return [_expression(draw, 2, draw.choice([3, 6, 12, 24])) for _ in range(count)]


def _number(draw: random.Random, longest: int) -> str:
    size = draw.choice([1, 1, 2, 3, draw.randint(1, longest)])
    kind = draw.choice(["ten", "nines", "zero", "any", "any", "any"])
    if kind == "ten":
        return "1" + "0" * (size - 1)
    if kind == "nines":
        return "9" * size
    if kind == "zero":
        return "0" * draw.randint(1, 2) + draw.choice(["", "7"])
    return "".join(draw.choices("0123456789", k=size))


def _expression(draw: random.Random, depth: int, longest: int) -> str:
    parts = []
    for place in range(draw.randint(1, 6)):
        parts.append(draw.choice("+-***///") if place else "")
        parts.append("-" * draw.choice([0, 0, 0, 1, 2]))
        nested = depth and draw.random() < 0.2
        inner = _expression(draw, depth - 1, longest) if nested else ""
        parts.append(f"({inner})" if nested else _number(draw, longest))
    return "".join(parts)


def hostile(longest: int) -> list[str]:
    """Return the costliest shapes that are known, and their cheapest relatives."""
    texts = []
    for size in range(1, longest, 3):
        for digit in ("9", "1", "10", "0"):
            number = (digit + "0" * size)[:size] if digit != "9" else "9" * size
            for other in ("1", "9", "10", "99", "1" + "0" * (size // 2), "9" * size, number):
                for operator in "*/":
                    texts.append(f"{number}{operator}{other}")
                    texts.append(number + f"{operator}{other}" * 3)
                    texts.append(f"({number}){operator}{other}*{other}/{other}")
        texts.append("9" * size + "/1" * (size // 2))
        texts.append("1" + "0" * size + "/1" * (size // 2))
        texts.append("1" + "0" * (size // 4) + "/9*" + "9" * size)
        texts.append("*".join(["11"] * size))
    return texts


def steps_taken(texts: Sequence[str]) -> list[int]:
    """Return the number of steps that ``longhand`` takes for each text, also before an error."""
    session = Session(find("longhand"), "cpu")
    taken = np.zeros(len(texts), np.int64)
    order = sorted(range(len(texts)), key=lambda row: steps_of(texts[row]))
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        tokens, _ = encode([texts[row] for row in rows])
        taken[rows] = run_until(session, tokens, np.array([UNLIMITED])).steps
    return taken.tolist()


@click.command()
@click.argument("count", type=int)
@click.option("--seed", default=1, show_default=True)
def main(count: int, seed: int) -> None:
    """Fail if an expression takes fewer steps than the bound."""
    texts = [*expressions(count, seed), *hostile(40)]
    bounds, taken = np.array(list(map(fewest_steps, texts))), np.array(steps_taken(texts))
    click.echo(f"{len(texts):,} expressions of up to {max(map(len, texts))} symbols")
    click.echo(f"they took {taken.sum():,} steps, {taken.max():,} at most")
    shares = np.percentile(bounds / taken, [0, 10, 50, 90, 100]).round(3).tolist()
    click.echo(f"bound / steps: {shares} (least, 10%, median, 90%, most)")
    if wrong := np.flatnonzero(bounds > taken).tolist():
        first = wrong[0]
        raise click.ClickException(
            f"{len(wrong)} took fewer steps, such as {texts[first]}: {taken[first]} of "
            f"{bounds[first]}"
        )


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz.steps")
