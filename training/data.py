"""What a network is fitted to, what is watched meanwhile and what is held out, as tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from training.expressions import OPERATORS, Expressions, enumerate_domain, sample
from training.networks import Network
from training.recipe import Data, Recipe

#: Of every 100 operand pairs, those that no network is fitted to before it is judged ...
HELD_OUT = range(0, 10)
#: ... and those that early stopping and the choice of model look at.
WATCHED = range(10, 12)
#: Fresh samples that are watched where the training data are samples themselves.
WATCHED_SAMPLES = 1_000
_NONE = np.empty(0, np.int64)


def percentile(expressions: Expressions) -> NDArray[np.int64]:
    """Put each (a, operator, b), in all its forms, into one of 100 parts, int64 ``[n]``.

    A fixed hash (the finaliser of splitmix64, Steele et al. 2014), so that the split never changes.
    """
    key = (expressions.a + 100) * 4 + expressions.operator
    mixed = (key * 256 + expressions.b + 100).astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed % np.uint64(100)).astype(np.int64)


def training_part(data: Data) -> Expressions:
    """The expressions that the recipe's network is fitted to."""
    if data.source == "samples":
        return sample(data.samples, data.seed)
    domain = enumerate_domain()
    return domain[np.flatnonzero(percentile(domain) >= 100 - data.percent)]


def watched_part(data: Data) -> Expressions:
    """The expressions that are watched while fitting: unseen ones, where there are any."""
    if data.source == "samples":
        return sample(WATCHED_SAMPLES, data.seed + 1)
    domain = enumerate_domain()
    if data.percent == 100:
        return domain
    return domain[np.flatnonzero(np.isin(percentile(domain), WATCHED))]


def to_tensors(expressions: Expressions, network: Network, device: str) -> tuple[Tensor, Tensor]:
    """Encode expressions and answers, int64 ``[n, longest_input]`` and ``[n, written]``."""
    alphabet = Alphabet(SYMBOLS)
    tokens, _ = alphabet.encode(expressions.texts(), network.longest_input)
    answers, _ = alphabet.encode(expressions.answers(), network.longest_output)
    targets = network.targets(torch.from_numpy(answers).long())
    return torch.from_numpy(tokens).long().to(device), targets.to(device)


@dataclass
class Order:
    """Which rows of the training data each update takes, decided by seed and update alone."""

    recipe: Recipe
    operator: NDArray[np.int64]

    def __post_init__(self) -> None:
        self._epoch = -1
        self._permutation = np.empty(0, np.int64)
        self._rows = [np.flatnonzero(self.operator == o) for o in range(len(OPERATORS))]
        weights = np.array(self.recipe.training.operator_weights, float)
        self._shares = weights / weights.sum()

    def rows(self, update: int, wrong: NDArray[np.int64] = _NONE) -> NDArray[np.int64]:
        """Rows of update number ``update`` (from 0), a share of them from ``wrong``."""
        training = self.recipe.training
        if training.order == "epochs":
            return self._pass(update)
        random = np.random.default_rng([training.seed, update])
        focused = int(training.focus * training.batch_size) if len(wrong) else 0
        counts = random.multinomial(training.batch_size - focused, self._shares)
        parts = [
            rows[random.integers(0, len(rows), count)]
            for rows, count in zip(self._rows, counts, strict=True)
        ]
        return np.concatenate([*parts, random.choice(wrong, focused)] if focused else parts)

    def _pass(self, update: int) -> NDArray[np.int64]:
        size = self.recipe.training.batch_size
        epoch, place = divmod(update, len(self.operator) // size)
        if epoch != self._epoch:
            random = np.random.default_rng([self.recipe.training.seed, epoch])
            self._permutation = random.permutation(len(self.operator))
            self._epoch = epoch
        return self._permutation[place * size : (place + 1) * size]
