"""The benchmark runs and writes what it measured; how fast anything is, no test says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import exprinfer
from bench import gpu, latency, limits, sweeps, throughput, write
from bench.__main__ import main
from bench.baselines import BASELINES, ON_GPU, Baseline, UnavailableError
from bench.baselines.pytorch import PyTorch
from exprinfer.errors import DeviceError
from exprinfer.runtime.model_file import find, find_for_cuda
from exprinfer.runtime.session import Session
from training.expressions import sample

TEXTS = sample(300, seed=8).texts()


@pytest.mark.parametrize(
    "key", [key for key in BASELINES if key not in ("eval", "gist", "longhand")]
)
def test_every_peer_that_is_installed_answers_as_the_model_does(key: str) -> None:
    try:
        peer = BASELINES[key]()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    expected = exprinfer.load(peer.answers_like, "cpu").evaluate_batch(TEXTS).answers.tolist()
    found = peer.answer(TEXTS)
    peer.close()
    assert sum(ours != theirs for ours, theirs in zip(expected, found, strict=True)) <= 3


def test_what_was_measured_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (latency, "CALLS", 20),
        (latency, "STARTS", 1),
        (limits, "SIDE", 64),
        (limits, "COPIED", 1 << 16),
        (limits, "EXPRESSIONS", 512),
        (sweeps, "EXPRESSIONS", 512),
        (sweeps, "DIGITS", (1, 2)),
        (sweeps, "LONGHAND_DIGITS", (2, 4)),
        (throughput, "CHECKED", 200),
    ):
        monkeypatch.setattr(module, name, value)
    readme = tmp_path / "README.md"
    readme.write_text("<!-- bench -->\n<!-- /bench -->\n")
    sizes = ["--expressions", "1000", "--sweep", "100", "--repeats", "2"]
    options = ["--only", "ours", "--only", "ort-naive", "--output", str(tmp_path)]
    run = CliRunner().invoke(main, [*sizes, *options, "--readme", str(readme)])
    assert run.exception is None
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["throughput"].keys() == {"ours", "ort-naive"}
    assert len(found["throughput"]["ours"]["seconds"]) == 2
    assert (tmp_path / "throughput.png").stat().st_size > 10_000
    assert "exprinfer (exact and longhand)" in readme.read_text()


def test_what_runs_on_a_gpu_runs_here_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(find_for_cuda("exact"), "cpu")
    captured = session.capture(sizes=(64,))
    rows = gpu.resident(captured, {"PyTorch": PyTorch("eager")}, 600, 2)
    assert [row["name"] for row in rows] == ["exprinfer", "PyTorch"]
    assert {row["expressions"] for row in rows} == {8 * 64}
    monkeypatch.setattr(gpu, "SIZES", (32, 64))
    monkeypatch.setattr(gpu, "ROWS", 256)
    sizes = gpu.by_batch_size(session, 2)
    assert [row["batch size"] for row in sizes] == [32, 64]
    timed = throughput.measure(
        (), 300, 2, {"ours": BASELINES["ours"], "torch-eager": BASELINES["torch-eager"]}
    )
    found = {
        "throughput": {key: peer.as_row() for key, peer in timed.items()},
        "resident": rows,
        "resident by batch size": sizes,
    }
    written = write.gpu_tables(found)
    assert "PyTorch, eager" in written
    assert "| batch size | 32 | 64 |" in written


def test_where_there_is_no_gpu_the_results_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> Session:
        raise DeviceError("no driver")

    monkeypatch.setattr(gpu, "Session", absent)
    found = gpu.measure(100, 1)
    assert found == {"not measured": "no driver"}
    assert write.gpu_tables(found) == "On a GPU: not measured: no driver."


@pytest.mark.skipif(
    Session(find("gist"), "auto").device != "cuda",
    reason="needs an NVIDIA GPU and onnxruntime-gpu",
)
@pytest.mark.parametrize("key", ON_GPU)
def test_on_a_gpu_every_peer_answers_as_the_model_does(key: str) -> None:
    try:
        peer = ON_GPU[key]()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    expected = exprinfer.load("exact", "cpu").evaluate_batch(TEXTS).answers.tolist()
    assert (
        sum(ours != theirs for ours, theirs in zip(expected, peer.answer(TEXTS), strict=True)) <= 3
    )


class Liar(Baseline):
    name = "liar"
    expressions = 200

    def answer(self, texts: list[str]) -> list[str]:
        return ["1"] * len(texts)


def test_wrong_answers_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BASELINES, "liar", Liar)
    with pytest.raises(ValueError, match=r"liar answers .* otherwise"):
        throughput.measure(("liar",), 200, 1)


def test_a_peer_that_is_not_there_is_skipped_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent() -> Baseline:
        raise UnavailableError("keras is not installed")

    monkeypatch.setitem(BASELINES, "keras-best", absent)
    assert throughput.measure(("keras-best",), 10, 1)["keras-best"].skipped
