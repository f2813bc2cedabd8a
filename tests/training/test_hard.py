"""The network with hard sigmoids and one-hot symbols, from the weights of ``exact``."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from exprinfer.language.tokenizer import encode
from training.expressions import sample
from training.networks import hard
from training.networks.exact import Exact
from training.networks.hard import Hard

EXPRESSIONS = sample(200, seed=9)
TOKENS = torch.from_numpy(encode(EXPRESSIONS.texts(), 11)[0]).long()


def _targets(network: Exact | Hard) -> torch.Tensor:
    answers = encode(EXPRESSIONS.answers(), network.longest_output)[0]
    return network.targets(torch.from_numpy(answers).long())


def _exact(group: int) -> Exact:
    network = Exact(units=16, group=group, embedding=8)
    network.initialize(torch.Generator().manual_seed(1))
    return network


@torch.no_grad()
@pytest.mark.parametrize("group", [1, 2, 3])
def test_it_is_exact_with_other_gates(monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    exact, network = _exact(group), Hard(units=16, group=group)
    network.start_from(exact.state_dict())
    monkeypatch.setattr(hard, "hard_sigmoid", torch.sigmoid)
    targets = _targets(exact)
    expected = exact(TOKENS, targets)
    expected = expected.reshape(*expected.shape[:2], -1)[..., : hard.ANSWER_SYMBOLS]
    assert torch.allclose(network(TOKENS, targets), expected, atol=1e-5)
    monkeypatch.undo()
    assert not torch.allclose(network(TOKENS, targets), expected, atol=1e-2)


def test_a_hard_sigmoid_is_that_of_keras() -> None:
    values = torch.tensor([-3.0, -2.5, -1.0, 0.0, 1.0, 2.5, 3.0])
    expected = torch.tensor([0.0, 0.0, 0.3, 0.5, 0.7, 1.0, 1.0])
    assert torch.allclose(hard.hard_sigmoid(values), expected)


@torch.no_grad()
def test_an_answer_does_not_depend_on_the_width_of_the_batch() -> None:
    network = Hard(units=16, group=3)
    network.initialize(torch.Generator().manual_seed(2))
    wide = network.decode(TOKENS)
    for row, text in list(enumerate(EXPRESSIONS.texts()))[:20]:
        alone = network.decode(TOKENS[row : row + 1, : len(text)])
        assert (alone[0][0] == wide[0][row]).all()
        assert np.isclose(alone[1][0], wide[1][row], atol=1e-5)
