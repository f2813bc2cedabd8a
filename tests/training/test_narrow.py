"""The network whose units fade out: it keeps the weights of ``exact`` and gives up what it can."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from exprinfer.language.tokenizer import encode
from training.expressions import sample
from training.networks import narrow
from training.networks.exact import Exact
from training.networks.narrow import Narrow

EXPRESSIONS = sample(200, seed=9)
TOKENS = torch.from_numpy(encode(EXPRESSIONS.texts(), 11)[0]).long()


def _targets(network: Exact | Narrow) -> torch.Tensor:
    answers = encode(EXPRESSIONS.answers(), network.longest_output)[0]
    return network.targets(torch.from_numpy(answers).long())


def _exact(group: int = 3) -> Exact:
    network = Exact(units=16, group=group, embedding=8)
    network.initialize(torch.Generator().manual_seed(1))
    return network


@torch.no_grad()
@pytest.mark.parametrize("group", [1, 2, 3])
def test_it_is_exact_with_other_gates(monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    exact, network = _exact(group), Narrow(units=16, group=group)
    network.start_from(exact.state_dict())
    monkeypatch.setattr(narrow, "hard_sigmoid", torch.sigmoid)
    targets = _targets(exact)
    expected = exact(TOKENS, targets)
    expected = expected.reshape(*expected.shape[:2], -1)[..., : narrow.ANSWER_SYMBOLS]
    assert torch.allclose(network(TOKENS, targets), expected, atol=1e-5)
    monkeypatch.undo()
    assert not torch.allclose(network(TOKENS, targets), expected, atol=1e-2)


def test_a_hard_sigmoid_is_that_of_keras() -> None:
    values = torch.tensor([-3.0, -2.5, -1.0, 0.0, 1.0, 2.5, 3.0])
    expected = torch.tensor([0.0, 0.0, 0.3, 0.5, 0.7, 1.0, 1.0])
    assert torch.allclose(narrow.hard_sigmoid(values), expected)


@torch.no_grad()
def test_units_fade_out_and_are_left_out() -> None:
    network = Narrow(units=16, group=3, drop=5, fade=10)
    network.start_from(_exact().state_dict())
    targets = _targets(network)
    network.prepare(TOKENS, targets)
    assert len(set(network.dropped.tolist())) == 5
    assert not network.settled
    network.begin_update(5)
    assert sorted(network.mask.tolist()) == pytest.approx([0.5] * 5 + [1] * 11)
    network.begin_update(12)
    assert network.settled
    assert network.mask.sum() == 11
    smaller = Narrow(units=11, group=3)
    smaller.start_from(network.state_dict())
    assert torch.allclose(smaller(TOKENS, targets), network(TOKENS, targets), atol=1e-5)
    for name, weight in network.final_weights().items():
        assert weight.shape == network.state_dict()[name].shape


@torch.no_grad()
def test_the_units_that_fade_out_are_those_that_it_misses_least() -> None:
    network = Narrow(units=16, group=3, drop=3)
    network.start_from(_exact().state_dict())
    targets = _targets(network)
    network.prepare(TOKENS, targets)
    dropped = set(network.dropped.tolist())
    rows = torch.randint(len(TOKENS), (narrow.COMPARED_ROWS,), generator=_generator())

    def loss_without(unit: int) -> float:
        network.mask[unit] = 0
        logits = network(TOKENS[rows], targets[rows]).flatten(0, 1)
        network.mask[unit] = 1
        return torch.nn.functional.cross_entropy(logits, targets[rows].flatten()).item()

    losses = [loss_without(unit) for unit in range(16)]
    assert dropped == set(np.argsort(losses)[:3].tolist())


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@torch.no_grad()
def test_an_answer_does_not_depend_on_the_width_of_the_batch() -> None:
    network = Narrow(units=16, group=3)
    network.initialize(torch.Generator().manual_seed(2))
    wide = network.decode(TOKENS)
    for row, text in list(enumerate(EXPRESSIONS.texts()))[:20]:
        alone = network.decode(TOKENS[row : row + 1, : len(text)])
        assert (alone[0][0] == wide[0][row]).all()
        assert np.isclose(alone[1][0], wide[1][row], atol=1e-5)
