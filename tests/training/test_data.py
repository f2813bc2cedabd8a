from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from training import recipe as recipes
from training.data import HELD_OUT, Order, percentile, training_part, validation_part
from training.data import orbits as orbits_of
from training.expressions import OPERATORS, enumerate_domain


def test_the_split_keeps_all_forms_of_a_pair_together_and_never_changes() -> None:
    domain = enumerate_domain()
    part = percentile(domain).reshape(3, -1)
    assert (part == part[0]).all()
    counts = np.bincount(part[0], minlength=100)
    assert 0.9 < counts.min() / counts.mean() < counts.max() / counts.mean() < 1.1
    assert part[0][[0, 1_000, 100_000, -1]].tolist() == [89, 3, 96, 98]


def test_training_validation_and_held_out_parts_do_not_overlap() -> None:
    data = recipes.load("exact-split").data
    trained = set(training_part(data).texts())
    validation = set(validation_part(data).texts())
    domain = enumerate_domain()
    held_out = set(domain[np.flatnonzero(np.isin(percentile(domain), HELD_OUT))].texts())
    assert len(trained | validation | held_out) == len(trained) + len(validation) + len(held_out)
    assert len(trained | validation | held_out) == 475_200
    assert 0.095 < len(held_out) / 475_200 < 0.105


def _twins(text: str) -> set[str]:
    """Return the expression with all signs, brackets and orders, for sums also as differences."""
    found = re.fullmatch(r"-?\(?-?(\d+)([-+*/])-?(\d+)\)?", text)
    assert found
    a, operator, b = found.groups()
    orders = [(a, b)] if operator == "/" else [(a, b), (b, a)]
    return {
        form.format(f"{sign}{first}{kind}{other}{second}")
        for first, second in orders
        for sign in ("", "-")
        for other in ("", "-")
        for kind in ("+-" if operator in "+-" else operator)
        for form in ("{}", "({})", "-({})")
    }


def test_no_twin_of_a_held_out_orbit_is_fitted_to_or_validated_on() -> None:
    data = dataclasses.replace(recipes.load("exact-split").data, split="orbits")
    seen = set(training_part(data).texts()) | set(validation_part(data).texts())
    domain = enumerate_domain()
    held_out = domain[np.flatnonzero(np.isin(percentile(domain, split="orbits"), HELD_OUT))].texts()
    assert len(seen) + len(held_out) == 475_200
    twins = {twin for text in held_out[::10] for twin in _twins(text)}
    assert twins >= set(held_out[::10])
    assert not twins & seen
    # The split by pairs has such twins; the check finds them.
    pairs = set(training_part(recipes.load("exact-split").data).texts())
    held_out = domain[np.flatnonzero(np.isin(percentile(domain), HELD_OUT))].texts()
    assert sum(1 for text in held_out[:500] if _twins(text) & pairs) > 400


@pytest.mark.parametrize(("operator", "orbits"), [("*", 5_148), ("/", 9_999), ("+", 5_148)])
def test_a_tenth_of_the_orbits_of_each_operator_is_held_out(operator: str, orbits: int) -> None:
    domain = enumerate_domain()
    domain = domain[np.flatnonzero(domain.operator == OPERATORS.index(operator))]
    _, first, second = orbits_of(domain)
    found = np.unique(1_000 * first + second)
    assert len(found) == orbits
    held_out = np.isin(percentile(domain, split="orbits"), HELD_OUT)
    share = len(np.unique((1_000 * first + second)[held_out])) / orbits
    assert 0.085 < share < 0.115


def test_smaller_parts_are_subsets_of_larger_ones() -> None:
    data = recipes.load("exact-split").data
    parts = [
        set(training_part(dataclasses.replace(data, percent=percent)).texts())
        for percent in (25, 50, 88)
    ]
    assert parts[0] < parts[1] < parts[2]


def test_an_epoch_takes_each_row_once() -> None:
    recipe = recipes.load("gist")
    order = Order(recipe.training, np.zeros(50, np.int64))
    nothing = np.empty(0, np.int64)
    first, second = (
        [int(order.rows(update, nothing)[0]) for update in range(start, start + 50)]
        for start in (0, 50)
    )
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    again = Order(recipe.training, np.zeros(50, np.int64))
    assert int(again.rows(77, nothing)[0]) == second[27]


def test_draws_follow_the_operator_weights_and_the_focus() -> None:
    recipe = recipes.load("exact-split")
    operator = np.repeat(np.arange(4), 100)
    wrong = np.arange(100)
    order = Order(recipe.training, operator)
    rows = np.concatenate([order.rows(update, wrong) for update in range(200)])
    focused = recipe.training.focus
    shares = np.bincount(operator[rows], minlength=4) / len(rows)
    drawn = (1 - focused) * np.array([1, 1, 3, 3]) / 8
    assert np.allclose(shares, drawn + np.array([focused, 0, 0, 0]), atol=0.01)
    assert (order.rows(7, wrong) == Order(recipe.training, operator).rows(7, wrong)).all()


def test_few_wrong_rows_do_not_fill_their_share() -> None:
    order = Order(recipes.load("exact-split").training, np.repeat(np.arange(4), 100))
    wrong = np.array([5])
    rows = np.concatenate([order.rows(update, wrong) for update in range(200)])
    assert 200 <= (rows == 5).sum() < 500


def test_a_batch_larger_than_the_data_is_refused() -> None:
    training = dataclasses.replace(recipes.load("gist").training, batch_size=51)
    with pytest.raises(ValueError, match=r"batch_size must be at most .* 50, got 51"):
        Order(training, np.zeros(50, np.int64))
