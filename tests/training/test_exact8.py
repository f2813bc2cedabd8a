from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from exprinfer.language.tokenizer import encode
from training.expressions import sample
from training.networks.exact import Exact
from training.networks.exact8 import MOST, MOST_WEIGHT, ZERO_POINT, Exact8, round_lstm, rounded


def _network(group: int) -> Exact8:
    network = Exact8(units=24, group=group, embedding=8)
    network.initialize(torch.Generator().manual_seed(3))
    return network


@pytest.mark.parametrize("group", [2, 3])
@pytest.mark.parametrize("kind", ["graph", "cuda_graph"])
def test_the_graphs_compute_what_the_network_computes(kind: str, group: int) -> None:
    network = _network(group)
    session = onnxruntime.InferenceSession(getattr(network, kind)().SerializeToString())
    texts = [text for text in sample(600, seed=2).texts() if len(text) > 2]
    tokens, _ = encode(texts, 12)
    answer, log_prob = session.run(None, {"tokens": tokens.astype(np.int64)})
    with torch.no_grad():
        expected, expected_log_prob = network.decode(torch.from_numpy(tokens).long())
    # An unfitted network is sometimes almost undecided; then rounding can change the answer.
    assert (answer == expected.numpy()).all(axis=1).mean() > 0.98
    assert answer.shape == (len(texts), 5)
    assert np.abs(log_prob - expected_log_prob.numpy()).max() < 0.2


def test_both_graphs_have_the_same_numbers() -> None:
    network = _network(3)
    graphs = [network.graph().graph, network.cuda_graph().graph]
    first, second = (
        {value.name: value.raw_data for value in graph.initializer} for graph in graphs
    )
    shared = first.keys() & second.keys()
    assert {"READ_VECTORS", "WRITTEN_VECTORS", "START", "FIRST_WEIGHTS", "BRIDGE"} < shared
    assert all(first[name] == second[name] for name in shared)
    for kind in ("READ", "WRITE"):
        assert first[f"{kind}_WEIGHTS"].endswith(second[f"{kind}_STATE_WEIGHTS"])
    assert first["WRITE_WEIGHTS"].startswith(second["WRITE_VECTOR_WEIGHTS"])


def test_a_row_does_not_depend_on_its_neighbors_or_its_padding() -> None:
    session = onnxruntime.InferenceSession(_network(3).graph().SerializeToString())
    texts = sample(64, seed=4).texts()
    tokens = encode(texts, 11)[0].astype(np.int64)
    answers, log_probs = session.run(None, {"tokens": tokens})
    for row, text in enumerate(texts):
        alone = session.run(None, {"tokens": tokens[row : row + 1, : len(text)]})
        assert (alone[0][0] == answers[row]).all()
        assert alone[1][0] == pytest.approx(log_probs[row], abs=1e-4)


def test_rounding_stays_within_its_bits_and_lets_gradients_pass() -> None:
    network = _network(3)
    lstm = round_lstm(network.encoder, network.read_table)
    codes = lstm.state_weight / lstm.scales
    assert codes.abs().max() <= MOST_WEIGHT + 1e-3
    assert torch.allclose(codes, codes.round(), atol=1e-3)
    graph = network.graph().graph
    values = {value.name: onnx.numpy_helper.to_array(value) for value in graph.initializer}
    for name in ("READ_VECTORS", "WRITTEN_VECTORS", "START"):
        assert values[name].min() >= ZERO_POINT - MOST
        assert values[name].max() <= ZERO_POINT + MOST
    for name in ("READ_WEIGHTS", "WRITE_WEIGHTS"):
        assert np.abs(values[name].astype(int)).max() == MOST_WEIGHT
    value = torch.tensor([0.1, -0.26], requires_grad=True)
    rounded(value, 0.25).sum().backward()  # type: ignore[no-untyped-call]
    assert value.grad is not None
    assert value.grad.tolist() == [1, 1]
    assert rounded(value, 0.25).tolist() == [0, -0.25]


def test_it_has_the_weights_of_exact() -> None:
    plain = Exact(units=24, group=3, embedding=8)
    plain.initialize(torch.Generator().manual_seed(3))
    network = _network(3)
    network.load_state_dict(plain.state_dict())
    tokens = torch.from_numpy(encode(["1+1", "-(66+-19)"], 11)[0]).long()
    targets = torch.zeros(2, 6, dtype=torch.int64)
    with torch.no_grad():
        difference = (network(tokens, targets) - plain(tokens, targets)).abs().max()
    assert 0 < difference < 0.5
