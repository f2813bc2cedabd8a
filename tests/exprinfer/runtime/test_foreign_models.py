"""Model files made by somebody else: with a checksum, but only half of the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exprinfer
from exprinfer import Evaluator, InferenceError, ModelFileError
from exprinfer.language.tokenizer import decode, decode_one
from exprinfer.runtime.checksum import KEY, with_checksum
from exprinfer.runtime.model_file import find

onnx = pytest.importorskip("onnx")

Load = Callable[..., Evaluator]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Open a model that returns the same tensors for every input; ``node`` is one more node."""

    def made(
        answer: Any, log_prob: Any = (0.0,), tokens: Any = ("b", "t"), node: Any = None, **more: str
    ) -> Evaluator:
        info = onnx.helper.make_tensor_value_info
        values: dict[str, Any] = {"answer": np.array(answer, np.int64)}
        values["log_prob"] = np.array(log_prob, np.float32)
        kinds = {"answer": onnx.TensorProto.INT64, "log_prob": onnx.TensorProto.FLOAT}
        graph = onnx.helper.make_graph(
            [
                *(onnx.helper.make_node("Identity", [f"{name}0"], [name]) for name in values),
                *([node] if node else []),
            ],
            "foreign",
            [info("tokens", onnx.TensorProto.INT64, tokens)],
            [info(name, kinds[name], [None] * value.ndim) for name, value in values.items()],
            [onnx.numpy_helper.from_array(value, f"{name}0") for name, value in values.items()],
        )
        opsets = [onnx.helper.make_opsetid(domain, 1 if domain else 20) for domain in ("", "other")]
        model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)
        props = {entry.key: entry.value for entry in onnx.load(find("gist")).metadata_props}
        del props[KEY]
        onnx.helper.set_model_props(model, {**props, **more})
        path = tmp_path / "foreign.onnx"
        content = model.SerializeToString().replace(b"not text", b"\xff" * 8)
        path.write_bytes(with_checksum(content))
        return exprinfer.load(path, "cpu")

    return made


def test_a_file_that_follows_the_contract_answers(load: Load) -> None:
    prediction = load([[9, 9]]).evaluate("5+3")
    assert (prediction.answer, prediction.certified) == ("88", False)


@pytest.mark.parametrize(
    ("answer", "more", "reason"),
    [
        ([9], {}, "must have the inputs"),
        ([[[9]]], {}, "must have the inputs"),
        ([[9]], {"tokens": (1, 11)}, "must take batches of any size, got only 1"),
        ([[9]], {"recipe": "not text"}, "the metadata is not text"),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused(
    answer: Any, more: dict[str, Any], reason: str, load: Load
) -> None:
    with pytest.raises(ModelFileError, match=rf"foreign\.onnx.*{reason}"):
        load(answer, **more)


def test_an_operator_of_its_own_is_refused(load: Load) -> None:
    with pytest.raises(ModelFileError, match="Evil"):
        load([[9]], node=onnx.helper.make_node("Evil", ["tokens"], ["x"], domain="other"))


def test_answers_for_too_few_rows_are_refused(load: Load) -> None:
    evaluator = load([[9, 9]])
    with pytest.raises(ModelFileError, match="1 answers and 1 log-probabilities for 2"):
        evaluator.evaluate_batch(["5+3", "5+4"])


def test_an_answer_longer_than_python_reads_has_no_value(load: Load) -> None:
    prediction = load([[9] * 5_000]).evaluate("5+3")
    assert prediction.answer == "8" * 5_000
    assert prediction.value is None


@pytest.mark.parametrize(
    ("answer", "log_prob", "reason"),
    [
        ([[9, -1]], 0.0, "ids from -1 to 9"),
        ([[9, 17]], 0.0, "ids from 9 to 17"),
        ([[9, 2**40]], 0.0, "ids from 9 to"),
        ([[9]], 1e30, "log-probabilities from"),
        ([[9]], 0.1, "at most 0"),
        ([[9]], np.nan, "log-probabilities from nan"),
        ([[9]], -np.inf, "log-probabilities from -inf"),
    ],
)
def test_outputs_that_cannot_be_are_refused(
    answer: Any, log_prob: float, reason: str, load: Load
) -> None:
    evaluator = load(answer, (log_prob,))
    for evaluate in (evaluator.evaluate, lambda text: evaluator.evaluate_batch([text])):
        with pytest.raises(ModelFileError, match=rf"foreign\.onnx returns .*{reason}"):
            evaluate("5+3")


def test_a_log_probability_above_0_by_rounding_is_accepted(load: Load) -> None:
    assert load([[9]], (1e-6,)).evaluate("5+3").answer == "8"


def test_padding_inside_an_answer_reads_the_same_for_one_and_many() -> None:
    ids = np.array([[2, 0, 3, 0, 0]])
    assert decode_one(ids[0].tolist()) == decode(ids)[0] == "1 2"


@pytest.mark.parametrize("key", ["name", "version"])
def test_a_name_that_a_terminal_would_act_on_is_refused(key: str, load: Load) -> None:
    with pytest.raises(ModelFileError, match=r"x1b\[2J.*do not print") as raised:
        load([[9]], **{key: "evil\x1b[2J"})
    assert str(raised.value).isprintable()


def test_a_failure_of_onnx_runtime_is_an_error_of_the_package(load: Load) -> None:
    """This graph opens, and then asks for an element that its table does not have."""
    node = onnx.helper.make_node("Gather", ["log_prob0", "tokens"], ["x"])
    with pytest.raises(InferenceError, match=r"ONNX Runtime failed to run .*foreign\.onnx"):
        load([[9]], node=node).evaluate("5+3")
