from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from exprinfer import DeviceError, ModelFileError
from exprinfer.runtime.checksum import with_checksum
from exprinfer.runtime.model_file import find
from exprinfer.runtime.session import Session

HAS_CUDA = Session(find("gist"), "auto").device == "cuda"


def test_cpu_runs_on_the_cpu() -> None:
    session = Session(find("gist"), "cpu")
    assert session.device == "cpu"
    assert session.note == ""
    answer, log_prob = session.run(np.ones((3, 4), np.uint8))
    assert answer.shape == (3, 20)
    assert log_prob.shape == (3,)


@pytest.mark.skipif(HAS_CUDA, reason="CUDA is available")
def test_missing_cuda_raises_with_the_remedy() -> None:
    with pytest.raises(DeviceError, match=r"pip install '(exprinfer\[gpu\]|onnxruntime-gpu)"):
        Session(find("gist"), "cuda")


@pytest.mark.skipif(not HAS_CUDA, reason="needs an NVIDIA GPU and onnxruntime-gpu")
def test_cuda_and_the_cpu_give_the_same_answers() -> None:
    tokens = np.random.default_rng(0).integers(1, 17, (1_000, 11))
    on_cpu, on_cuda = (Session(find("gist"), device).run(tokens) for device in ("cpu", "cuda"))
    assert (on_cpu[0] == on_cuda[0]).all()


def test_a_provider_that_onnx_runtime_drops_silently_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = onnxruntime.InferenceSession

    def always_on_the_cpu(content: bytes, options: Any, providers: list[str]) -> Any:
        return made(content, options, providers=providers[-1:])

    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr(onnxruntime, "InferenceSession", always_on_the_cpu)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: print("Failed to load libx.so: no"))
    session = Session(find("gist"), "auto")
    assert session.device == "cpu"
    assert "could not create its CUDA provider (libx.so not found)" in session.note
    assert capsys.readouterr().out == ""
    with pytest.raises(DeviceError, match="nvidia-smi"):
        Session(find("gist"), "cuda")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(DeviceError, match="'tpu'"):
        Session(find("gist"), "tpu")  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x0a" * 50])
def test_a_file_that_is_not_a_model_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(with_checksum(content))
    with pytest.raises(ModelFileError, match=r"ONNX Runtime cannot open .*model\.onnx"):
        Session(path, "cpu")


@pytest.mark.parametrize("inside_a_node", [False, True])
def test_a_model_that_reads_other_files_is_refused(inside_a_node: bool, tmp_path: Path) -> None:
    """ONNX Runtime itself reads any file beside the model, as weights."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(find("gist"))
    model.metadata_props.pop()  # the checksum
    weight = model.graph.initializer[0]
    if inside_a_node:
        node = onnx.helper.make_node("Constant", [], ["x"], value=weight)
        model.graph.node.append(node)
        weight = model.graph.node[-1].attribute[0].t
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="other.bin")
    (tmp_path / "other.bin").write_bytes(b"\0" * 1_000_000)
    path = tmp_path / "model.onnx"
    content = model.SerializeToString()
    for written in (content, content.replace(b"\x0a\x08location", b"\x8a\x00\x88\x80\x00location")):
        path.write_bytes(with_checksum(written))
        with pytest.raises(ModelFileError, match="keeps weights in another file"):
            Session(path, "cpu")


def test_a_file_of_onnx_runtimes_other_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path)
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(find("gist").read_bytes(), options)
    assert path.read_bytes()[4:8] == b"ORTM"
    path.write_bytes(with_checksum(path.read_bytes().replace(b"checksum", b"checksun")))
    with pytest.raises(ModelFileError, match=r"ONNX Runtime cannot open .*model\.onnx"):
        Session(path, "cpu")


def test_a_model_with_another_contract_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(find("gist"))
    model.graph.output.pop()
    model.metadata_props.pop()  # the checksum
    (tmp_path / "model.onnx").write_bytes(with_checksum(model.SerializeToString()))
    with pytest.raises(ModelFileError, match="log_prob"):
        Session(tmp_path / "model.onnx", "cpu")


def test_onnx_runtimes_usage_reports_are_off() -> None:
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_without_onnx_runtime_the_error_names_both_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("exprinfer")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"exprinfer\[cpu\].*exprinfer\[gpu\]"):
        __import__("exprinfer").load()
