"""Answers are certified by a certificate of exactly the open file, and by nothing else."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import exprinfer
from exprinfer import Certificate, CertificateError, Domain, ModelFileError
from exprinfer.cli import main
from exprinfer.runtime.certificate import MAX_BYTES
from exprinfer.runtime.checksum import KEY, with_checksum
from exprinfer.runtime.model_file import find

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnx.parser")

CLAIMS = {
    "certified_domain": "seed",
    "certified_on": '["cpu", "cuda"]',
    "checked": "475200",
    "right": "475200",
}
#: A graph that answers with one of the symbols of the expression, which is quick and often wrong.
GRAPH = """<ir_version: 10, opset_import: ["" : 20]>
foreign (int64[batch, time] tokens) => (int64[batch, one] answer, float[batch] log_prob)
{
    axis = Constant <value_ints: ints = [1]> ()
    answer = ReduceMax <keepdims = 1> (tokens, axis)
    largest = ReduceMax <keepdims = 0> (tokens, axis)
    nothing = Sub (largest, largest)
    log_prob = Cast <to = 1> (nothing)
}"""
Write = Callable[..., Path]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """The file of somebody else, which claims to be certified."""
    model = onnx.parser.parse_model(GRAPH)
    props = onnx.load(find("gist")).metadata_props
    metadata = {entry.key: entry.value for entry in props if entry.key != KEY}
    metadata |= {"name": "mine", "version": "1", **CLAIMS}
    onnx.helper.set_model_props(model, metadata)
    path = tmp_path / "mine.onnx"
    path.write_bytes(with_checksum(model.SerializeToString()))
    return path


@pytest.fixture
def write(tmp_path: Path, foreign: Path) -> Write:
    """Write a certificate of the foreign file, with changes."""

    def written(name: str = "mine.certificate.json", **changes: Any) -> Path:
        content = {
            "format_version": "1",
            "file_sha256": hashlib.sha256(foreign.read_bytes()).hexdigest(),
            "model": "mine",
            "version": "1",
            "domain": "seed",
            "devices": ["cpu"],
            "checked": 475_200,
            "right": 475_200,
            "statement": "All 475,200 answers are right.",
            "method": "I looked at them.",
            "onnxruntime": "1.32.0",
            "processors": ["a processor"],
            "date": "2026-11-25",
            "evidence": {"command": "look"},
        }
        content |= changes
        path = tmp_path / name
        path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
        return path

    return written


def test_a_file_that_claims_to_be_certified_answers_but_is_not_certified(foreign: Path) -> None:
    evaluator = exprinfer.load(foreign, "cpu")
    prediction = evaluator.evaluate("9/9")
    assert prediction.answer is not None
    assert not prediction.certified
    assert not evaluator.evaluate_batch(["9/9", "5+3"]).certified.any()
    info = evaluator.models[0]
    assert (info.certificate, info.certified_domain, info.certified_on) == (None, Domain.NONE, ())
    assert "no certificate" in repr(info)


def test_a_certificate_beside_the_file_counts_only_if_the_user_names_it(
    foreign: Path, write: Write
) -> None:
    for name in ("certificate.json", "mine.certificate.json"):
        write(name)
    assert not exprinfer.load(foreign, "cpu").evaluate("9/9").certified


def test_a_foreign_file_is_certified_by_its_own_certificate(foreign: Path, write: Write) -> None:
    evaluator = exprinfer.load(foreign, "cpu", certificates=[write()])
    assert evaluator.evaluate("9/9").certified
    assert evaluator.evaluate_batch(["9/9", "5+3"]).certified.all()
    certificate = evaluator.models[0].certificate
    assert isinstance(certificate, Certificate)
    assert certificate.statement == "All 475,200 answers are right."
    copy = pickle.loads(pickle.dumps(evaluator))
    assert copy.evaluate("9/9").certified
    assert copy.models == evaluator.models


def test_a_copy_of_an_evaluator_needs_no_file_of_the_certificate(
    foreign: Path, write: Write
) -> None:
    path = write()
    evaluator = exprinfer.load(foreign, "cpu", certificates=[path])
    path.unlink()
    copy = pickle.loads(pickle.dumps(evaluator))
    assert copy.evaluate("9/9").certified
    assert copy.models == evaluator.models


def test_a_certificate_for_another_device_certifies_nothing_here(
    foreign: Path, write: Write
) -> None:
    evaluator = exprinfer.load(foreign, "cpu", certificates=[write(devices=["cuda"])])
    assert evaluator.models[0].certified_on == ("cuda",)
    assert not evaluator.evaluate("9/9").certified


def test_a_certificate_of_a_wrong_answer_certifies_nothing(foreign: Path, write: Write) -> None:
    path = write(domain="none", right=475_199)
    evaluator = exprinfer.load(foreign, "cpu", certificates=[str(path)])
    assert not evaluator.evaluate("9/9").certified
    assert evaluator.models[0].certificate
    assert "certifies nothing, 475,199 of 475,200" in repr(evaluator.models[0].certificate)


def test_a_certificate_of_another_file_is_an_error_that_names_both(
    foreign: Path, write: Write
) -> None:
    path = write(file_sha256="0" * 64)
    with pytest.raises(CertificateError) as raised:
        exprinfer.load(foreign, "cpu", certificates=[path])
    for part in (path, "0" * 64, foreign, hashlib.sha256(foreign.read_bytes()).hexdigest()):
        assert str(part) in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": "yours"}, "is about yours 1, but .* is mine 1"),
        ({"version": "2"}, "is about mine 2, but .* is mine 1"),
        ({"domain": "whole"}, "certifies the whole domain, but .* is made for the seed domain"),
    ],
)
def test_a_certificate_that_describes_another_model_is_an_error(
    changes: dict[str, Any], reason: str, foreign: Path, write: Write
) -> None:
    path = write(**changes)
    with pytest.raises(CertificateError, match=reason) as raised:
        exprinfer.load(foreign, "cpu", certificates=[path])
    assert str(path) in str(raised.value)
    assert str(foreign) in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format_version": "2"}, "format_version must be '1', got '2'"),
        ({"file_sha256": "AB" * 32}, "64 hexadecimal digits"),
        ({"file_sha256": None}, "it has no 'file_sha256'"),
        ({"domain": "everything"}, "one of none, seed, whole"),
        ({"domain": []}, "one of none, seed, whole"),
        ({"devices": []}, "a list of names"),
        ({"devices": ["tpu"]}, "'cpu' or 'cuda'"),
        ({"devices": "cpu"}, "a list of names"),
        ({"checked": "475200"}, "an integer from 0 on"),
        ({"checked": True}, "an integer from 0 on"),
        ({"right": -1}, "an integer from 0 on"),
        ({"right": 475_201}, "more than checked"),
        ({"right": 475_199}, "the domain seed with 475199 of 475200 right"),
        ({"checked": 0, "right": 0}, "the domain seed with 0 of 0 right"),
        ({"statement": "evil\x1b[2J"}, "printable text"),
        ({"method": ""}, "printable text"),
        ({"processors": [7]}, "printable text"),
        ({"date": "yesterday"}, "Invalid isoformat"),
        ({"trusted": True}, "unknown key 'trusted'"),
    ],
)
def test_a_malformed_certificate_is_refused(
    changes: dict[str, Any], reason: str, foreign: Path, write: Write
) -> None:
    path = write(**changes)
    with pytest.raises(CertificateError, match=reason) as raised:
        exprinfer.load(foreign, "cpu", certificates=[path])
    assert str(raised.value).startswith(f"{path} is not a valid certificate: ")
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"7", b"{", b"[" * 100_000, b" " * (MAX_BYTES + 1)],
    ids=["empty", "no text", "list", "number", "cut", "nested", "large"],
)
def test_what_is_no_certificate_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_bytes(content)
    with pytest.raises(CertificateError, match="not a valid certificate"):
        Certificate.read(path)


def test_a_missing_certificate_is_an_error(foreign: Path, tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"nothing\.json cannot be read"):
        exprinfer.load(foreign, "cpu", certificates=[tmp_path / "nothing.json"])
    with pytest.raises(TypeError, match="must be a list of paths"):
        exprinfer.load(foreign, "cpu", certificates="nothing.json")


def test_a_copy_of_a_shipped_file_is_certified_wherever_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "copy.onnx"
    path.write_bytes(find("exact").read_bytes())
    assert exprinfer.load(path, "cpu").evaluate("5+3").certified


def test_a_shipped_file_with_one_changed_byte_is_refused_or_not_certified(tmp_path: Path) -> None:
    content = bytearray(find("exact").read_bytes())
    content[content.index(b"weights_sha256") + 20] ^= 1  # a digit of an entry that nothing reads
    path = tmp_path / "exact.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="is damaged"):
        exprinfer.load(path, "cpu")
    path.write_bytes(with_checksum(bytes(content[:-78])))  # as a forger would
    evaluator = exprinfer.load(path, "cpu")
    prediction = evaluator.evaluate("5+3")
    assert (prediction.answer, prediction.certified) == ("8", False)
    assert not evaluator.evaluate_batch(["5+3"]).certified.any()


def test_a_shipped_model_without_a_certificate_does_not_answer_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exprinfer.runtime.trusted_certificates.shipped_folder", lambda: tmp_path)
    found = exprinfer.load(device="cpu").evaluate("5+3")
    assert (found.answer, found.model, found.certified) == ("8", "longhand", False)


def test_the_command_line_takes_certificates(foreign: Path, write: Write, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("9/9\n")
    model = ["--model", str(foreign), "--device", "cpu"]
    for command in (["evaluate", "9/9"], ["score", str(lines)]):
        plain = CliRunner().invoke(main, [*command, *model])
        assert "=?" in plain.stdout
        named = CliRunner().invoke(main, [*command, *model, "--certificate", str(write())])
        assert named.exit_code == 0, named.output
        assert "=?" not in named.stdout
    wrong = [*model, "--certificate", str(write(file_sha256="0" * 64))]
    refused = CliRunner().invoke(main, ["evaluate", "9/9", *wrong])
    assert refused.exit_code == 2
    assert "belongs to another file" in refused.stderr


def test_a_run_resumes_only_with_the_same_certificates(
    foreign: Path, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "lines.csv").write_text("expression\n9/9\n")
    command = ["score", str(tmp_path / "lines.csv"), "--model", str(foreign), "--device", "cpu"]
    command += ["--output", str(tmp_path / "out.csv"), "--certificate", str(write())]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert "1 of them certified" in done.stderr


def test_the_command_models_shows_what_certificates_state_and_how_it_was_checked() -> None:
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0, result.output
    shown = " ".join(result.stdout.split())
    certificates = {info.name: info.certificate for info in exprinfer.list_models()}
    assert certificates
    for certificate in certificates.values():
        assert certificate
        for text in (certificate.statement, certificate.method, certificate.file_sha256):
            assert text in shown
        assert f"{certificate.date}, ONNX Runtime {certificate.onnxruntime}" in shown
    assert "exact/cuda.onnx: certified for the domain seed on" in shown
    assert "gist/model.onnx: not certified" in shown
