"""An answer counts only if the machine has halted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import exprinfer
from exprinfer import Evaluator, NotHaltedError, TooCostlyError
from exprinfer.aio import MicroBatcher
from exprinfer.cli import main
from exprinfer.runtime.checksum import KEY, with_checksum
from exprinfer.runtime.model import Model
from exprinfer.runtime.model_file import find
from exprinfer.trace import trace
from training.certificate import sha256

onnx = pytest.importorskip("onnx")

#: The step limit of the file is so many steps in place of 14 n^2 + 20 n + 20.
FEW_STEPS = 16
QUICK, SLOW = "1+2", "987654321*123456789"


def _changed(path: Path, **values: object) -> Path:
    """Write a copy of longhand with other values of some initializers, and claims."""
    model = onnx.load(find("longhand"))
    for tensor in model.graph.initializer:
        if tensor.name in values:
            before = onnx.numpy_helper.to_array(tensor)
            value = np.broadcast_to(np.array(values[tensor.name], before.dtype), before.shape)
            tensor.CopyFrom(onnx.numpy_helper.from_array(value.copy(), tensor.name))
    metadata = {entry.key: entry.value for entry in model.metadata_props if entry.key != KEY}
    onnx.helper.set_model_props(model, metadata)
    path.write_bytes(with_checksum(model.SerializeToString()))
    return path


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that stops after few steps."""
    path = tmp_path_factory.mktemp("cut") / "model.onnx"
    return _changed(path, PER_SQUARE=0, PER_SYMBOL=0, AT_LEAST=FEW_STEPS)


@pytest.fixture(scope="module")
def certificate(cut_off: Path) -> Path:
    """A certificate of this file, which would make its answers certified."""
    content = json.loads(find("longhand").with_name("certificate.json").read_text())
    path = cut_off.with_name("certificate.json")
    path.write_text(json.dumps({**content, "file_sha256": sha256(cut_off)}))
    return path


@pytest.fixture
def evaluator(cut_off: Path, certificate: Path) -> Evaluator:
    return exprinfer.load(cut_off, "cpu", certificates=[certificate])


def test_an_answer_that_was_cut_off_is_an_error_and_not_certified(evaluator: Evaluator) -> None:
    texts = [QUICK, SLOW, "2*3", "1/0", SLOW]
    result = evaluator.evaluate_batch(texts)
    found = list(result)
    assert (found[0].answer, found[0].certified) == ("3", True)
    assert found[3].error
    assert found[3].error.code == "division_by_zero"
    for row in (1, 4):
        error = found[row].error
        assert error
        assert (error.code, error.position) == ("not_halted", None)
        assert "stopped before its answer was complete" in error.message
        assert (found[row].answer, found[row].value, found[row].log_prob) == (None, None, None)
        assert not result.certified[row]
        assert np.isnan(result.log_probs[row])
        assert result.answers[row] == ""
    assert result.to_arrow()["error"].to_pylist()[1] == "not_halted"


@pytest.mark.parametrize(
    "ask",
    [
        lambda evaluator, text: evaluator.evaluate(text),
        lambda evaluator, text: evaluator.trace(text),
        lambda evaluator, text: evaluator.evaluate(text, max_steps=10_000),
        lambda evaluator, text: evaluator.evaluate(text, timeout=100),
    ],
    ids=["evaluate", "trace", "a budget of steps", "a budget of time"],
)
@pytest.mark.parametrize("text", ["99*-99", SLOW])  # the first one is in the seed domain
def test_every_call_raises_an_error_if_the_answer_was_cut_off(
    ask: Callable[[Evaluator, str], object], text: str, evaluator: Evaluator
) -> None:
    with pytest.raises(NotHaltedError, match="stopped before its answer was complete"):
        ask(evaluator, text)


def test_a_budget_that_ends_first_is_the_error(evaluator: Evaluator) -> None:
    with pytest.raises(TooCostlyError):
        evaluator.evaluate(SLOW, max_steps=FEW_STEPS // 2)


def test_streams_and_micro_batches_have_the_error_too(evaluator: Evaluator) -> None:
    streamed = list(evaluator.stream([QUICK, SLOW]))
    assert [found.error and found.error.code for found in streamed] == [None, "not_halted"]

    async def ask() -> object:
        async with MicroBatcher(evaluator) as batcher:
            return await asyncio.gather(
                batcher.evaluate(QUICK), batcher.evaluate(SLOW), return_exceptions=True
            )

    outcomes = asyncio.run(ask())
    assert isinstance(outcomes, list)
    assert outcomes[0].answer == "3"
    assert isinstance(outcomes[1], NotHaltedError)


def test_the_trace_of_a_model_that_did_not_answer_is_an_error_too(cut_off: Path) -> None:
    """Another model may have answered, such as exact for small expressions."""
    model = Model(cut_off, "cpu")
    assert trace(model, QUICK).steps
    with pytest.raises(NotHaltedError):
        trace(model, "99*-99")


def test_a_machine_that_meets_an_impossible_case_has_no_answer(tmp_path: Path) -> None:
    """This file starts in the state in which longhand halts for another reason."""
    path = _changed(tmp_path / "model.onnx", START=170)
    result = exprinfer.load(path, "cpu").evaluate_batch([QUICK, "2*3"])
    assert [found.error and found.error.code for found in result] == ["not_halted"] * 2
    assert not result.certified.any()


def test_the_command_line_shows_the_error(cut_off: Path, certificate: Path) -> None:
    options = ["--model", str(cut_off), "--device", "cpu", "--certificate", str(certificate)]
    result = CliRunner().invoke(main, ["evaluate", SLOW, QUICK, *options])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "stopped before its answer was complete" in lines[0]
    assert lines[1] == f"{QUICK} = 3"
