"""Run a program on many expressions at the same time; fast enough for millions of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import decode, encode
from training.longhand.machine import KEEP, TAPES
from training.longhand.proof.table import TransitionTable

#: Steps between two removals of the rows that have halted.
_REMOVE_EVERY = 16


@dataclass(frozen=True)
class Simulation:
    """The result for a batch of expressions.

    Attributes:
        answers: The text on the answer's tape, ``[batch]``; DIVIDED_BY_ZERO after a division by
            zero.
        steps: Steps until the machine halted, int64 ``[batch]``.
        reach: Furthest cells that any head reached to the left and to the right of its first cell,
            int64 ``[batch, 2]``.
        met: Whether each transition of the table occurred, bool ``[transitions]``.
    """

    answers: NDArray[np.str_]
    steps: NDArray[np.int64]
    reach: NDArray[np.int64]
    met: NDArray[np.bool_]


class NoTransitionError(ValueError):
    """The table has no transition for the current state and symbols."""


def simulate(
    table: TransitionTable,
    texts: list[str],
    note: Callable[[NDArray[np.int64], NDArray[np.int64]], None] | None = None,
) -> Simulation:
    """Run a program on expressions.

    Args:
        table: The program.
        texts: The expressions.
        note: Called in every step with the rows that have not halted, and the number of the
            transition of each.

    Raises:
        NoTransitionError: If the table has no transition for the current state and symbols.
    """
    tokens, _ = encode(texts)
    batch, time = tokens.shape
    origin, width = time + 2, 2 * time + 4
    tapes = np.zeros((batch, len(TAPES), width), np.int64)
    tapes[:, 0, origin : origin + time] = tokens
    heads = np.full((batch, len(TAPES)), origin)
    state, rows = np.zeros(batch, np.int64), np.arange(batch)
    steps, met = np.zeros(batch, np.int64), np.zeros(len(table.transitions), bool)
    finished = np.zeros((batch, width), np.int64)
    reach = np.zeros((batch, 2), np.int64)
    step, every_tape = 0, np.arange(len(TAPES))
    while len(rows):
        cell = np.arange(len(rows))[:, None], every_tape, heads
        number = table.find(state, tapes[cell])
        going = state != table.halt
        if (going & (number == -1)).any():
            row = int(np.argmax(going & (number == -1)))
            raise NoTransitionError(f"{texts[rows[row]]}: {table.states[state[row]]}")
        met[number[going]] = True
        if note:
            note(rows[going], number[going])
        action = table.transitions[number]
        tapes[cell] = np.where(going[:, None] & (action.write != KEEP), action.write, tapes[cell])
        heads = heads + np.where(going[:, None], action.move, 0)
        state = np.where(going, action.next_state, state)
        steps[rows] += going
        furthest = np.stack([origin - heads.min(1), heads.max(1) - origin], axis=1)
        reach[rows] = np.maximum(reach[rows], furthest)
        step += 1
        halted = state == table.halt
        if step % _REMOVE_EVERY == 0 or halted.all():
            finished[rows[halted]] = tapes[halted, TAPES.index("answer")]
            rows, tapes, heads, state = (x[~halted] for x in (rows, tapes, heads, state))
    return Simulation(_read(finished), steps, reach, met)


def _read(tape: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return the text on each tape, from its first symbol on."""
    first = np.argmax(tape != 0, axis=1)[:, None]
    cells = np.minimum(first + np.arange(tape.shape[1]), tape.shape[1] - 1)
    return decode(np.take_along_axis(tape, cells, 1))
