"""Fit the network of longhand to an inferred automaton, under the numbers of its own states."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from training.longhand.fit import LonghandFitting
from training.longhand.machine import TAPES
from training.longhand.memory.automaton import Automaton
from training.longhand.memory.search import Search
from training.longhand.memory.traces import Alphabet
from training.longhand.proof.table import Transitions, TransitionTable
from training.longhand.teacher.program import State
from training.networks.longhand import Longhand
from training.recipe import Recipe


class InferredTable(TransitionTable):
    """An automaton as a table. Its states are numbers."""

    def __init__(self, automaton: Automaton, alphabet: Alphabet) -> None:
        self.states = [State(str(number)) for number in range(len(automaton.looks))]
        self.reads = automaton.looks[:, None] >> np.arange(len(TAPES)) & 1 > 0
        deeds = alphabet.deeds[automaton.deed]
        self.transitions = Transitions(
            automaton.state,
            alphabet.sights[automaton.sight],
            automaton.next_state,
            deeds[:, : len(TAPES)],
            deeds[:, len(TAPES) : -1],
        )


def refit(recipe: Recipe, table: InferredTable) -> Longhand:
    """Fit the recipe's network to all transitions of an inferred automaton."""
    torch.set_num_threads(recipe.training.threads)
    fitting = LonghandFitting(recipe, table, table.transitions)
    for number in range(recipe.training.updates):
        fitting.update(number)
    return fitting.network


def teacher_numbers(found: Search) -> NDArray[np.int64]:
    """Return the inferred state that equals each of the teacher's, int64 ``[states]``.

    Raises:
        ValueError: If the comparison failed, or they are not the same up to their numbers.
    """
    pairs = np.unique(np.column_stack([found.state, found.memory[:, 0]]), axis=0)
    once = all(len(np.unique(pairs[:, place])) == len(pairs) for place in (0, 1))
    if not found.closed or not once:
        raise ValueError("the automaton and the teacher differ in more than the numbers of states")
    return pairs[:, 1].astype(np.int64)


@torch.no_grad()
def renumber(network: Longhand, order: NDArray[np.int64]) -> None:
    """Give the states of a network other numbers: state ``order[n]`` becomes n."""
    rows = torch.from_numpy(order)
    tables = (network.hidden, network.cell, network.looks, network.memory.weight)
    for parameter in (*tables, network.memory.bias):
        parameter.copy_(parameter[rows].clone())
