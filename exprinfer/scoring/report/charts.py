"""Bars, and the map of the seed domain, as SVG."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from exprinfer.html.markup import Html, element
from exprinfer.scoring.report.seed_map import (
    CERTIFIED,
    ERROR,
    OPERATORS,
    RIGHT,
    UNCERTIFIED,
    WRONG,
    SeedMap,
)

#: Width and height of a bar.
_WIDTH, _HEIGHT = 300, 14
#: What a place of the map shows: the first of these bits that is noted there.
STATES = (
    (WRONG, "wrong", "wrong"),
    (ERROR, "error", "no answer"),
    (RIGHT, "right", "right"),
    (UNCERTIFIED, "uncertified", "answered, not certified, nothing to compare with"),
    (CERTIFIED, "certified", "answered, certified, nothing to compare with"),
)
#: Space around a map for the names and ends of the axes.
_MARGIN = 26


def bar(parts: Iterable[tuple[str, int]], total: int, label: str) -> Html:
    """Return a bar that is divided into parts.

    Args:
        parts: The class of each part, which gives its colour, and its count.
        total: The count of a full bar.
        label: What it shows, for screen readers.
    """
    x, shown = 0.0, []
    for name, count in parts:
        width = _WIDTH * count / max(1, total)
        shown.append(
            element("rect", x=round(x, 2), width=round(width, 2), height=_HEIGHT, class_=name)
        )
        x += width
    frame = element("rect", width=_WIDTH, height=_HEIGHT, class_="frame")
    return element(
        "svg", *shown, frame, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", width=_WIDTH, height=_HEIGHT,
        role="img", aria_label=label,
    )  # fmt: skip


def seed_maps(seed: SeedMap) -> Html:
    """Return a map for each operator: a to the right, b upward."""
    maps = (_map(seed, number, operator) for number, operator in enumerate(OPERATORS))
    return element("div", *maps, class_="maps")


def _map(seed: SeedMap, number: int, operator: str) -> Html:
    states = map_states(seed.notes[number])
    counts = [int(np.count_nonzero(states == state)) for state in range(len(STATES))]
    width, height = states.shape
    shown = [
        element("path", d=_runs(states, state), class_=f"line-{STATES[state][1]}")
        for state, count in enumerate(counts)
        if count
    ]
    (a_low, a_high), (b_low, b_high) = seed.operands.a, seed.operands.b
    labels = [
        _text(0, height + 12, str(a_low)),
        _text(width, height + 12, str(a_high), "end"),
        _text(width / 2, height + 22, "a", "middle"),
        _text(-3, height, str(b_low), "end"),
        _text(-3, 9, str(b_high), "end"),
        _text(-3, height / 2, "b", "end"),
    ]
    told = [
        f"{count:,} {name}" for (_, _, name), count in zip(STATES, counts, strict=True) if count
    ]
    title = f"a {operator} b: {', '.join(told) or 'none'}"
    frame = element("rect", width=width, height=height, class_="frame")
    whole = (-_MARGIN, -1, width + _MARGIN + 1, height + _MARGIN)
    drawing = element(
        "svg", frame, *shown, *labels, viewBox=" ".join(map(str, whole)), role="img",
        aria_label=title,
    )  # fmt: skip
    return element("figure", drawing, element("figcaption", title))


def map_states(notes: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return the index in ``STATES`` of each place, -1 for those that were not seen."""
    seen = [(notes & bit) != 0 for bit, _, _ in STATES]
    return np.select(seen, range(len(STATES)), -1).astype(np.int8)


def _runs(states: NDArray[np.int8], state: int) -> str:
    """Return a path of horizontal lines through the places with a state.

    Args:
        states: The states ``[a, b]``.
        state: The one to draw.
    """
    marked = np.pad(states.T[::-1] == state, ((0, 0), (1, 1))).astype(np.int8)
    changes = np.diff(marked, axis=1)
    rows, starts = np.nonzero(changes == 1)
    _, ends = np.nonzero(changes == -1)
    runs = zip(rows.tolist(), starts.tolist(), (ends - starts).tolist(), strict=True)
    return "".join(f"M{start} {row}.5h{size}" for row, start, size in runs)


def _text(x: float, y: float, content: str, anchor: str = "start") -> Html:
    return element("text", content, x=x, y=y, text_anchor=anchor)
