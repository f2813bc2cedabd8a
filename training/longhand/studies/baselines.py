"""The study ``baselines``: what other learners make of the visible workings of longhand's teacher.

AALpy's learners of automata ask questions, or merge the beginnings of workings. A further row has
the network of longhand fitted with the states given. Sums and products alone are compared with what
a paper published about them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.longhand.memory.search import Done, Search, TableMachine, search
from training.longhand.memory.traces import Alphabet, Watcher, draw
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import TransitionTable, tape_bits
from training.longhand.studies.card import BASELINES
from training.longhand.studies.fitting import fit_rows
from training.longhand.studies.sums import draw_long, draw_operation, infer, wrong_workings
from training.longhand.teacher import TEACHER
from training.networks.longhand import Longhand
from training.recipe import load
from training.tries import Row, make_rows

#: Seconds of processor time after which a learner is stopped.
SECONDS = 600
#: Seed of the expressions, the first ones of the study ``memory`` too.
SEED, LONG_SEED = 0, 1
#: Expressions that are merged, by learner. EDSM takes far longer than RPNI.
MERGED = {"RPNI": (300, 1_000, 3_000), "EDSM": (40, 300)}
#: Expressions whose workings look for counterexamples.
WORKINGS = 30_000
#: Sums and products alone: operator, expressions, most digits of their numbers.
ALONE = (("+", 225, 4), ("+", 225, 20), ("*", 10_000, 4), ("*", 10_000, 8))
#: Digits of the numbers of the long problems, and number of problems.
LONG, LONG_PROBLEMS = {"+": 2_450, "*": 180}, 100
#: Published figures for the same operators: expressions and digits. No wrong answer was reported.
PUBLISHED = {"+": (225, 2_450), "*": (10_000, 180)}

#: The columns of the file, without name and seconds.
EMPTY: Row = dict.fromkeys(
    (
        "learner",
        "expressions",
        "questions",
        "steps asked",
        "states",
        "tried",
        "failing",
        "transitions failing",
        "long digits",
        "long problems",
        "long wrong",
        "long transitions",
        "not shown",
        "ended",
        "note",
    ),
    "",
)


class StatesMachine:
    """A network of longhand whose memory is the number of its state."""

    def __init__(self, network: Longhand, alphabet: Alphabet) -> None:
        self.start = np.zeros(1, np.int32)
        self._network, self._sights = network, torch.from_numpy(alphabet.sights)
        self._looks = tape_bits((network.looks > 0).numpy())

    @torch.no_grad()
    def step(self, memory: NDArray[np.integer], sight: NDArray[np.int64]) -> Done:
        """Let the network decide."""
        state = torch.from_numpy(memory[:, 0].astype(np.int64))
        logits = self._network(state, self._sights[torch.from_numpy(sight)])
        then, write, move = (one.argmax(-1).numpy() for one in logits)
        deed = np.hstack([write, move - 1])
        return Done(deed, self._looks[then], then.astype(np.int32)[:, None])


class Baselines:
    """The teacher, and the learners that are tried with it."""

    def __init__(self) -> None:
        self.table = TransitionTable(TEACHER)
        self.watcher = Watcher(self.table)

    def given(self) -> Row:
        """Fit the network to all transitions, with the states given."""
        rows = np.arange(len(self.table.transitions))
        network = fit_rows(load("longhand"), self.table, rows)
        found = search(StatesMachine(network, self.watcher.alphabet), self.table, self.watcher)
        return {"learner": "network, states given", "ended": "yes", **counts(found)}

    def asking(self, learner: str, expressions: int = 0, seconds: float = SECONDS) -> Row:
        """Let a learner of AALpy ask questions.

        Counterexamples come from a comparison with the teacher's states, or from expressions.
        """
        from training.longhand.studies import mealy

        teacher = mealy.Teacher(self.table, self.watcher)
        oracle = (
            mealy.Workings(teacher, self.watcher.watch(draw(SEED, expressions)))
            if expressions
            else mealy.Comparison(teacher)
        )
        ended = "no"
        try:
            with mealy.time_limit(seconds):
                mealy.ask(learner, teacher, oracle)
                ended = "yes"
        except mealy.TimeUpError:
            pass
        found = counts(self._search(oracle.hypothesis)) if oracle.hypothesis else {}
        return {
            "learner": learner,
            "questions": teacher.num_queries,
            "steps asked": teacher.num_steps,
            "ended": ended,
            **found,
            "note": f"{oracle.num_queries} automata compared",
        }

    def merging(self, learner: str, expressions: int, seconds: float = SECONDS) -> Row:
        """Let a learner of AALpy merge beginnings of workings."""
        from training.longhand.studies import mealy

        traces = self.watcher.watch(draw(SEED, expressions))
        row = {"learner": learner, "questions": 0}
        try:
            with mealy.time_limit(seconds):
                machine = mealy.merge(learner, traces)
        except mealy.TimeUpError:
            return {**row, "ended": "no"}
        return {**row, "ended": "yes", **counts(self._search(machine))}

    def _search(self, machine: object) -> Search:
        from training.longhand.studies import mealy

        looks = int(tape_bits(self.table.reads[0]))
        found = mealy.automaton(machine, looks)
        return search(TableMachine(found, self.watcher.alphabet), self.table, self.watcher)

    def alone(self, operator: str, expressions: int, digits: int) -> Row:
        """Infer sums or products alone, and work long ones."""
        texts = draw_operation(operator, SEED, expressions, digits)
        inferred = infer(self.watcher, self.watcher.watch(texts), SEED)
        long = draw_long(operator, LONG_SEED, LONG_PROBLEMS, LONG[operator])
        met = simulate(self.table, texts).met
        needed = simulate(self.table, long).met
        return {
            "learner": f"questions, {operator} of up to {digits} digits",
            "questions": inferred.questions,
            "states": len(inferred.automaton.looks),
            "long digits": LONG[operator],
            "long problems": LONG_PROBLEMS,
            "long wrong": wrong_workings(inferred.automaton, self.watcher.watch(long)),
            "ended": "yes",
            "long transitions": int(needed.sum()),
            "not shown": int((needed & ~met).sum()),
            "note": f"{len(inferred.automaton.state)} steps known, {inferred.conflicts} conflicts",
        }


def published(operator: str) -> Row:
    """Return what a paper published; nothing was run here."""
    digits = PUBLISHED[operator][1]
    note = "from arXiv 2511.22751, not run here"
    learner = f"DFST, {operator}"
    row = {"learner": learner, "long digits": digits, "long wrong": 0, "note": note}
    return {**row, "seconds": ""}


def counts(found: Search) -> Row:
    """Return the columns of a comparison with the teacher."""
    return {
        "states": found.memories,
        "tried": found.tried,
        "failing": len(found.failing),
        "transitions failing": len(np.unique(found.failing[:, 1])),
    }


def study(models: Path, only: tuple[str, ...] = ()) -> None:
    """Try what is not yet in ``models/longhand/baselines.csv``.

    Args:
        models: Folder of the models.
        only: Names of the tries to make; empty means all.

    Raises:
        ValueError: If ``only`` names an unknown try, or AALpy is not installed.
    """
    try:
        make_rows(models / "longhand" / BASELINES, _tries(Baselines()), only)
    except ModuleNotFoundError as error:
        if error.name != "aalpy":
            raise
        raise ValueError("AALpy is not installed: pip install 'exprinfer[train]'") from error


def _tries(baselines: Baselines) -> dict[str, Callable[[], Row]]:
    b = baselines
    # Each: the number of expressions, and what makes the other columns.
    found: dict[str, tuple[int | str, Callable[[], Row]]] = {
        "given": ("", b.given),
        "KV": (0, partial(b.asking, "KV")),
        f"KV-{WORKINGS}": (WORKINGS, partial(b.asking, "KV", WORKINGS)),
    }
    for operator, count, digits in ALONE:
        name = f"asked-{operator}-{count}-{digits}"
        found[name] = count, partial(b.alone, operator, count, digits)
    for operator, (count, _) in PUBLISHED.items():
        found[f"DFST-{operator}"] = count, partial(published, operator)
    for learner, expressions in MERGED.items():
        for count in expressions:
            found[f"{learner}-{count}"] = count, partial(b.merging, learner, count)
    found |= {name: (0, partial(b.asking, name)) for name in ("L*", "L#")}
    return {name: partial(_row, expressions, run) for name, (expressions, run) in found.items()}


def _row(expressions: int | str, run: Callable[[], Row]) -> Row:
    return {**EMPTY, "expressions": expressions, **run()}
