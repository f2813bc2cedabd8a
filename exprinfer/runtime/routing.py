"""Decide which model answers an expression, and whether the answer counts as certified."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.grammar import Domain
from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.runtime.model import Model

#: In place of a model's index, if no model reads so long an expression.
NO_MODEL = -1


class Router:
    """Sends each expression to the first model whose certified domain contains it.

    The last model takes what is left. An answer is certified if the certificate of the model that
    gives it covers a domain that contains the expression, on this kind of device.

    Attributes:
        quick_length: The first model certifies every expression of the seed domain up to this
            length, so one such expression needs no further decision. 0 if it does not.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        self._longest = [model.info.longest_input for model in models]
        # The last model takes every domain.
        self._takes = [model.info.certified_domain for model in models[:-1]] + [max(Domain)]
        self._certifies = [model.certified_domain for model in models]
        lengths = np.arange(1, self._longest[0] + 1)
        model, certified = self.route(np.full(len(lengths), Domain.SEED, np.uint8), lengths)
        quick = (model == 0) & certified
        self.quick_length = int(lengths[quick].max(initial=0))

    def route(
        self, domains: NDArray[np.uint8], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
        """Choose a model for each of a batch of expressions.

        Args:
            domains: The smallest ``Domain`` that contains each expression, ``[batch]``.
            lengths: Their lengths in symbols, ``[batch]``.

        Returns:
            The index of the model that answers, or ``NO_MODEL``, int8 ``[batch]``; and whether its
            answer is certified, bool ``[batch]``.
        """
        chosen = np.full(len(lengths), NO_MODEL, np.int8)
        certified = np.zeros(len(lengths), bool)
        for index, longest in enumerate(self._longest):
            fits = (chosen == NO_MODEL) & (lengths <= longest) & (domains <= self._takes[index])
            chosen[fits] = index
            certified[fits] = domains[fits] <= self._certifies[index]
        return chosen, certified


def common_operands(models: Sequence[Model]) -> Operands:
    """Return the operand ranges of the seed domain for models that are open together.

    Raises:
        ValueError: If two of the models have different ranges: a domain must mean the same to all.
    """
    seed = [model.info for model in models if _knows_seed_domain(model)]
    operands = seed[0].operands if seed else DEFAULT_OPERANDS
    for info in seed:
        if info.operands != operands:
            raise ValueError(
                f"the models {seed[0].name!r} and {info.name!r} have different operand ranges"
            )
    return operands


def _knows_seed_domain(model: Model) -> bool:
    return Domain.SEED in (model.info.domain, model.info.certified_domain)
