from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from exprinfer.language.tokenizer import encode
from training.expressions import sample
from training.graphs import read_values
from training.networks.exact8 import MOST_WEIGHT, Exact8, round_gates, rounded
from training.networks.hard import Hard


def _network(group: int) -> Exact8:
    network = Exact8(units=24, group=group)
    network.initialize(torch.Generator().manual_seed(3))
    with torch.no_grad():
        network.output.weight *= 20  # an unfitted network would be almost undecided
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
    # A sum in another order can round a state to the next number; that may change an answer.
    assert (answer == expected.numpy()).all(axis=1).mean() > 0.98
    assert answer.shape == (len(texts), 5)
    assert np.median(np.abs(log_prob - expected_log_prob.numpy())) < 0.001


def test_all_graphs_have_the_same_numbers() -> None:
    network = _network(3)
    first, second = read_values(network.graph()), read_values(network.cuda_graph())
    shared = first.keys() & second.keys()
    assert {"BRIDGE", "OUTPUT", "WRITE_STATE_WEIGHTS", "START_BIAS", "READ_SCALES"} < shared
    assert all((first[name] == second[name]).all() for name in shared)
    for kind in ("READ", "WRITE"):
        joined, rows = first[f"{kind}_WEIGHTS"], len(second[f"{kind}_SYMBOL_WEIGHTS"])
        assert (joined[:rows] == second[f"{kind}_SYMBOL_WEIGHTS"]).all()
        assert (joined[rows:] == second[f"{kind}_STATE_WEIGHTS"]).all()
        for gate, columns in zip("IFOG", np.split(joined, 4, axis=1), strict=True):
            assert (first[f"{kind}_WEIGHTS_{gate}"] == columns).all()


def test_a_row_does_not_depend_on_its_neighbors_or_its_padding() -> None:
    session = onnxruntime.InferenceSession(_network(3).graph().SerializeToString())
    texts = sample(64, seed=4).texts()
    tokens = encode(texts, 11)[0].astype(np.int64)
    answers, log_probs = session.run(None, {"tokens": tokens})
    for row, text in enumerate(texts):
        alone = session.run(None, {"tokens": tokens[row : row + 1, : len(text)]})
        assert (alone[0][0] == answers[row]).all()
        assert alone[1][0] == pytest.approx(log_probs[row], abs=1e-4)


def test_one_row_and_many_rows_have_the_same_answers_and_log_probabilities() -> None:
    for group in (2, 3):
        session = onnxruntime.InferenceSession(_network(group).graph().SerializeToString())
        tokens = encode(sample(100, seed=5).texts(), 12)[0].astype(np.int64)
        tokens[0] = 0  # a row without symbols has an answer, too
        answers, log_probs = session.run(None, {"tokens": tokens})
        for row in range(len(tokens)):
            alone = session.run(None, {"tokens": tokens[row : row + 1]})
            assert (alone[0][0] == answers[row]).all()
            assert alone[1][0] == pytest.approx(log_probs[row], abs=1e-5)


def test_the_graph_does_not_depend_on_the_optimizer() -> None:
    content = _network(3).graph().SerializeToString()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    plain = onnxruntime.InferenceSession(content, options)
    tokens = encode(sample(300, seed=6).texts(), 11)[0].astype(np.int64)
    found = [session.run(None, {"tokens": tokens}) for session in (plain, _session(content))]
    assert (found[0][0] == found[1][0]).all()
    assert np.abs(found[0][1] - found[1][1]).max() < 1e-4


def _session(content: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(content)


def test_the_tables_are_computed_when_the_file_is_opened(tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    onnxruntime.InferenceSession(_network(3).graph().SerializeToString(), options)
    optimized = onnx.load(tmp_path / "optimized.onnx")
    names = {value.name for value in optimized.graph.initializer}
    assert {"FIRST_STATES", "FIRST_CELLS", "READ_VECTORS", "WRITTEN_VECTORS"} <= names


def test_rounding_stays_within_its_bits_and_lets_gradients_pass() -> None:
    network = _network(3)
    gates = round_gates(network.read_symbols, network.read_state)
    codes = gates.state / gates.scales
    assert codes.abs().max() <= MOST_WEIGHT + 1e-3
    assert torch.allclose(codes, codes.round(), atol=1e-3)
    values = read_values(network.graph())
    assert values["ONE_HOT"].max() <= 127  # 7 bits
    for name in ("READ_WEIGHTS", "WRITE_WEIGHTS", "BRIDGE", "OUTPUT"):
        assert np.abs(values[name].astype(int)).max() == MOST_WEIGHT
    value = torch.tensor([0.1, -0.26], requires_grad=True)
    rounded(value, 0.25).sum().backward()  # type: ignore[no-untyped-call]
    assert value.grad is not None
    assert value.grad.tolist() == [1, 1]
    assert rounded(value, 0.25).tolist() == [0, -0.25]


def test_it_has_the_weights_of_hard() -> None:
    plain = Hard(units=24, group=3)
    plain.initialize(torch.Generator().manual_seed(3))
    network = _network(3)
    network.start_from(plain.state_dict())
    tokens = torch.from_numpy(encode(["1+1", "-(66+-19)"], 11)[0]).long()
    targets = torch.zeros(2, 6, dtype=torch.int64)
    with torch.no_grad():
        difference = (network(tokens, targets) - plain(tokens, targets)).abs().max()
    assert 0 < difference < 0.5
