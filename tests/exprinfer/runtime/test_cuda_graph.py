"""The path of a GPU: on the CPU all of it but capture itself, and on a GPU where there is one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import exprinfer
from exprinfer import DeviceError, ModelFileError
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.runtime import cuda_graph
from exprinfer.runtime.cuda_graph import CudaGraph
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.session import Session
from training.expressions import enumerate_domain, sample

FOR_CUDA = find_for_cuda("exact")
WIDTH, ANSWER_WIDTH = 12, 5
#: Operators that ONNX Runtime's CUDA provider has in opset 18, for the types that the graph has, by
#: docs/OperatorKernels.md in ONNX Runtime's repository.
ON_CUDA = """
    Add Cast Concat Div Gather GatherElements Greater Identity Less LogSoftmax MatMul Max Mul
    ReduceSum Reshape Round Sigmoid Slice Split Squeeze Sub Tanh TopK Where
"""
TEXTS = sample(1_000, seed=6).texts()
TOKENS = Alphabet(SYMBOLS).encode(TEXTS)[0]


@pytest.fixture(scope="module")
def lanes() -> CudaGraph:
    return CudaGraph(FOR_CUDA, WIDTH, ANSWER_WIDTH, "cpu", sizes=(4, 64), lanes=2)


def test_exact_ships_a_file_of_its_own_for_cuda() -> None:
    assert find("exact").with_name("cuda.onnx") == FOR_CUDA
    assert find_for_cuda("gist") == find("gist")
    assert find_for_cuda(find("exact")) == find("exact")


def test_on_the_cpu_the_file_answers_as_the_other_does() -> None:
    for_cuda, other = Session(FOR_CUDA, "cpu"), Session(find("exact"), "cpu")
    assert (for_cuda.width, other.width) == (WIDTH, None)
    (answers, log_probs), (expected, expected_log_probs) = for_cuda.run(TOKENS), other.run(TOKENS)
    assert (answers == expected).all()
    assert log_probs == pytest.approx(expected_log_probs, abs=0.02)


@pytest.mark.parametrize("rows", [0, 1, 4, 5, 64, 65, 1_000])
def test_any_number_of_rows_goes_through_the_fixed_shapes(lanes: CudaGraph, rows: int) -> None:
    answers, log_probs = lanes.run(TOKENS[:rows])
    expected, expected_log_probs = Session(FOR_CUDA, "cpu").run(TOKENS[:rows])
    assert (answers == expected).all()
    assert log_probs == pytest.approx(expected_log_probs, abs=1e-4)


def test_what_a_buffer_held_before_is_not_seen(lanes: CudaGraph) -> None:
    longer, shorter = (Alphabet(SYMBOLS).encode([text])[0] for text in ("-(-66+-19)", "5+3"))
    kept = lanes.run(shorter)[0]
    lanes.run(longer)
    again = lanes.run(shorter)[0]
    assert (again == kept).all()
    assert Alphabet(SYMBOLS).decode(kept).tolist() == ["8"]


def test_threads_share_the_lanes(lanes: CudaGraph) -> None:
    expected = Session(FOR_CUDA, "cpu").run(TOKENS)[0]
    parts = [slice(start, start + 37) for start in range(0, len(TOKENS), 37)]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda part: lanes.run(TOKENS[part])[0], parts)
        assert (np.concatenate(list(found)) == expected).all()


def test_a_replay_answers_what_is_there(lanes: CudaGraph) -> None:
    with lanes.lane() as lane:
        expected = lane.run(TOKENS[:64])[0]
        lane.replay(3)
        assert (lane.run(TOKENS[:64])[0] == expected).all()


def test_a_forked_process_is_told(lanes: CudaGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_process", -1)
    with pytest.raises(DeviceError, match="spawn"):
        lanes.run(TOKENS[:1])


def test_an_evaluator_of_the_file_is_certified_where_it_was_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluator = exprinfer.load(str(FOR_CUDA), "cpu")
    column = evaluator.evaluate_batch([*TEXTS, "1+", "100*2"])
    expected = exprinfer.load("exact", "cpu").evaluate_batch([*TEXTS, "1+", "100*2"])
    assert (column.answers == expected.answers).all()
    assert (column.errors == expected.errors).all()
    assert column.certified[:-2].all()
    session = evaluator._models[0].session
    monkeypatch.setattr(session, "device", "cuda")
    monkeypatch.setattr(evaluator, "device", "cuda")
    on_cuda = evaluator.evaluate_batch(TEXTS).certified.all()
    assert on_cuda == ("cuda" in evaluator.models[0].certified_on)


def test_the_graph_has_only_operators_that_cuda_has() -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(FOR_CUDA)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]
    assert {node.op_type for node in model.graph.node} <= set(ON_CUDA.split())


needs_cuda = pytest.mark.skipif(
    Session(find("gist"), "auto").device != "cuda",
    reason="needs an NVIDIA GPU and onnxruntime-gpu",
)


@needs_cuda
def test_on_cuda_all_of_the_domain_is_right() -> None:
    domain = enumerate_domain()
    evaluator = exprinfer.load("exact", "cuda")
    assert evaluator.device == "cuda"
    column = evaluator.evaluate_batch(domain.texts())
    assert (column.answers == np.array(domain.answers())).all()
    assert column.certified.all() == ("cuda" in evaluator.models[0].certified_on)


@needs_cuda
@pytest.mark.parametrize("batch_size", [1, 7, 300, 65_536])
def test_on_cuda_batch_size_and_threads_change_nothing(batch_size: int) -> None:
    expected = exprinfer.load("exact", "cpu").evaluate_batch(TEXTS).answers
    with exprinfer.load("exact", "cuda", batch_size=batch_size, threads=4) as evaluator:
        assert (evaluator.evaluate_batch(TEXTS).answers == expected).all()
        assert evaluator.evaluate(TEXTS[0]).answer == expected[0]


@needs_cuda
def test_on_cuda_one_evaluator_opens_while_another_works() -> None:
    expected = exprinfer.load("exact", "cpu").evaluate_batch(TEXTS).answers
    first = exprinfer.load("exact", "cuda")
    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(first.evaluate_batch, TEXTS) for _ in range(50)]
        second = exprinfer.load("exact", "cuda").evaluate_batch(TEXTS).answers
        assert all((job.result().answers == expected).all() for job in working)
    assert (second == expected).all()


def test_captures_wait_for_those_who_run() -> None:
    order: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        with cuda_graph.beside_others():
            alone = pool.submit(_note_alone, order)
            order.append("ran")
        alone.result()
    assert order == ["ran", "captured"]


def _note_alone(order: list[str]) -> None:
    with cuda_graph._alone():
        order.append("captured")


def test_a_file_of_any_width_is_not_captured() -> None:
    session = Session(find("longhand"), "cpu")
    assert session.width is None
    with pytest.raises(ModelFileError, match="fixes no time"):
        session.capture()


def test_a_session_of_fixed_width_is_captured_with_its_own_shapes() -> None:
    session = Session(FOR_CUDA, "cpu")
    captured = session.capture(sizes=(2, 8), lanes=1)
    assert captured.largest == 8
    assert (captured.run(TOKENS[:21])[0] == session.run(TOKENS[:21])[0]).all()
