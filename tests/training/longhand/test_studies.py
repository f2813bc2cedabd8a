from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from training.files import read_rows
from training.longhand.machine import KEEP
from training.longhand.memory.search import search
from training.longhand.memory.traces import Watcher, draw
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import Transitions, TransitionTable
from training.longhand.studies import card
from training.longhand.studies.baselines import StatesMachine
from training.longhand.studies.fitting import compare, decide, with_settings
from training.longhand.studies.held_out import commonest, hold_out
from training.longhand.studies.memory import EXPRESSIONS_SEED
from training.longhand.studies.memory import Study as Memory
from training.longhand.studies.revealed import Study, reveal
from training.longhand.studies.smallest import fit_size, packed_table, round_weights
from training.longhand.studies.sums import draw_long, draw_operation, infer, wrong_workings
from training.longhand.teacher import TEACHER
from training.networks.longhand import Longhand
from training.recipe import Recipe, load

CARD = Path("models/longhand/README.md")


@pytest.fixture(scope="module")
def table() -> TransitionTable:
    return TransitionTable(TEACHER)


@pytest.fixture(scope="module")
def quick() -> Recipe:
    return with_settings(load("longhand"), units=4, embedding=2, updates=2)


def rows(*columns: list[list[int]] | list[int]) -> Transitions:
    return Transitions(*(np.array(column) for column in columns))


def test_to_write_the_symbol_that_is_there_counts_as_keeping_it() -> None:
    expected = rows([0, 0], [[3], [3]], [1, 1], [[KEEP], [4]], [[0], [0]])
    decided = rows([0, 0], [[3], [3]], [1, 1], [[3], [3]], [[0], [1]])
    right = compare(decided, expected)
    assert right.write.tolist() == [True, False]
    assert right.move.tolist() == [True, False]
    assert right.whole.tolist() == [True, False]


def test_the_commonest_decisions_of_a_state_are_counted_one_by_one() -> None:
    known = rows(
        [0, 0, 0, 2],
        [[1], [2], [3], [1]],
        [2, 2, 1, 0],
        [[5], [6], [6], [7]],
        [[-1], [-1], [1], [0]],
    )
    asked = rows([0, 2], [[4], [4]], [0, 0], [[0], [0]], [[0], [0]])
    chosen = commonest(known, asked, 3)
    assert chosen.next_state.tolist() == [2, 0]
    assert chosen.write.tolist() == [[6], [7]]
    assert chosen.move.tolist() == [[-1], [0]]


def test_each_transition_is_either_fitted_or_unseen(table: TransitionTable, quick: Recipe) -> None:
    found = hold_out(quick, table, 90, 1)
    assert found["fitted"] + found["unseen"] == len(table.transitions)
    assert 0 < found["fitted wrong"] <= found["fitted"]
    for kind in ("right", "commonest right"):
        assert found[kind] <= min(found[kind.replace("right", one)] for one in ("state", "move"))


def test_the_numbers_of_the_recipes_network_are_counted_as_in_its_file(
    table: TransitionTable,
) -> None:
    found = fit_size(with_settings(load("longhand"), updates=1), table)
    assert found["floats"] == 82_176
    assert int(str(found["graph bytes"])) > 4 * 82_176
    assert 0 < int(str(found["wrong"])) <= len(table.transitions)


def test_rounded_weights_are_numbers_of_float16() -> None:
    network = Longhand(4, 3, 2)
    network.initialize(torch.Generator().manual_seed(0))
    round_weights(network)
    assert all(torch.equal(one, one.half().float()) for one in network.parameters())


def test_the_packed_table_holds_all_transitions(table: TransitionTable) -> None:
    actions, whole = packed_table(table)
    t = table.transitions
    count, columns = len(t), 1 + t.write.shape[1] + t.move.shape[1]
    number = np.frombuffer(actions[: 2 * count], "<u2")
    action = np.frombuffer(actions[2 * count :], np.uint8).reshape(-1, columns)[number]
    assert action[:, 0].tolist() == t.next_state.tolist()
    assert action[:, 1:5].tolist() == t.write.tolist()
    assert action[:, 5:].astype(np.int8).tolist() == t.move.tolist()
    cases = np.frombuffer(whole[: -len(actions)], np.uint8).reshape(-1, count)
    assert cases[0].tolist() == t.state.tolist()
    assert cases[1:].T.tolist() == t.seen.tolist()


class PerfectNetwork(Longhand):
    """Decides as the teacher does, or with one wrong move."""

    def __init__(self, table: TransitionTable, wrong: int | None = None) -> None:
        super().__init__(len(table.states), 1, 1)
        self.table = table
        self.looks.data = torch.from_numpy(table.reads).float() - 0.5
        self.moves: NDArray[np.int64] = table.transitions.move.copy()
        if wrong is not None:
            self.moves[wrong] = 1 - self.moves[wrong] ** 2

    def forward(
        self, state: torch.Tensor, seen: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        t = self.table.transitions
        number = self.table.find(state.numpy(), seen.numpy())
        one_hot = torch.nn.functional.one_hot
        return (
            one_hot(torch.from_numpy(t.next_state[number]), len(self.table.states)),
            one_hot(torch.from_numpy(t.write[number]), KEEP + 1),
            one_hot(torch.from_numpy(self.moves[number] + 1), 3),
        )


def test_a_network_with_the_states_given_is_compared_with_the_teacher(
    table: TransitionTable,
) -> None:
    watcher = Watcher(table)
    right = search(StatesMachine(PerfectNetwork(table), watcher.alphabet), table, watcher)
    assert right.closed
    assert right.tried == len(table.transitions)
    network = PerfectNetwork(table, wrong=17)
    assert np.flatnonzero(
        ~compare(decide(network, table.transitions), table.transitions).whole
    ) == [17]
    found = search(StatesMachine(network, watcher.alphabet), table, watcher)
    assert found.failing[:, 1].tolist() == [17]


def test_sums_that_were_shown_are_worked_and_a_changed_step_is_found(
    table: TransitionTable,
) -> None:
    watcher = Watcher(table)
    traces = watcher.watch(draw_operation("+", 0, 40, 2))
    inferred = infer(watcher, traces)
    assert inferred.conflicts == 0
    assert wrong_workings(inferred.automaton, traces) == 0
    changed = inferred.automaton.label.copy()
    changed[0] += 1  # the first step of some of them
    assert 0 < wrong_workings(replace(inferred.automaton, label=changed), traces) <= 40


def test_drawn_operations_differ_and_have_the_digits_asked_for() -> None:
    texts = draw_operation("*", 0, 60, 1)
    assert len(set(texts)) == 60
    assert all(len(text) == 3 for text in texts)
    assert all(list(map(len, text.split("+"))) == [30, 30] for text in draw_long("+", 0, 5, 30))


@pytest.fixture(scope="module")
def revealing() -> Study:
    return Study()


def test_with_all_states_revealed_only_the_transitions_fail_that_no_working_shows(
    table: TransitionTable, revealing: Study
) -> None:
    found = revealing.merging("merged", 40, 100, 1)
    given = revealing.workings(40)
    met = simulate(table, draw(EXPRESSIONS_SEED, 40)).met
    assert given.shown.tolist() == met.tolist()
    assert found["states"] == len(np.unique(given.state))
    assert found["revealed"] == len(table.states)
    assert found["not shown"] == found["transitions failing"] == (~met).sum() > 0
    assert found["shown failing"] == 0


def test_with_no_state_revealed_merging_is_that_of_the_study_memory(revealing: Study) -> None:
    found = revealing.merging("merged", 40, 0, 1)
    told_nothing = Memory().merging(40, (0,))
    assert found["revealed"] == 0
    for mine, other in (("states", "memories"), ("tried", "tried"), ("failing", "failing")):
        assert found[mine] == told_nothing[other]
    assert int(str(found["shown failing"])) > 0


def test_fewer_revealed_states_are_among_more_of_them() -> None:
    more, fewer = reveal(172, 75, 1), reveal(172, 10, 1)
    assert (more.sum(), fewer.sum()) == (129, 17)
    assert not (fewer & ~more).any()
    assert (reveal(172, 10, 2) != fewer).any()


@pytest.mark.parametrize("name", list(card.SECTIONS))
def test_the_card_has_the_table_of_the_studys_file(name: str) -> None:
    file, text = card.SECTIONS[name]
    assert read_rows(CARD.parent / file)
    assert f"<!-- {name} -->\n{text(CARD.parent)}\n<!-- /{name} -->" in CARD.read_text()
