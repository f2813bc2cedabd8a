"""What several networks say about the held-out orbits: their vote, and what they agree on.

The networks are those of the study ``orbits``. No truth of the held-out tenth decides anything: it
is read once, after the answers were given, to count how many are right.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from training import networks
from training.data import orbit_numbers
from training.exact_study import unseen_rows
from training.exact_variants import orbit_variants
from training.expressions import FORMS, OPERATORS, Expressions, enumerate_domain
from training.files import write_rows
from training.fit import decoded
from training.recipe import Recipe
from training.run import Run

#: What the networks of a vote write, by the name of their network.
WRITING = {"exact": "answer", "working": "working and answer"}


def study(runs: Path, file: Path) -> None:
    """Put the held-out orbits to all networks of the study ``orbits``, and write the results of the
    vote into a CSV file: one row for each operator, and for each thing that networks write.

    Args:
        runs: Folder of the runs.
        file: The CSV file.

    Raises:
        click.ClickException: If none of the runs was made.
    """
    rows: list[dict[str, object]] = []
    for network, writing in WRITING.items():
        recipes = [
            recipe
            for recipe in orbit_variants().values()
            if recipe.model.network == network
            and recipe.data.split == "orbits"
            and _is_done(runs, recipe)
        ]
        if recipes:
            rows += [{"written": writing, **row} for row in _vote_rows(runs, recipes)]
    if not rows:
        raise click.ClickException(
            f"{runs} has none of the runs; run python -m training study orbits"
        )
    for row in rows:
        click.echo(", ".join(f"{key} {value}" for key, value in row.items()))
    write_rows(file, rows)


def _vote_rows(runs: Path, recipes: list[Recipe]) -> list[dict[str, object]]:
    domain = enumerate_domain()
    held_out = domain[np.flatnonzero(unseen_rows(recipes[0], domain))]
    written = np.stack([decoded(_fitted(runs, recipe), held_out) for recipe in recipes])
    agree = (written == written[0]).all(axis=0)
    expected = np.array(held_out.answers())
    right, right_of_twins = vote(written) == expected, vote_of_twins(written, held_out) == expected
    rows: list[dict[str, object]] = []
    for index, symbol in enumerate(OPERATORS):
        mine = held_out.operator == index
        row = {
            "operator": symbol,
            "networks": len(recipes),
            "unseen": int(mine.sum()),
            "vote_right": int(right[mine].sum()),
            "vote_of_twins_right": int(right_of_twins[mine].sum()),
            "agreed": int(agree[mine].sum()),
            "agreed_right": int(right[mine & agree].sum()),
        }
        rows.append(row)
    return rows


def vote(written: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the most frequent answer to each expression, of equally frequent ones the first.

    Args:
        written: The answers of each network, ``[networks, n]``.

    Returns:
        The chosen answers, ``[n]``.

    Example:
        >>> vote(np.array([["56", "9"], ["54", "9"], ["56", "8"]])).tolist()
        ['56', '9']
    """
    supporters = (written[:, None] == written[None]).sum(axis=1)  # of each network's answer
    elected: NDArray[np.str_] = written[supporters.argmax(axis=0), np.arange(written.shape[1])]
    return elected


def vote_of_twins(written: NDArray[np.str_], expressions: Expressions) -> NDArray[np.str_]:
    """Return the answers that the networks give most often, counted over all twins.

    This uses what signs and order mean: the value of ``-7*8`` is that of ``8*7`` with the other
    sign, and the value of ``5-8`` is that of ``8+-5`` with the other sign. It uses no value.

    Args:
        written: The answers of each network, ``[networks, n]``.
        expressions: The expressions, ``n`` of them.

    Returns:
        The chosen answers, ``[n]``; empty for an expression with no integer among the answers.

    Example:
        >>> twins = Expressions(*np.array([[7, 8, -7], [2, 2, 2], [8, 7, 8], [0, 0, 1]]))
        >>> vote_of_twins(np.array([["56", "54", "-56"]]), twins).tolist()
        ['56', '56', '-56']
    """
    group, sign = _twins(expressions)
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for answers in written.tolist():
        for one, factor, text in zip(group.tolist(), sign.tolist(), answers, strict=True):
            if re.fullmatch(r"-?\d+", text):
                counts[one][factor * int(text)] += 1
    elected = {one: count.most_common(1)[0][0] for one, count in counts.items()}
    return np.array(
        [
            str(factor * elected[one]) if one in elected else ""
            for one, factor in zip(group.tolist(), sign.tolist(), strict=True)
        ]
    )


def _twins(expressions: Expressions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a number for the twins with the same absolute value, and the sign of each.

    The sign is that of the value, or of 0 an arbitrary one.
    """
    plus, minus = OPERATORS.index("+"), OPERATORS.index("-")
    a, b = expressions.a, np.where(expressions.operator == minus, -expressions.b, expressions.b)
    sum_sign = np.where(np.abs(a) >= np.abs(b), np.sign(a), np.sign(b))
    is_sum = np.isin(expressions.operator, (plus, minus))
    sign = np.where(is_sum, sum_sign, np.sign(a) * np.sign(b))
    sign = np.where(expressions.form == list(FORMS).index("negated"), -sign, sign)
    # |a| + |b| and |a| - |b| are two values of one orbit.
    differs = is_sum & (np.sign(a) * np.sign(b) < 0)
    return 2 * orbit_numbers(expressions) + differs, np.where(sign < 0, -1, 1)


def _is_done(runs: Path, recipe: Recipe) -> bool:
    run = Run(runs / recipe.name, recipe)
    return run.exists() and run.progress().update == recipe.training.updates


def _fitted(runs: Path, recipe: Recipe) -> networks.Network:
    network = networks.build(recipe.model, recipe.data.ranges)
    Run(runs / recipe.name, recipe).load_weights(network)
    return network
