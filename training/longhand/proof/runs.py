"""Compare the graph around the decisions with two interpreters, on random and hostile tables.

A table says what the machine does in each case. Real tables are those of a network; random ones put
symbols, moves and states where no teacher would. The graph is compared

- with ``onnx.reference``, which runs the same graph in numpy: all outputs, whatever happens,
- with a plain tape machine, written here without the graph: after every single step, until the
  machine stops or a head leaves its tape.

Nothing here depends on what the tables or the expressions mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from exprinfer.language.tokenizer import SYMBOLS
from training.longhand.machine import KEEP, TAPES, UNSEEN
from training.longhand.proof.decisions import split
from training.longhand.proof.parts import initializers, part

#: Values of the graph that say what to do: what the loop looks up.
TABLES = ("VALUES", "OFFSETS", "MOVES", "COUNTS", "state_by_number", "state_numbers")
OUTPUTS = ("answer", "log_prob", "steps", "tapes", "heads", "state", "looks")
#: Share of the cases that a random table has; in another case the machine stops.
SHARE = 0.995
Outputs = dict[str, NDArray[Any]]


class RunsDifferError(ValueError):
    """The graph and an interpreter do not agree."""


@dataclass(frozen=True)
class Compared:
    """What was compared, and agreed.

    Attributes:
        tables: Number of tables, the file's own and random ones.
        runs: Runs of the graph that were compared with ``onnx.reference``, output by output.
        steps: Steps that were compared with the plain machine, one by one.
        halted: How many of the machines halted.
        stopped: How many stopped in a case that the table does not have.
        left: How many moved a head off its tape.
    """

    tables: int
    runs: int
    steps: int
    halted: int
    stopped: int
    left: int


def compare(
    model: onnx.ModelProto,
    seed: int,
    tables: int,
    rows: int,
    steps: int,
    provider: str = "CPUExecutionProvider",
) -> Compared:
    """Compare a file, and copies of it with random tables, with both interpreters.

    Args:
        model: The file.
        seed: Seed of tables and tapes.
        tables: Number of random tables.
        rows: Number of random inputs of each table.
        steps: Steps that are compared one by one.
        provider: Execution provider of ONNX Runtime.

    Raises:
        RunsDifferError: If an output differs; the message says where.
    """
    rng = np.random.default_rng(seed)
    counts = np.zeros(5, int)
    for number in range(tables + 1):
        given = random_table(model, rng) if number else {}
        counts += _compare_table(model, given, rng, rows, steps, provider)
    return Compared(tables + 1, *counts.tolist())


def random_table(model: onnx.ModelProto, rng: np.random.Generator) -> Outputs:
    """Draw cases and decisions for a graph, in place of the network's.

    Returns:
        Values by their names in the graph; see ``part``.
    """
    states, tapes, symbols = len(initializers(model)["LOOKS"]), len(TAPES), range(len(SYMBOLS))
    looks = np.zeros((states, tapes), bool)
    cases: list[list[int]] = []
    for state in range(states - 1):
        looks[state, rng.choice(tapes, rng.integers(0, 3), replace=False)] = True
        choices = [symbols if look else [UNSEEN] for look in looks[state]]
        cases += [[state, *seen] for seen in product(*choices) if rng.random() < SHARE]
    size = (len(cases), tapes)
    keeps = rng.random(size) < rng.random()
    return {
        "CASES": np.array(cases, np.uint8),
        "LOOKS": looks[:, :, None],
        "next_state": rng.integers(0, states, (len(cases), 1)),
        "write": np.where(keeps, KEEP, rng.integers(0, KEEP, size)),
        "move": np.where(rng.random(size) < rng.random(), 1, rng.integers(0, 3, size)),
        "case_log_prob": -rng.random((len(cases), 1)).astype(np.float32),
    }


def random_tapes(rng: np.random.Generator, rows: int, longest: int) -> NDArray[np.int64]:
    """Draw symbols in any order, blanks among them, int64 ``[rows, time]``."""
    time = int(rng.integers(1, longest + 1))
    return rng.integers(0, len(SYMBOLS), (rows, time))


def _compare_table(
    model: onnx.ModelProto,
    given: Outputs,
    rng: np.random.Generator,
    rows: int,
    steps: int,
    provider: str,
) -> NDArray[np.int64]:
    session = _session(part(model, [*OUTPUTS, "decisions"], given), provider)
    made = _session(part(model, TABLES, given), provider).run(None, {})
    tables = dict(zip(TABLES, made, strict=True))
    reference = _reference(part(model, TABLES, given))
    with np.errstate(divide="ignore"):  # probabilities of 0, which no log-probability is read from
        computed = reference.run(None, {})
    for name, array in zip(TABLES, computed, strict=True):
        # Two networks may differ in the last digits of a log-probability.
        if not np.allclose(array, tables[name], rtol=1e-3, atol=0 if name != "COUNTS" else 1e-6):
            raise RunsDifferError(f"the interpreter finds other {name}")
    looped = _reference(part(model, OUTPUTS, {**given, **tables}))
    machine = PlainMachine(model, given, session)
    found = np.zeros(5, int)
    tokens = random_tapes(rng, rows, 12)
    for limit in (None, rng.integers(0, 2 * steps, rows)):
        feed = {"tokens": tokens} | ({} if limit is None else {"limit": limit})
        ours = session.run(OUTPUTS, feed)
        theirs = looped.run(None, {"limit": initializers(model)["limit"], **feed})
        for name, one, other in zip(OUTPUTS, ours, theirs, strict=True):
            if not np.array_equal(one, other):
                raise RunsDifferError(f"onnx.reference finds another {name} for {tokens.tolist()}")
        found[0] += 1
    for row in tokens:
        found[1:] += machine.follow(row, steps)
    return found


class GatherElements(OpRun):  # type: ignore[misc]
    """GatherElements in numpy; the one of ``onnx.reference`` fails on more than 32 columns."""

    op_domain = ""

    def _run(
        self, data: NDArray[Any], indices: NDArray[np.integer], axis: int = 0
    ) -> tuple[NDArray[Any]]:
        return (np.take_along_axis(data, indices, axis),)


class PlainMachine:
    """A machine of a table: what the graph should do, in a few lines of Python."""

    def __init__(
        self, model: onnx.ModelProto, given: Outputs, session: onnxruntime.InferenceSession
    ) -> None:
        constants = {**initializers(model), **given}
        (decisions,) = session.run(["decisions"], {"tokens": np.ones((1, 1), np.int64)})
        next_state, write, move = (array.tolist() for array in split(decisions))
        cases = map(tuple, constants["CASES"].tolist())
        actions = zip(next_state, write, move, strict=True)
        self._table = dict(zip(cases, actions, strict=True))
        self._looks = constants["LOOKS"][:, :, 0]
        self._start, self._halt = int(constants["START"][0]), int(constants["HALT"][0])
        names = ("PER_SQUARE", "PER_SYMBOL", "AT_LEAST")
        self._most_steps = tuple(int(constants[name][0]) for name in names)
        self._session = session

    def follow(self, tokens: NDArray[np.int64], steps: int) -> tuple[int, int, int, int]:
        """Compare the graph with this machine after each step.

        Returns:
            The number of steps, and whether the machine halted, stopped, or left a tape.

        Raises:
            RunsDifferError: If they differ.
        """
        a, b, c = self._most_steps  # the graph takes no more steps
        steps = min(steps, a * len(tokens) ** 2 + b * len(tokens) + c)
        moments = list(self.run(tokens, steps))
        limits = np.arange(len(moments))
        feed = {"tokens": np.repeat(tokens[None], len(moments), axis=0), "limit": limits}
        state, tapes, heads, done = self._session.run(["state", "tapes", "heads", "steps"], feed)
        for number, (expected, tapes_then, heads_then) in enumerate(moments):
            same = state[number] == expected and (tapes[number] == tapes_then).all()
            same = same and (heads[number, :, 0] == heads_then).all()
            if not (same and done[number] == number):
                raise RunsDifferError(f"step {number} of {tokens.tolist()} is another one")
        last, tapes_last, heads_last = moments[-1]
        if last == self._halt:
            return len(moments) - 1, 1, 0, 0
        stopped = self._case(last, tapes_last, heads_last) not in self._table
        return len(moments) - 1, 0, int(stopped), int(not stopped and len(moments) <= steps)

    def run(
        self, tokens: NDArray[np.int64], steps: int
    ) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        """Yield state, tapes and heads before each step and after the last, while on the tapes."""
        origin, width = len(tokens) + 2, 2 * len(tokens) + 4
        tapes = np.zeros((len(TAPES), width), np.int64)
        tapes[0, origin : origin + len(tokens)] = tokens
        heads = np.full(len(TAPES), origin)
        state, every = self._start, np.arange(len(TAPES))
        yield state, tapes.copy(), heads.copy()
        for _ in range(steps):
            case = self._case(state, tapes, heads)
            if case not in self._table:
                return
            state, write, move = self._table[case]
            written = np.array(write)
            tapes[every, heads] = np.where(written == KEEP, tapes[every, heads], written)
            heads = heads + move
            if heads.min() < 0 or heads.max() >= width:
                return
            yield state, tapes.copy(), heads.copy()

    def _case(
        self, state: int, tapes: NDArray[np.int64], heads: NDArray[np.int64]
    ) -> tuple[int, ...]:
        under = tapes[np.arange(len(TAPES)), heads]
        return (state, *np.where(self._looks[state], under, UNSEEN).tolist())


def _reference(model: onnx.ModelProto) -> ReferenceEvaluator:
    return ReferenceEvaluator(model, new_ops=[GatherElements])


def _session(model: onnx.ModelProto, provider: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns that ``limit`` has a default
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=[provider])
