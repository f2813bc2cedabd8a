"""Give a fitted network the teacher's numbers of states, which the proof in Coq uses.

This comes after the fit. The states are matched by what they do: the comparison of the inferred
automaton with the teacher pairs each state with exactly one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from training.longhand.memory.correspondence import renumbered, teacher_numbers
from training.longhand.memory.inference import Inferred
from training.longhand.memory.search import TableMachine, search
from training.longhand.memory.traces import Watcher
from training.longhand.proof.table import TransitionTable
from training.networks.longhand import Longhand


def with_teacher_numbers(
    network: Longhand, inferred: Inferred, teacher: TransitionTable
) -> Inferred:
    """Renumber a network in place; return the automaton with the same numbers.

    Args:
        network: A network that was fitted to the automaton.
        inferred: The automaton.
        teacher: The transition table of the teacher.

    Raises:
        ValueError: If automaton and teacher differ in more than the numbers of states.
    """
    machine = TableMachine(inferred.automaton, inferred.alphabet)
    order = teacher_numbers(search(machine, teacher, Watcher(teacher)))
    renumber(network, order)
    return replace(inferred, automaton=renumbered(inferred.automaton, order))


@torch.no_grad()
def renumber(network: Longhand, order: NDArray[np.int64]) -> None:
    """Give the states of a network other numbers: state ``order[n]`` becomes n."""
    rows = torch.from_numpy(order)
    tables = (network.hidden, network.cell, network.looks, network.memory.weight)
    for parameter in (*tables, network.memory.bias):
        parameter.copy_(parameter[rows].clone())
