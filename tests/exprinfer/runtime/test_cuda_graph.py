"""The GPU path: everything but capture itself runs on the CPU here, and all of it on a GPU."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import exprinfer
from exprinfer import DeviceError, Evaluator, ModelFileError
from exprinfer.language.tokenizer import decode, encode
from exprinfer.runtime import cuda_graph
from exprinfer.runtime.cuda_graph import CudaGraph
from exprinfer.runtime.model import Model
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.session import Session
from training.expressions import enumerate_domain, sample

FOR_CUDA = find_for_cuda("exact")
WIDTH, ANSWER_WIDTH = 12, 5
#: Operators of opset 18 that ONNX Runtime's CUDA provider has for the types in the graph; see
#: docs/OperatorKernels.md in ONNX Runtime's repository.
ON_CUDA = """
    Add Cast Clip Concat Div Gather GatherElements Greater Identity Less LogSoftmax MatMul Max Mod
    Mul Range ReduceSum Reshape Round Slice Split Squeeze Sub Tanh TopK Unsqueeze Where
"""
TEXTS = sample(1_000, seed=6).texts()
TOKENS = encode(TEXTS)[0]


@pytest.fixture(scope="module")
def graph() -> CudaGraph:
    return CudaGraph(FOR_CUDA, WIDTH, ANSWER_WIDTH, "cpu", sizes=(4, 64), slots=2)


def test_exact_ships_a_second_file_for_cuda() -> None:
    assert find("exact").with_name("cuda.onnx") == FOR_CUDA
    assert find_for_cuda("gist") == find("gist")
    assert find_for_cuda(find("exact")) == find("exact")


def test_on_the_cpu_both_files_give_the_same_answers() -> None:
    for_cuda, other = Session(FOR_CUDA, "cpu"), Session(find("exact"), "cpu")
    assert (for_cuda.width, other.width) == (WIDTH, None)
    (answers, log_probs), (expected, expected_log_probs) = for_cuda.run(TOKENS), other.run(TOKENS)
    assert (answers == expected).all()
    assert log_probs == pytest.approx(expected_log_probs, abs=0.02)


@pytest.mark.parametrize("rows", [0, 1, 4, 5, 64, 65, 1_000])
def test_any_number_of_rows_fits_the_fixed_shapes(graph: CudaGraph, rows: int) -> None:
    answers, log_probs = graph.run(TOKENS[:rows])
    expected, expected_log_probs = Session(FOR_CUDA, "cpu").run(TOKENS[:rows])
    assert (answers == expected).all()
    assert log_probs == pytest.approx(expected_log_probs, abs=1e-4)


def test_the_previous_content_of_a_buffer_does_not_matter(graph: CudaGraph) -> None:
    longer, shorter = (encode([text])[0] for text in ("-(-66+-19)", "5+3"))
    kept = graph.run(shorter)[0]
    graph.run(longer)
    again = graph.run(shorter)[0]
    assert (again == kept).all()
    assert decode(kept).tolist() == ["8"]


def test_threads_share_the_slots(graph: CudaGraph) -> None:
    expected = Session(FOR_CUDA, "cpu").run(TOKENS)[0]
    parts = [slice(start, start + 37) for start in range(0, len(TOKENS), 37)]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda part: graph.run(TOKENS[part])[0], parts)
        assert (np.concatenate(list(found)) == expected).all()


def test_a_replay_gives_the_same_answers(graph: CudaGraph) -> None:
    with graph.slot() as slot:
        expected = slot.run(TOKENS[:64])[0]
        slot.replay(3)
        assert (slot.run(TOKENS[:64])[0] == expected).all()


def test_a_forked_process_gets_an_error(graph: CudaGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "_process", -1)
    with pytest.raises(DeviceError, match="spawn"):
        graph.run(TOKENS[:1])


def test_answers_are_certified_only_on_devices_where_the_file_was_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluator = exprinfer.load(str(FOR_CUDA), "cpu")
    result = evaluator.evaluate_batch([*TEXTS, "1+", "100*2"])
    expected = exprinfer.load("exact", "cpu").evaluate_batch([*TEXTS, "1+", "100*2"])
    assert (result.answers == expected.answers).all()
    assert (result.errors == expected.errors).all()
    assert result.certified[:-2].all()
    model = Model(FOR_CUDA, "cpu")
    monkeypatch.setattr(model, "device", "cuda")
    on_cuda = Evaluator([model]).evaluate_batch(TEXTS).certified.all()
    assert on_cuda == ("cuda" in model.info.certified_on)


def test_cuda_has_every_operator_of_the_graph() -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(FOR_CUDA)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]
    assert {node.op_type for node in model.graph.node} <= set(ON_CUDA.split())


needs_cuda = pytest.mark.skipif(
    Session(find("gist"), "auto").device != "cuda",
    reason="needs an NVIDIA GPU and onnxruntime-gpu",
)


@needs_cuda
def test_on_cuda_the_whole_domain_is_right() -> None:
    domain = enumerate_domain()
    evaluator = exprinfer.load("exact", "cuda")
    assert evaluator.device == "cuda"
    result = evaluator.evaluate_batch(domain.texts())
    assert (result.answers == np.array(domain.answers())).all()
    assert result.certified.all() == ("cuda" in evaluator.models[0].certified_on)


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


def test_a_capture_waits_for_running_batches() -> None:
    order: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        with cuda_graph.shared_device():
            capture = pool.submit(_capture, order)
            order.append("ran")
        capture.result()
    assert order == ["ran", "captured"]


def _capture(order: list[str]) -> None:
    with cuda_graph._exclusive_device():
        order.append("captured")


def test_a_file_that_takes_any_length_is_not_captured() -> None:
    session = Session(find("longhand"), "cpu")
    assert session.width is None
    with pytest.raises(ModelFileError, match="does not fix the length"):
        session.open_cuda_graph()


def test_a_session_of_fixed_width_can_be_captured() -> None:
    session = Session(FOR_CUDA, "cpu")
    graph = session.open_cuda_graph(sizes=(2, 8), slots=1)
    assert graph.largest == 8
    assert (graph.run(TOKENS[:21])[0] == session.run(TOKENS[:21])[0]).all()
