from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.longhand.memory.asking import Asker
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.correspondence import renumbered, teacher_numbers
from training.longhand.memory.fit import MemoryFitting, Plan
from training.longhand.memory.merge import UNTOLD, merge
from training.longhand.memory.search import NetworkMachine, TableMachine, search
from training.longhand.memory.table import InferredTable
from training.longhand.memory.traces import HALTED, Traces, Watcher, draw
from training.longhand.memory.tree import labels, prefix_tree
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import TransitionTable
from training.longhand.renumber import renumber
from training.longhand.teacher import TEACHER
from training.networks.longhand import Longhand


@pytest.fixture(scope="module")
def table() -> TransitionTable:
    return TransitionTable(TEACHER)


@pytest.fixture(scope="module")
def watcher(table: TransitionTable) -> Watcher:
    return Watcher(table)


@pytest.fixture(scope="module")
def traces(watcher: Watcher) -> Traces:
    return watcher.watch(draw(0, 40))


@pytest.fixture(scope="module")
def renamed(table: TransitionTable, watcher: Watcher) -> Automaton:
    """The teacher's automaton with its states in another order, the first and last one kept."""
    middle = 1 + np.random.default_rng(0).permutation(len(table.states) - 2)
    number = np.concatenate([[0], middle, [table.halt]])
    t = table.transitions
    label = np.array([watcher.shown(row)[1] for row in range(len(t))])
    looks = (table.reads @ (1 << np.arange(4)))[np.argsort(number)]
    return Automaton(looks, number[t.state], watcher.sight_of, label, number[t.next_state])


def follow(automaton: Automaton, traces: Traces) -> bool:
    """Return whether an automaton works all expressions as the traces show."""
    keys = zip(automaton.state.tolist(), automaton.sight.tolist(), strict=True)
    steps = dict(zip(keys, zip(automaton.label, automaton.next_state, strict=True), strict=True))
    label, state = labels(traces), 0
    for step, sight in enumerate(traces.sight.tolist()):
        state = 0 if step in traces.starts else state
        shown, state = steps.get((state, sight), (-1, 0))
        if shown != label[step]:
            return False
    return True


def test_a_trace_has_one_row_for_each_step_and_halts_at_its_end(
    table: TransitionTable, traces: Traces
) -> None:
    steps = simulate(table, traces.texts).steps
    assert np.diff(traces.starts).tolist() == steps.tolist()
    assert np.flatnonzero(traces.next_looks == HALTED).tolist() == (traces.starts[1:] - 1).tolist()


def test_a_merged_automaton_works_all_its_expressions_as_they_were_shown(traces: Traces) -> None:
    tree = prefix_tree(traces)
    merged = merge(tree, traces.alphabet.looks[traces.sight[:1]], (0,))
    assert len(merged.looks) < len(tree.visits) / 10
    assert follow(merged, traces)


def test_beginnings_that_are_told_to_be_in_two_states_are_not_merged(traces: Traces) -> None:
    tree, looks = prefix_tree(traces), traces.alphabet.looks[traces.sight[:1]]
    every = merge(tree, looks, (0,), np.arange(len(tree.visits)))
    assert len(every.looks) == len(tree.visits)
    one = np.full(len(tree.visits), UNTOLD)
    one[len(one) // 2] = 7
    told = merge(tree, looks, (0,), one)
    assert follow(told, traces)
    assert len(told.looks) > len(merge(tree, looks, (0,)).looks)


def test_beginnings_that_are_told_to_be_in_one_state_but_differ_are_an_error(
    traces: Traces,
) -> None:
    tree = prefix_tree(traces)
    with pytest.raises(ValueError, match="told to be in state 3 differ"):
        merge(tree, traces.alphabet.looks[traces.sight[:1]], told=np.full(len(tree.visits), 3))


def test_states_that_questions_tell_apart_work_the_expressions_and_mix_no_two_of_the_teacher(
    table: TransitionTable, watcher: Watcher
) -> None:
    shape = 32, 40, len(watcher.alphabet.sights)
    asker = Asker(watcher, np.random.default_rng(0).random(shape))
    traces = watcher.watch(draw(0, 12))
    asker.learn(traces)
    automaton = asker.automaton()
    assert follow(automaton, traces)
    assert asker.questions == 32 * (1 + len(automaton.state))
    found = search(TableMachine(automaton, watcher.alphabet), table, watcher)
    pairs = {
        (int(memory), int(state))
        for (memory,), state in zip(found.memory, found.state, strict=True)
    }
    assert len(pairs) == len({memory for memory, _ in pairs}) == len({state for _, state in pairs})


def test_too_few_questions_show_as_conflicts_with_the_expressions(
    watcher: Watcher, traces: Traces
) -> None:
    asker = Asker(watcher, np.zeros((1, 1, len(watcher.alphabet.sights))))
    asker.learn(traces)
    assert asker.conflicts


def test_the_search_closes_on_the_renamed_teacher_and_finds_its_numbers(
    table: TransitionTable, watcher: Watcher, renamed: Automaton
) -> None:
    found = search(TableMachine(renamed, watcher.alphabet), table, watcher)
    assert found.closed
    assert found.tried == len(table.transitions)
    order = teacher_numbers(found)
    assert order[table.transitions.state].tolist() == renamed.state.tolist()
    back = renumbered(renamed, order)
    assert back.state.tolist() == table.transitions.state.tolist()
    assert back.next_state.tolist() == table.transitions.next_state.tolist()
    assert back.looks.tolist() == (table.reads @ (1 << np.arange(4))).tolist()
    answers = simulate(InferredTable(renamed, watcher.alphabet), ["12*-3", "(7-9)/0"]).answers
    assert answers.tolist() == ["-36", "/"]


@pytest.mark.parametrize("what", ["label", "next_state"])
def test_the_search_finds_one_changed_step(
    table: TransitionTable, watcher: Watcher, renamed: Automaton, what: str
) -> None:
    column = getattr(renamed, what).copy()
    column[100] = column[100] - 1
    changed = replace(renamed, **{what: column})
    found = search(TableMachine(changed, watcher.alphabet), table, watcher)
    assert len(found.failing)
    assert not found.closed
    with pytest.raises(ValueError, match="differ in more"):
        teacher_numbers(found)


def test_a_renumbered_network_decides_the_same_under_the_other_numbers() -> None:
    network = Longhand(4)
    network.initialize(torch.Generator().manual_seed(0))
    seen, order = torch.zeros(4, 4, dtype=torch.long), np.array([2, 0, 3, 1])
    before = network(torch.from_numpy(order), seen)
    renumber(network, order)
    after = network(torch.arange(4), seen)
    assert torch.equal(after[0], before[0][:, torch.from_numpy(order)])
    assert torch.equal(after[1], before[1])
    assert torch.equal(after[2], before[2])


def test_a_network_with_bits_of_its_own_learns_and_can_be_searched(
    table: TransitionTable, watcher: Watcher, traces: Traces
) -> None:
    plan = Plan(updates=12, long=(8, 12), short=(16, 4), refresh=5)
    fitting = MemoryFitting(traces, 0, plan, bits=8)
    losses = [fitting.update() for _ in range(plan.updates)]
    assert losses[-1] < losses[0]
    right = fitting.refresh()
    assert right.shape == traces.sight.shape
    assert not right.all()
    found = search(NetworkMachine(fitting.network), table, watcher, 50)
    assert found.memory.shape[1] == 8
    assert not found.ended
