"""The steps of a machine at work on one expression: its tapes before each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import TooLongError
from exprinfer.runtime.model import UNLIMITED, Model

#: Copies of the expression that are worked out at once, each up to another step.
AT_ONCE = 512
#: Some seconds of work, and more lines than anybody reads.
MOST_STEPS = 2_000


@dataclass(frozen=True)
class TraceStep:
    """The machine before one of its steps, or at its end."""

    memory: str
    """What it remembers, by the name of its teacher's state."""
    tapes: tuple[str, ...]
    """What stands on each tape, between the outermost cells ever used."""
    heads: tuple[int, ...]
    """Where each head stands, in cells of that text, and maybe beyond it."""
    looks: tuple[bool, ...]
    """Whether the next step looks at what stands there."""


def steps(model: Model, expression: str) -> list[TraceStep]:
    """Follow one expression that the model takes.

    The expression is worked out once for each step, up to that step, many at once: the time grows
    with the square of the steps. Raises ModelFileError where the model has no tapes, TooLongError
    where there are more than ``MOST_STEPS``.
    """
    tokens, _ = model.alphabet.encode([expression])
    last = int(_states(model, tokens, np.array([UNLIMITED]))["steps"][0])
    if last > MOST_STEPS:
        raise TooLongError(f"too long to show: {last:,} steps, at most {MOST_STEPS:,} are shown")
    parts = [
        _states(model, tokens, np.arange(start, min(start + AT_ONCE, last + 1)))
        for start in range(0, last + 1, AT_ONCE)
    ]
    states = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    tapes, heads = states["tapes"], states["heads"][:, :, 0]
    used = (tapes != 0).any(axis=0)
    texts = []
    for tape in range(tapes.shape[1]):
        cells = np.flatnonzero(used[tape])
        looked = heads[states["looks"][:, tape, 0], tape]
        begin = min([*cells[:1], *looked.tolist()], default=0)
        end = max([*cells[-1:], *looked.tolist()], default=0) + 1
        texts.append((begin, _cells(model, tapes[:, tape, begin:end])))
    return [
        TraceStep(
            model.description.memories[int(states["memory"][row])],
            tuple(lines[row] for _, lines in texts),
            tuple(int(heads[row, tape] - begin) for tape, (begin, _) in enumerate(texts)),
            tuple(states["looks"][row, :, 0].tolist()),
        )
        for row in range(last + 1)
    ]


def _states(model: Model, tokens: NDArray[np.uint8], limits: NDArray[np.int64]) -> dict[str, Any]:
    return model.session.states(np.repeat(tokens, len(limits), axis=0), limits)


def _cells(model: Model, cells: NDArray[np.uint8]) -> list[str]:
    """The cells as text, blanks kept."""
    symbols = np.array(list(model.alphabet.symbols))
    return ["".join(row) for row in symbols[cells].tolist()]
