"""Expressions per second of exprinfer and every baseline, in interleaved repeats of one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import click

import exprinfer
from bench.baselines import BASELINES, Baseline, UnavailableError
from bench.timing import interleaved, rates
from training.expressions import sample

SEED = 2_017_001
#: How many answers are checked before timing.
CHECKED = 5_000
#: How many of these may differ. In another precision, a network may decide differently between two
#: symbols that are almost equally likely.
MAY_DIFFER = 50
#: Expressions of the call that warms up.
WARM_UP_ROWS = 20_000


@dataclass
class Timing:
    """The measurements of one baseline."""

    name: str
    expressions: int = 0
    differing: int | None = None
    """How many of ``CHECKED`` answers differ; None if they cannot be compared."""
    skipped: str = ""
    """Why the baseline did not run; empty if it did."""
    seconds: list[float] = field(default_factory=list)
    """One number per repeat."""

    def as_row(self) -> dict[str, object]:
        """Return the measurements as they are saved. Rates are expressions per second."""
        if self.skipped:
            return {"name": self.name, "skipped": self.skipped}
        return {
            "name": self.name,
            "skipped": "",
            "expressions": self.expressions,
            "differing": self.differing,
            "seconds": [round(seconds, 4) for seconds in self.seconds],
            **rates(self.expressions, self.seconds),
        }


def measure(
    only: tuple[str, ...],
    most: int,
    repeats: int,
    baselines: Mapping[str, Callable[[], Baseline]] = BASELINES,
) -> dict[str, Timing]:
    """Time baselines on random expressions of the seed domain.

    Args:
        only: The keys of the baselines to time; all if empty.
        most: How many expressions to time at most. Slow baselines get fewer.
        repeats: How often each baseline answers them.
        baselines: The constructors to choose from.

    Returns:
        The measurements by key, including the baselines that cannot run here.

    Raises:
        ValueError: If a baseline gives too many different answers.
    """
    texts = sample(most, SEED).texts()
    timings: dict[str, Timing] = {}
    ready: dict[str, Baseline] = {}
    for key, make in baselines.items():
        if only and key not in only:
            continue
        try:
            ready[key] = make()
        except UnavailableError as reason:
            timings[key] = Timing(key, skipped=str(reason))
            click.echo(f"{key}: skipped: {reason}", err=True)
            continue
        timings[key] = _prepare(ready[key], texts)
        click.echo(f"{timings[key].name}: ready", err=True)
    calls = {
        key: partial(baseline.answer, texts[: timings[key].expressions])
        for key, baseline in ready.items()
    }
    for key, seconds in interleaved(calls, repeats).items():
        timings[key].seconds = seconds
        rate = rates(timings[key].expressions, seconds)["rate"]
        click.echo(f"{timings[key].name}: {rate:,.0f} expressions/s", err=True)
        ready[key].close()
    return timings


def _prepare(baseline: Baseline, texts: list[str]) -> Timing:
    """Check the answers of a baseline and warm it up."""
    count = min(len(texts), baseline.expressions)
    differing = _count_differing(baseline, texts[:CHECKED])
    baseline.answer(texts[: min(count, WARM_UP_ROWS)])
    return Timing(baseline.name, count, differing)


def _count_differing(baseline: Baseline, texts: list[str]) -> int | None:
    """Count the answers that are not those of the shipped model.

    Raises:
        ValueError: If there are more than ``MAY_DIFFER``.
    """
    if not baseline.answers_like:
        return None
    expected = exprinfer.load(baseline.answers_like, "cpu").evaluate_batch(texts).answers.tolist()
    answers = baseline.answer(texts)
    differing: int = sum(ours != theirs for ours, theirs in zip(expected, answers, strict=True))
    if differing > MAY_DIFFER:
        raise ValueError(
            f"{baseline.name}: {differing} of {len(texts)} answers differ from those of "
            f"{baseline.answers_like}; at most {MAY_DIFFER} may"
        )
    return differing
