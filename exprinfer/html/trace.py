"""The trace of one expression as HTML: the tapes, with a slider that needs no Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from exprinfer.html.markup import BLANK, Html, asset, element, fragment, table

#: Characters shown of an expression that remains.
_SHOWN = 120


class Step(Protocol):
    """The machine at one moment, such as a ``TraceStep``."""

    @property
    def state(self) -> str:
        """Name of the controller's state."""

    @property
    def tapes(self) -> tuple[str, ...]:
        """Content of each tape; a tape has the same length at all moments."""

    @property
    def heads(self) -> tuple[int, ...]:
        """Position of each head in that content."""

    @property
    def looks(self) -> tuple[bool, ...]:
        """Whether the next step looks at the symbol under each head."""


class Operation(Protocol):
    """One arithmetic operation, such as a ``exprinfer.Operation``."""

    @property
    def step(self) -> int:
        """Number of the step before which the result was complete."""

    @property
    def text(self) -> str:
        """The operation."""

    @property
    def result(self) -> str:
        """Its result."""

    @property
    def remaining(self) -> str:
        """The expression that remains."""


def trace_html(
    names: Sequence[str], steps: Sequence[Step], operations: Sequence[Operation]
) -> Html:
    """Return a trace as a part of a page.

    Without scripts it shows the tapes at the end, and the operations. The script adds the slider.

    Args:
        names: Names of the tapes.
        steps: The machine before each step and at its end.
        operations: The operations, in order.
    """
    last = len(steps) - 1
    tapes = [
        part
        for number, name in enumerate(names)
        for part in (element("div", name, class_="name"), _tape(name, number, steps[-1]))
    ]
    return fragment(
        Html(f"<style>{asset('trace.css')}</style>"),
        _controls(last),
        *tapes,
        element("p", f"At the end, after step {last}.", class_="note noscript"),
        _operations(operations),
        Html(f"<script>{asset('trace.js')}</script>"),
        class_="exprinfer-trace",
        data_trace=json.dumps(_encoded(steps), separators=(",", ":")),
        data_lm_suppress_shortcuts="true",  # the arrow keys are for the slider, not for JupyterLab
    )


def _controls(last: int) -> Html:
    first, back, play, following, end = (
        element("button", label, type="button", data_do=label.lower())
        for label in ("First", "Back", "Play", "Next", "Last")
    )
    slider = element("input", type="range", min=0, max=last, value=0, aria_label="Step")
    shown = element("output", aria_live="polite")
    return element(
        "div", first, back, play, following, end, slider, shown, class_="controls", hidden=True
    )


def _tape(name: str, number: int, step: Step) -> Html:
    cells = []
    for place, symbol in enumerate(step.tapes[number]):
        marks = None
        if place == step.heads[number]:
            marks = "head looks" if step.looks[number] else "head"
        cells.append(element("span", BLANK if symbol == " " else symbol, class_=marks))
    return element(
        "div", *cells, class_="tape", tabindex=0, role="group", aria_label=f"tape {name}"
    )


def _operations(operations: Sequence[Operation]) -> Html:
    if not operations:
        return Html("")
    rows = [
        (
            str(operation.step),
            element("code", f"{_cut(operation.text)} = {_cut(operation.result)}"),
            element("code", _cut(operation.remaining)),
        )
        for operation in operations
    ]
    attributes = [{"data_step": operation.step} for operation in operations]
    shown = table(("step", "operation", "remaining"), rows, (0,), attributes)
    return element(
        "div", shown, class_="operations", tabindex=0, role="group", aria_label="operations"
    )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _encoded(steps: Sequence[Step]) -> dict[str, object]:
    """Return the steps as the script reads them: of the tapes only what changes.

    Each step is the number of its state, the heads, a bit for each head that looks, and three
    values for each cell that changed: tape, cell and symbol.
    """
    states = list(dict.fromkeys(step.state for step in steps))
    numbers = {state: number for number, state in enumerate(states)}
    encoded: list[list[object]] = []
    for before, step in pairwise([steps[0], *steps]):
        looks = sum(1 << tape for tape, looks in enumerate(step.looks) if looks)
        row: list[object] = [numbers[step.state], step.heads, looks]
        for tape, (old, new) in enumerate(zip(before.tapes, step.tapes, strict=True)):
            if old != new:
                cells = zip(old, new, strict=True)
                row += [
                    value
                    for cell, (was, symbol) in enumerate(cells)
                    if was != symbol
                    for value in (tape, cell, symbol)
                ]
        encoded.append(row)
    return {"start": steps[0].tapes, "states": states, "steps": encoded}
