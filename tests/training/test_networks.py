from __future__ import annotations

import math

import pytest
import torch

from exprinfer.language.tokenizer import encode
from training import networks
from training import recipe as recipes
from training.expressions import sample
from training.networks import Network
from training.networks.exact import reverse
from training.networks.gist import Gist

NAMES = ["gist", "exact", "exact-working"]


def fresh(name: str) -> Network:
    network = networks.build(recipes.load(name).model)
    network.initialize(torch.Generator().manual_seed(1))
    return network.eval()


def tokens(count: int, width: int) -> torch.Tensor:
    return torch.from_numpy(encode(sample(count, 1).texts(), width)[0]).long()


@torch.no_grad()
def test_the_steps_of_the_gist_agree_with_the_fast_kernel() -> None:
    """Fitting uses PyTorch's LSTM in float32; decoding uses single steps in float64."""
    network = fresh("gist")
    answer, log_prob = network.decode(tokens(200, 11))
    logits = network(tokens(200, 20), answer).log_softmax(-1)
    assert torch.allclose(logits.amax(-1).sum(1), log_prob, atol=1e-4)
    chosen = logits.gather(2, answer[..., None])[..., 0]
    assert torch.allclose(chosen, logits.amax(-1), atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_no_answer(name: str) -> None:
    network = fresh(name)
    texts = [text for text in sample(2_000, 1).texts() if len(text) <= 7]
    narrow, _ = encode(texts, 7)
    wide, _ = encode(texts, 11)
    answers = [network.decode(torch.from_numpy(part).long()) for part in (narrow, wide)]
    assert torch.equal(answers[0][0], answers[1][0])
    assert torch.allclose(answers[0][1], answers[1][1], atol=1e-5)


def test_the_gist_has_the_weights_of_keras() -> None:
    network = fresh("gist")
    assert isinstance(network, Gist)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    keras_weights = 4 * 250 * (17 + 250 + 1) + 4 * 100 * (250 + 100 + 1) + 17 * (100 + 1)
    assert sum(weight.numel() for weight in weights) == keras_weights == 410_117
    encoder = network.encoder
    limit = math.sqrt(6 / (17 + 4 * 250))
    assert limit * 0.99 < encoder.weight_ih_l0.abs().max() <= limit
    recurrent = encoder.weight_hh_l0
    assert torch.allclose(recurrent.t() @ recurrent, torch.eye(250), atol=1e-5)
    assert encoder.bias_ih_l0.reshape(4, 250).mean(1).tolist() == [0, 1, 0, 0]
    assert not encoder.bias_hh_l0.any()


def test_reverse_leaves_the_padding_on_the_right() -> None:
    given = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [0, 0, 0, 0]])
    expected = [[3, 2, 1, 0], [4, 0, 0, 0], [0, 0, 0, 0]]
    assert reverse(given).tolist() == expected
