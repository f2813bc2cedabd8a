"""What the network learns from: the transitions that the teacher makes in small expressions."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from training.longhand.problems.trees import trees
from training.longhand.proof.simulation import simulate
from training.longhand.proof.table import Transitions, TransitionTable
from training.recipe import DataSettings

#: Expressions of one call of the simulation.
CHUNK_ROWS = 20_000


def transitions_met(table: TransitionTable, data: DataSettings) -> Transitions:
    """Return each transition that occurs in the traces of random small expressions, once.

    Args:
        table: The teacher's transition table.
        data: Number and size of the expressions, and the seed.

    Raises:
        ValueError: If the teacher's answer to one of them is wrong.
    """
    size = data.operands, data.depth, data.digits
    drawn = list(trees(data.seed, data.samples, *size))
    met = np.zeros(len(table.transitions), bool)
    for start in tqdm(range(0, len(drawn), CHUNK_ROWS), desc="traces"):
        part = drawn[start : start + CHUNK_ROWS]
        result = simulate(table, [problem.text for problem in part])
        for problem, answer in zip(part, result.answers.tolist(), strict=True):
            if answer != problem.answer:
                raise ValueError(f"the teacher's answer to {problem.text} is {answer}")
        met |= result.met
    return table.transitions[np.flatnonzero(met)]
