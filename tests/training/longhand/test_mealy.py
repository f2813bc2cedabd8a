from __future__ import annotations

import pytest

pytest.importorskip("aalpy", reason="AALpy is not installed")

import signal

from training.longhand.memory.search import TableMachine, search
from training.longhand.memory.traces import Traces, Watcher
from training.longhand.memory.tree import labels
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import TransitionTable
from training.longhand.studies.mealy import (
    SINK,
    Comparison,
    Teacher,
    TimeUpError,
    Workings,
    ask,
    automaton,
    merge,
    time_limit,
)
from training.longhand.studies.sums import wrong_workings
from training.longhand.teacher import TEACHER

TEXTS = ["1+2", "9+9", "-5", "10+2", "3+-1"]


@pytest.fixture(scope="module")
def part() -> TransitionTable:
    """The transitions of the teacher that a few expressions need: small enough for each learner."""
    part, whole = TransitionTable(TEACHER), TransitionTable(TEACHER)
    part.transitions = whole.transitions[simulate(whole, TEXTS).met.nonzero()[0]]
    return part


@pytest.fixture(scope="module")
def watcher(part: TransitionTable) -> Watcher:
    return Watcher(part)


@pytest.fixture(scope="module")
def traces(watcher: Watcher) -> Traces:
    return watcher.watch(TEXTS)


def work_forever() -> None:
    while True:
        pass


def start(traces: Traces) -> int:
    return int(traces.alphabet.looks[traces.sight[0]])


def test_the_teacher_answers_with_all_that_is_visible_and_nothing_after_an_impossible_sight(
    part: TransitionTable, watcher: Watcher, traces: Traces
) -> None:
    teacher = Teacher(part, watcher)
    first = traces.starts[1]
    word, shown = traces.sight[:first].tolist(), labels(traces)[:first].tolist()
    assert teacher.query(tuple(word)) == shown
    assert teacher.query((*word, word[0])) == [*shown, SINK]
    assert (teacher.num_queries, teacher.num_steps) == (2, 2 * len(word) + 1)
    teacher.pre()
    assert [teacher.step(sight) for sight in word] == shown
    impossible = next(sight for sight in teacher.sights if sight not in teacher.rows[0])
    assert teacher.query((impossible, *word)) == [SINK] * (len(word) + 1)


@pytest.mark.parametrize("learner", ["L*", "KV"])
def test_a_learner_that_asks_finds_the_teacher_with_counterexamples_from_the_comparison(
    part: TransitionTable, watcher: Watcher, traces: Traces, learner: str
) -> None:
    teacher = Teacher(part, watcher)
    found = automaton(ask(learner, teacher, Comparison(teacher)), start(traces))
    assert teacher.num_queries
    compared = search(TableMachine(found, watcher.alphabet), part, watcher)
    assert compared.closed
    assert wrong_workings(found, traces) == 0


def test_a_learner_that_asks_works_the_expressions_that_gave_its_counterexamples(
    part: TransitionTable, watcher: Watcher, traces: Traces
) -> None:
    teacher = Teacher(part, watcher)
    machine = ask("KV", teacher, Workings(teacher, traces))
    assert wrong_workings(automaton(machine, start(traces)), traces) == 0


@pytest.mark.parametrize("learner", ["RPNI", "EDSM"])
def test_a_learner_that_merges_works_its_expressions_with_fewer_states(
    traces: Traces, learner: str
) -> None:
    machine = merge(learner, traces)
    assert len(machine.states) < len(traces.sight)
    assert wrong_workings(automaton(machine, start(traces)), traces) == 0


def test_a_learner_that_does_not_end_is_stopped_and_the_signal_handler_comes_back() -> None:
    before = signal.getsignal(signal.SIGPROF)
    with pytest.raises(TimeUpError), time_limit(0.05):
        work_forever()
    assert signal.getsignal(signal.SIGPROF) is before
