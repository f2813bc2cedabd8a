from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

import exprinfer
from exprinfer import Domain, Operands, OutsideDomainError
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.model_file import find
from training import certify, export, fit, networks
from training import recipe as recipes
from training.expressions import Expressions, enumerate_domain
from training.hardware import processor
from training.model_file import write_model
from training.recipe import Recipe
from training.run import FitProgress, Run

#: Ranges with a small domain of 912 expressions.
SMALL = Operands((-9, 9), (-1, 3))


def small(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, a=SMALL.a, b=SMALL.b))


def small_domain() -> Expressions:
    return enumerate_domain(SMALL)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Recipe]:
    """Save a run with fresh weights in ``tmp_path``; its operand ranges are small."""
    monkeypatch.setattr(certify, "FRESH", 200)
    load = recipes.load
    for module in (recipes, fit):
        monkeypatch.setattr(module, "load", lambda *given: small(load(*given)))

    def save(name: str) -> Recipe:
        for recipe in recipes.chain(recipes.load(name)):
            network = networks.build(recipe.model, recipe.data.ranges)
            network.initialize(torch.Generator().manual_seed(1))
            optimizer = torch.optim.SGD(network.parameters())
            Run(tmp_path / "runs" / recipe.name, recipe).save(network, optimizer, FitProgress())
        return recipe

    return save


@pytest.mark.parametrize("name", ["gist", "exact-whole"])
def test_the_exported_file_follows_the_contract(
    name: str, run: Callable[[str], Recipe], tmp_path: Path
) -> None:
    file = export.export(run(name), tmp_path / "runs", tmp_path / "models")
    evaluator = exprinfer.load(str(file), "cpu")
    assert evaluator.models[0].name == name
    assert evaluator.models[0].domain is Domain.SEED
    assert evaluator.models[0].certified_domain is Domain.NONE
    assert len(evaluator.models[0].weights_sha256) == 64
    steps = {"gist": ["gist"], "exact-whole": ["exact-split", "exact-whole"]}[name]
    expected = sorted(f"{step}.{kind}" for step in steps for kind in ("csv", "json"))
    assert sorted(path.name for path in file.parent.iterdir()) == [
        *expected,
        "model.onnx",
    ]
    texts = small_domain().texts()
    alone = [evaluator.evaluate(text).answer for text in texts[:20]]
    assert evaluator.evaluate_batch(texts).answers[:20].tolist() == alone


def test_a_file_with_other_answers_is_not_written(
    run: Callable[[str], Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = run("exact-whole")
    decode = networks.exact.Exact.decode
    calls = 0

    def differs_once_exported(
        network: networks.exact.Exact, tokens: Tensor
    ) -> tuple[Tensor, Tensor]:
        nonlocal calls
        calls += 1
        answer, log_prob = decode(network, tokens)
        if not torch.compiler.is_compiling() and len(tokens) > 2:
            answer[3, 0] += 1
        return answer, log_prob

    monkeypatch.setattr(networks.exact.Exact, "decode", differs_once_exported)
    expected = small_domain().texts()[3]
    with pytest.raises(export.ExportError) as raised:
        export.export(recipe, tmp_path / "runs", tmp_path / "models")
    assert str(raised.value).endswith(f"disagree on {expected}")
    assert calls > 1
    assert list((tmp_path / "models" / "exact-whole").iterdir()) == []


def test_if_the_file_for_cuda_has_other_answers_neither_file_is_written(
    run: Callable[[str], Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = run("exact-whole")
    other = networks.exact8.Exact8(units=8, group=3, operands=SMALL)
    other.initialize(torch.Generator().manual_seed(2))
    graph = other.cuda_graph()
    monkeypatch.setattr(networks.exact.Exact, "cuda_graph", lambda _: graph)
    with pytest.raises(export.ExportError):
        export.export(recipe, tmp_path / "runs", tmp_path / "models")
    assert list((tmp_path / "models" / "exact-whole").iterdir()) == []


def test_export_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="fit its recipe first"):
        export.export(recipes.load("gist"), tmp_path, tmp_path)


def test_certify_writes_the_result_into_file_and_card(
    run: Callable[[str], Recipe], tmp_path: Path
) -> None:
    recipe = run("exact-whole")
    file = export.export(recipe, tmp_path / "runs", tmp_path / "models")
    card = file.parent / "README.md"
    card.write_text("before\n<!-- certify -->\n<!-- /certify -->\nbehind\n")
    before = onnx.load(file)
    certify.certify(recipe, tmp_path / "models")
    after = onnx.load(file)
    assert after.graph == before.graph
    model = exprinfer.load(str(file), "cpu").models[0]
    domain = small_domain()
    answers = exprinfer.load(str(file), "cpu").evaluate_batch(domain.texts()).answers
    assert model.checked == len(domain)
    assert model.right == (answers == np.array(domain.answers())).sum()
    certificate = Certificate.read(file.with_name("certificate.json"))
    assert (certificate.right, certificate.checked) == (model.right, model.checked)
    assert certificate.domain is Domain.NONE
    assert card.read_text().startswith("before\n<!-- certify -->\n| operator ")
    assert f"{model.right:,} of {model.checked:,} expressions" in card.read_text()


def test_certify_certifies_a_file_without_wrong_answers(
    run: Callable[[str], Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = run("exact-whole")
    file = export.export(recipe, tmp_path / "runs", tmp_path / "models")
    (file.parent / "README.md").write_text("<!-- certify -->\n<!-- /certify -->\n")
    texts = small_domain().texts()
    written = exprinfer.load(str(file), "cpu").evaluate_batch(texts).answers.tolist()
    answers = dict(zip(texts, written, strict=True))
    monkeypatch.setattr(
        Expressions, "answers", lambda self: [answers.get(text, "") for text in self.texts()]
    )
    certify.certify(recipe, tmp_path / "models")
    assert not exprinfer.load(str(file), "cpu").evaluate("5+3").certified
    certificates = [file.with_name("certificate.json")]
    evaluator = exprinfer.load(str(file), "cpu", certificates=certificates)
    assert evaluator.models[0].certified_domain is Domain.SEED
    assert evaluator.evaluate("5+3").certified


def test_certify_checks_the_file_for_cuda_too(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certify, "FRESH", 200)
    folder = tmp_path / "exact"
    folder.mkdir()
    (folder / "README.md").write_text("<!-- certify -->\n<!-- /certify -->\n")
    for name in ("model.onnx", "cuda.onnx"):
        model = onnx.load(repository / "models" / "exact" / name)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        write_model(
            folder / name,
            model,
            {**metadata, "operands": json.dumps({"a": SMALL.a, "b": SMALL.b})},
        )
    certify.certify(small(recipes.load("exact")), tmp_path, "cpu")
    for name, own in (("model", "certificate.json"), ("cuda", "cuda.certificate.json")):
        file, certificates = folder / f"{name}.onnx", [folder / own]
        info = exprinfer.load(str(file), "cpu", certificates=certificates).models[0]
        assert info.certified_domain is Domain.SEED
        assert info.checked == len(small_domain())
        assert info.certified_on == ("cpu",)
    card = (folder / "README.md").read_text()
    assert "No GPU was available" in card
    assert f"Checked on {processor()}, with ONNX Runtime {onnxruntime.__version__}." in card


def test_export_refuses_the_weights_of_another_recipe(
    run: Callable[[str], Recipe], tmp_path: Path
) -> None:
    recipe = run("exact-whole")
    training = dataclasses.replace(recipe.training, seed=9)
    other = dataclasses.replace(recipe, training=training)
    with pytest.raises(
        ValueError, match=r"another recipe \(\[training\] seed is 2 there and 9 here"
    ):
        export.export(other, tmp_path / "runs", tmp_path / "models")
    start = dataclasses.replace(recipe, name="exact-split")
    Run(tmp_path / "runs" / "exact-split", start).save(*_fresh(start), FitProgress())
    with pytest.raises(ValueError, match="exact-split holds a run of another recipe"):
        export.export(recipe, tmp_path / "runs", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def _fresh(recipe: Recipe) -> tuple[networks.Network, torch.optim.Optimizer]:
    network = networks.build(recipe.model, recipe.data.ranges)
    return network, torch.optim.SGD(network.parameters())


@pytest.mark.parametrize("name", ["gist", "exact-whole", "exact"])
def test_a_model_of_other_ranges_says_so_and_takes_no_others(
    name: str, run: Callable[[str], Recipe], tmp_path: Path
) -> None:
    file = export.export(run(name), tmp_path / "runs", tmp_path / "models")
    evaluator = exprinfer.load(str(file), "cpu")
    model = evaluator.models[0]
    assert model.operands == SMALL
    if name != "gist":
        assert (model.longest_input, model.longest_output) == (8, 3)
    assert not evaluator.evaluate_batch(small_domain().texts()).errors.any()
    with pytest.raises(
        OutsideDomainError, match=r"takes a op b with a in -9\.\.9 and b in -1\.\.3"
    ):
        evaluator.evaluate("1+4")


def test_a_file_of_other_ranges_than_the_recipe_is_not_certified(
    run: Callable[[str], Recipe], tmp_path: Path
) -> None:
    recipe = run("exact-whole")
    export.export(recipe, tmp_path / "runs", tmp_path / "models")
    other = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, b=(-1, 4)))
    with pytest.raises(ValueError, match="other operand ranges than the recipe"):
        certify.certify(other, tmp_path / "models")


def test_certify_needs_no_card_and_refuses_one_without_its_section_first(
    run: Callable[[str], Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = run("exact-whole")
    file = export.export(recipe, tmp_path / "runs", tmp_path / "models")
    certify.certify(recipe, tmp_path / "models")
    card = file.with_name("README.md")
    assert "of 912 expressions of the domain" in card.read_text()
    card.write_text("no section\n")
    monkeypatch.setattr(certify, "check_domain", lambda *_: pytest.fail("the long work began"))
    with pytest.raises(ValueError, match="has no section <!-- certify -->"):
        certify.certify(recipe, tmp_path / "models")


def test_certify_with_device_cuda_needs_cuda() -> None:
    if exprinfer.load("gist").device == "cuda":
        pytest.skip("CUDA is available")
    with pytest.raises(exprinfer.DeviceError, match="is not available"):
        certify.available_devices(find("gist"), "cuda")
