from __future__ import annotations

import io
import logging
import subprocess
import sys
from functools import partial

import pytest

import exprinfer
from exprinfer import Evaluator, ModelFileError
from exprinfer.runtime.log import log_event
from exprinfer.scoring.pipeline import score
from exprinfer.scoring.reading.blocks import Block, ReadPosition, score_lines
from exprinfer.scoring.writing.checkpoint import Checkpoint, Output
from exprinfer.scoring.writing.writers import TextEncoder

#: An expression and junk that must not appear in any log.
SECRET = b"97*-86\nsecret\n"


def events(caplog: pytest.LogCaptureFixture) -> dict[str, logging.LogRecord]:
    return {getattr(record, "event", ""): record for record in caplog.records}


def test_opening_a_model_logs_its_file_and_device(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "exprinfer")
    model = exprinfer.load("gist", "cpu").models[0]
    logged = events(caplog)
    assert list(logged) == ["checksum verified", "device chosen", "model opened"]
    assert logged["checksum verified"].name == "exprinfer.runtime.checksum"
    assert vars(logged["device chosen"])["fields"] == {
        "device": "cpu",
        "requested": "cpu",
        "note": "",
    }
    fields = vars(logged["model opened"])["fields"]
    assert fields["model"] == "gist"
    assert fields["file_sha256"] == model.file_sha256
    assert "file_sha256='" + model.file_sha256 in logged["model opened"].getMessage()


def test_scoring_logs_counts_and_never_an_expression(
    gist: Evaluator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "exprinfer")
    lines = partial(score_lines, SECRET)
    block = Block(lines, ReadPosition(), len(SECRET), prompt=False)
    output = Output(io.BytesIO(), TextEncoder("jsonl"), Checkpoint())
    score(gist, [block], output)
    logged = events(caplog)
    assert list(logged) == ["score begins", "batch", "score ends"]
    assert logged["batch"].levelno == logging.DEBUG
    fields = vars(logged["score ends"])["fields"]
    assert (fields["lines"], fields["answered"]) == (2, 1)
    assert fields["errors"] == {"unknown_symbol": 1}
    assert not any(word in caplog.text for word in SECRET.decode().split())


def test_a_field_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    log_event(logging.getLogger("exprinfer.test"), logging.ERROR, "read", path="a\nERROR b\x1b[2J")
    assert caplog.messages == [r"read: path='a\nERROR b\x1b[2J'"]


def test_nothing_is_printed_by_default() -> None:
    code = (
        "import exprinfer, logging\n"
        "logging.getLogger('exprinfer.runtime.session').warning('no')\n"
        "exprinfer.load('gist', 'cpu').evaluate_many(['1+2'])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout == done.stderr == b""


def test_a_fallback_to_the_cpu_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from exprinfer.runtime.session import Session

    def falls_back(session: Session, *_: object) -> None:
        session.note = "no driver"

    monkeypatch.setattr(Session, "_open_on_cuda", falls_back)
    exprinfer.load("gist", "auto")
    record = events(caplog)["device chosen"]
    assert record.levelno == logging.WARNING
    assert "note='no driver'" in record.getMessage()


def test_a_refused_file_raises_and_logs_nothing(
    caplog: pytest.LogCaptureFixture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    caplog.set_level(logging.DEBUG, "exprinfer")
    path = tmp_path_factory.mktemp("models") / "x.onnx"
    path.write_bytes(b"x")
    with pytest.raises(ModelFileError):
        exprinfer.load(path)
    assert not caplog.records
