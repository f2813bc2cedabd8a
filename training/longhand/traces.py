"""What the network learns from: the situations that the teacher meets in small problems."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from training.longhand.simulate import Situations, Table
from training.longhand.trees import trees
from training.recipe import Data

#: Problems of one call of the simulation.
AT_ONCE = 20_000


def situations_met(table: Table, data: Data) -> Situations:
    """Each situation that occurs in traces of ``data.samples`` small expressions, once.

    Raises ValueError where the teacher's answer to one of them is wrong.
    """
    size = data.operands, data.depth, data.digits
    drawn = list(trees(data.seed, data.samples, *size))
    met = np.zeros(len(table.situations), bool)
    for start in tqdm(range(0, len(drawn), AT_ONCE), desc="traces"):
        part = drawn[start : start + AT_ONCE]
        run = table.run([problem.text for problem in part])
        for problem, answer in zip(part, run.answers.tolist(), strict=True):
            if answer != problem.answer:
                raise ValueError(f"the teacher answers {answer} to {problem.text}")
        met |= run.met
    return table.situations[np.flatnonzero(met)]
