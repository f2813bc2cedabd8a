"""Models that work on tapes: what they return with the answer, and what their tapes mean.

Such a model is a controller with one head on each of four tapes: ``input`` holds the expression,
``answer`` the result when the machine halts, ``first`` and ``second`` the numbers it works with.
Its graph takes a further input, ``limit`` (int64 ``[batch]``), the number of steps after which it
stops, and has these further outputs:

    steps  int64 [batch]                  steps done
    state  int64 [batch]                  number of the controller's state
    tapes  uint8 [batch, tapes, cells]    token ids; the expression starts in the middle
    heads  int64 [batch, tapes, 1]        cell of each head
    looks  bool  [batch, tapes, 1]        whether the next step looks at that cell
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exprinfer.errors import NOT_HALTED, ModelFileError, NotHaltedError, TooLongError
from exprinfer.language.tokenizer import SYMBOLS, encode
from exprinfer.runtime.session import Session
from exprinfer.runtime.stop import Stop

#: What such a model writes as its answer if it found a division by zero.
DIVIDED_BY_ZERO = "/"
#: A limit of more steps than any model takes.
UNLIMITED = 2**62
#: Longest trace: a few seconds of work, and more lines than anybody reads.
MAX_TRACE_STEPS = 2_000

_OUTPUTS = ("steps", "state", "tapes", "heads", "looks")
#: Steps of one expression that are computed in one call.
_TRACE_BATCH = 512
_ZERO, _NINE, _PLUS, _TIMES, _OVER, _OPEN, _CLOSE = map(SYMBOLS.index, "09+*/()")
_OPERATOR = np.array([symbol in "+-*/" for symbol in SYMBOLS])


class TapeStates(NamedTuple):
    """The machine at several moments: one row for each."""

    steps: NDArray[np.int64]  # [rows]
    state: NDArray[np.int64]  # [rows]
    tapes: NDArray[np.uint8]  # [rows, tapes, cells]
    heads: NDArray[np.int64]  # [rows, tapes]
    looks: NDArray[np.bool_]  # [rows, tapes]


def run_until(
    session: Session,
    tokens: NDArray[np.integer],
    limits: NDArray[np.int64],
    stop: Stop | None = None,
) -> TapeStates:
    """Run the machine and return where it stands after a number of steps.

    Args:
        session: The open model.
        tokens: Token ids ``[rows, time]``.
        limits: Number of steps of each row, ``[rows]`` or ``[1]``.
        stop: Ends the call from another thread.

    Raises:
        ModelFileError: If the model does not work on tapes, or returns tapes that cannot be.
    """
    if not session.output_names() >= set(_OUTPUTS):
        raise ModelFileError(f"{session.path} does not work on tapes, so it has no trace")
    feed = {"tokens": tokens.astype(np.int64), "limit": limits}
    steps, state, tapes, heads, looks = session.fetch(_OUTPUTS, feed, stop)
    rows = max(len(tokens), len(limits))
    expected = [(rows,), (rows,), (rows, 4, *tapes.shape[2:3]), (rows, 4, 1), (rows, 4, 1)]
    valid = (
        [output.shape for output in (steps, state, tapes, heads, looks)] == expected
        and steps.min() >= 0
        and tapes.max() < len(SYMBOLS)
        and (~looks | ((heads >= 0) & (heads < tapes.shape[2]))).all()
    )
    if not valid:
        raise ModelFileError(f"{session.path} returns tapes or heads that cannot be")
    return TapeStates(steps, state, tapes, heads[:, :, 0], looks[:, :, 0])


def record(session: Session, expression: str) -> TapeStates:
    """Return the machine before each step of one expression, and at its end.

    The graph returns only where it stops, so the expression is computed once for each step, many
    copies at the same time. The time grows with the square of the number of steps.

    Raises:
        ModelFileError: If the model does not work on tapes.
        TooLongError: If there are more than ``MAX_TRACE_STEPS`` steps.
        NotHaltedError: If the machine stops before it is done.
    """
    tokens, _ = encode([expression])
    last = int(run_until(session, tokens, np.array([MAX_TRACE_STEPS + 1])).steps[0])
    if last > MAX_TRACE_STEPS:
        raise TooLongError(f"the trace is too long: more than {MAX_TRACE_STEPS:,} steps")
    answer, _ = session.run(tokens)
    if not answer.any():
        raise NotHaltedError(NOT_HALTED)
    parts = []
    for start in range(0, last + 1, _TRACE_BATCH):
        limits = np.arange(start, min(start + _TRACE_BATCH, last + 1))
        parts.append(run_until(session, np.repeat(tokens, len(limits), axis=0), limits))
    return TapeStates(*map(np.concatenate, zip(*parts, strict=True)))


def zero_divisors(
    session: Session, tokens: NDArray[np.uint8], stop: Stop | None = None
) -> list[int]:
    """Return where the divisor starts that the model found to be zero, for each row.

    The head on the input stops right after that divisor.

    Raises:
        ModelFileError: If there is no division before that place.
    """
    stopped = run_until(session, tokens, np.array([UNLIMITED]), stop)
    ends = stopped.heads[:, 0] - stopped.tapes.shape[2] // 2
    rows = zip(tokens, ends.tolist(), strict=True)
    try:
        return [_divisor_start(row.tobytes(), end) for row, end in rows]
    except IndexError:
        raise ModelFileError(
            f"{session.path} reports a division by zero for an expression without a division"
        ) from None


def _divisor_start(tokens: bytes, end: int) -> int:
    """Return where the divisor starts, with its minuses, that ends before ``end``."""
    at, closed = end - 1, 0
    while closed or tokens[at] != _OVER:
        closed += (tokens[at] == _CLOSE) - (tokens[at] == _OPEN)
        at -= 1
    return at + 1


def expected_steps(tokens: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Estimate how many steps schoolbook arithmetic takes, from operators and digits.

    The estimate reads from left to right and ignores brackets. It only decides which rows share a
    batch; no answer depends on it.

    Args:
        tokens: Token ids ``[batch, time]``.
        lengths: Lengths of the texts ``[batch]``.

    Returns:
        The estimates, ``[batch]``.
    """
    steps = lengths.astype(float)
    # Number of digits of the value so far and of the number being read.
    value, number = np.zeros((2, len(tokens)))
    operator = np.full(len(tokens), _PLUS, np.uint8)
    after_value = np.zeros(len(tokens), bool)
    for symbol in np.pad(tokens.T, ((0, 1), (0, 0))):
        digit = (symbol >= _ZERO) & (symbol <= _NINE)
        ends = np.flatnonzero(~digit & (number > 0))
        a, b, op = value[ends], number[ends], operator[ends]
        places = np.maximum(a - b + 1, 0)
        product, quotient = op == _TIMES, op == _OVER
        work = np.where(product, 3 * a * b + 3 * b, 2 * np.maximum(a, b))
        steps[ends] += np.where(quotient, 2 * a + places * (9 * b + 14), work)
        value[ends] = np.select([product, quotient], [a + b, places], np.maximum(a, b))
        operator = np.where(_OPERATOR[symbol] & after_value, symbol, operator)
        after_value = digit | (symbol == _CLOSE)
        number = np.where(digit, number + 1, 0)
    return steps
