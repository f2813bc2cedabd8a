"""The shipped models are what their files and cards say of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import exprinfer
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.model_file import find_for_cuda, shipped
from exprinfer.runtime.trusted_certificates import shipped_certificates
from training.certificate import certificate_path, sha256
from training.evaluation import evaluate_on
from training.expressions import domain_rows, enumerate_domain

FILES = sorted({path for name in shipped() for path in (shipped()[name], find_for_cuda(name))})


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_shipped_file_has_a_certificate_with_its_hash(file: Path) -> None:
    """If this fails, the certificate is stale: run ``python -m training certify NAME``."""
    certificate = Certificate.read(certificate_path(file))
    assert certificate.file_sha256 == sha256(file)
    info = exprinfer.load(str(file), "cpu").models[0]
    assert info.certificate == certificate
    assert (info.right, info.checked) == (certificate.right, certificate.checked)
    assert "cpu" in certificate.devices


def test_every_shipped_certificate_is_that_of_a_shipped_file() -> None:
    hashes = [certificate.file_sha256 for certificate in shipped_certificates().values()]
    assert sorted(hashes) == sorted(map(sha256, FILES))


def test_the_certificate_of_longhand_names_the_present_checker_and_theorem(
    repository: Path,
) -> None:
    """If this fails, the certificate is stale: run ``python -m training certify longhand``."""
    folder = repository / "models" / "longhand"
    evidence = json.loads((folder / "certificate.json").read_text())["evidence"]
    assert evidence["checker"]["sha256"] == sha256(folder / "proof" / "checker.py")
    theorem = (folder / "proof" / "transitions.v").read_text()
    assert f'table_sha256 := "{evidence["checker"]["table_sha256"]}"' in theorem
    files = {path.name: sha256(path) for path in (folder / "proof").glob("*.v")}
    assert evidence["theorem"]["files_sha256"] == files
    assert (
        evidence["theorem"]["name"] in (folder / "proof" / evidence["theorem"]["file"]).read_text()
    )


@pytest.mark.parametrize("name", ["exact", "longhand"])
def test_the_whole_domain_again(name: str, repository: Path) -> None:
    evaluator = exprinfer.load(name, "cpu")
    evaluation = evaluate_on(evaluator, enumerate_domain())
    model = evaluator.models[0]
    assert (model.right, model.checked) == (evaluation.right.sum(), 475_200)
    assert model.certified_domain != exprinfer.Domain.NONE
    assert evaluation.right.all()
    assert _recorded_share(model, repository) == pytest.approx(1, abs=1e-6)


def test_a_twelfth_of_the_domain_again_with_the_gist(repository: Path) -> None:
    """The whole takes minutes; ``python -m training certify gist`` does it."""
    evaluator = exprinfer.load("gist", "cpu")
    rows = np.random.default_rng(0).permutation(475_200)[::12]
    right = evaluate_on(evaluator, domain_rows(rows)).right
    model = evaluator.models[0]
    assert model.certified_domain == exprinfer.Domain.NONE
    share = model.right / model.checked
    assert right.mean() == pytest.approx(share, abs=0.008)  # more than three standard errors
    assert _recorded_share(model, repository) == pytest.approx(share, abs=1e-6)


def _recorded_share(model: exprinfer.ModelInfo, repository: Path) -> float:
    """Return the share right by operator and form in the file; the card has the count."""
    card = (repository / "models" / model.name / "README.md").read_text()
    assert f"Right on {model.right:,} of {model.checked:,} expressions" in card
    shares = json.loads(model.exact_match)
    return float(np.mean([list(forms.values()) for forms in shares.values()]))


def test_the_file_for_cuda_answers_the_whole_domain_on_the_cpu_too() -> None:
    evaluator = exprinfer.load(str(find_for_cuda("exact")), "cpu")
    model, other = evaluator.models[0], exprinfer.load("exact", "cpu").models[0]
    assert evaluate_on(evaluator, enumerate_domain()).right.all()
    assert model.right == model.checked == 475_200
    assert (model.weights_sha256, model.recipe) == (other.weights_sha256, other.recipe)


def test_the_files_of_a_model_are_small(repository: Path) -> None:
    for path in repository.glob("models/**/*"):
        assert not path.is_file() or path.stat().st_size < 5_000_000


def test_the_gists_printed_answers_are_as_they_were(repository: Path) -> None:
    content = (repository / "models/gist/gist_printed.txt").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert digest == "89ef8f96c1468c9eb7291e96733b36f0c975ec89b5ff8ab09ab3da73afe465d5"
