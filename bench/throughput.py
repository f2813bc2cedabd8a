"""Expressions per second, ours and every peer's, in interleaved repeats of one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import click

import exprinfer
from bench.baselines import BASELINES, Baseline, UnavailableError
from training.expressions import sample

SEED = 2_017_001
#: Of the expressions whose answers are checked before any timing, so many may differ: a network in
#: another precision may decide another way where it is nearly undecided.
CHECKED, MAY_DIFFER = 5_000, 50


@dataclass
class Timed:
    """What was measured of one peer."""

    name: str
    expressions: int = 0
    seconds: list[float] = field(default_factory=list)
    differing: int | None = None
    """Of CHECKED answers; None where they are of another kind."""
    skipped: str = ""
    """Why it did not run."""

    @property
    def rate(self) -> float:
        """Median of expressions per second."""
        return self.expressions / statistics.median(self.seconds)

    @property
    def spread(self) -> tuple[float, float]:
        """The slowest and the fastest repeat, per second."""
        return self.expressions / max(self.seconds), self.expressions / min(self.seconds)

    def as_row(self) -> dict[str, object]:
        """What the results hold of it."""
        if self.skipped:
            return {"name": self.name, "skipped": self.skipped}
        slowest, fastest = self.spread
        return {
            "name": self.name,
            "skipped": "",
            "expressions": self.expressions,
            "differing": self.differing,
            "seconds": [round(seconds, 4) for seconds in self.seconds],
            "rate": round(self.rate, 1),
            "slowest": round(slowest, 1),
            "fastest": round(fastest, 1),
        }


def measure(
    only: tuple[str, ...],
    most: int,
    repeats: int,
    peers: Mapping[str, Callable[[], Baseline]] = BASELINES,
) -> dict[str, Timed]:
    """Time the peers named, or all, on up to ``most`` random expressions each."""
    texts = sample(most, SEED).texts()
    timed: dict[str, Timed] = {}
    ready: dict[str, Baseline] = {}
    for key, make in peers.items():
        if only and key not in only:
            continue
        try:
            peer = make()
            count = min(most, peer.expressions)
            timed[key] = Timed(peer.name, count, differing=_differing(peer, texts[:CHECKED]))
            peer.answer(texts[: min(count, 20_000)])  # warm up
            ready[key] = peer
        except UnavailableError as reason:
            timed[key] = Timed(key, skipped=str(reason))
        click.echo(f"{timed[key].name}: {timed[key].skipped or 'ready'}", err=True)
    for repeat in range(repeats):
        for key, peer in ready.items():
            part = texts[: timed[key].expressions]
            began = time.perf_counter()
            peer.answer(part)
            timed[key].seconds.append(time.perf_counter() - began)
            rate = timed[key].expressions / timed[key].seconds[-1]
            click.echo(f"{repeat + 1} {timed[key].name}: {rate:,.0f}/s", err=True)
    for peer in ready.values():
        peer.close()
    return timed


def _differing(peer: Baseline, texts: list[str]) -> int | None:
    """How many answers are not the shipped model's; raises ValueError where they are too many."""
    if not peer.answers_like:
        return None
    expected = exprinfer.load(peer.answers_like, "cpu").evaluate_batch(texts).answers.tolist()
    found = peer.answer(texts)
    differing: int = sum(ours != theirs for ours, theirs in zip(expected, found, strict=True))
    if differing > MAY_DIFFER:
        raise ValueError(f"{peer.name} answers {differing} of {len(texts)} otherwise")
    return differing
