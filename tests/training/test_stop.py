"""A run that is stopped at any update, in any way, ends as if it had not been."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from training import fit as encoder_decoder
from training import loop
from training import recipe as recipes
from training.__main__ import main
from training.fit import EncoderDecoderFitting
from training.longhand import fit as tape_machine
from training.longhand.fit import LonghandFitting
from training.loop import Fitting
from training.recipe import LogSettings, Recipe
from training.stop import Stopped

Fit = Callable[..., nn.Module]
pytestmark = pytest.mark.usefixtures("inferred_once")


def short(name: str) -> tuple[Recipe, Fit, type[Fitting]]:
    """Return the recipe with 60 updates, and what fits it; the recipe of exact keeps its focus."""
    recipe = recipes.load(name)
    longhand = name == "longhand"
    data = replace(recipe.data, samples=30 if longhand else 500)
    if name == "exact-split":
        data = replace(recipe.data, a=(-9, 9), b=(-9, 9))
    training = replace(recipe.training, updates=60, warmup=5)
    recipe = replace(recipe, data=data, training=training, log=LogSettings(10, 20))
    fit = tape_machine.fit if longhand else encoder_decoder.fit
    return recipe, fit, LonghandFitting if longhand else EncoderDecoderFitting


def signal_at(monkeypatch: pytest.MonkeyPatch, kind: type[Fitting], at: int, number: int) -> None:
    original = kind.update

    def update(self: Fitting, done: int, wrong: object) -> None:
        if done == at:
            os.kill(os.getpid(), number)
        original(self, done, wrong)  # type: ignore[arg-type]

    monkeypatch.setattr(kind, "update", update)


def same(ours: nn.Module, theirs: nn.Module) -> bool:
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "training.csv").open() as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", [0, 33, 59])
@pytest.mark.parametrize("name", ["gist", "exact-split", "longhand"])
def test_a_signal_stops_the_run_after_its_update_and_changes_nothing(
    name: str, at: int, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, fit, kind = short(name)
    handlers = [signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM)]
    with monkeypatch.context() as patched:
        signal_at(patched, kind, at, number)
        with pytest.raises(Stopped, match=f"stopped after update {at + 1} of 60") as stopped:
            fit(recipe, tmp_path / "parts")
    assert stopped.value.exit_status == 128 + number
    assert [signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM)] == handlers
    checkpoint = torch.load(tmp_path / "parts" / name / "checkpoint.pt", weights_only=True)
    assert checkpoint["progress"]["update"] == at + 1
    whole, resumed = fit(recipe, tmp_path / "whole"), fit(recipe, tmp_path / "parts")
    assert same(whole, resumed)
    assert log_of(tmp_path / "whole" / name) == log_of(tmp_path / "parts" / name)


@pytest.mark.parametrize("name", ["gist", "exact-split", "longhand"])
def test_checkpoints_between_those_of_the_recipe_change_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, fit, kind = short(name)
    whole = fit(recipe, tmp_path / "whole")
    original = kind.update

    def dies(self: Fitting, done: int, wrong: object) -> None:
        if done == 37:
            raise MemoryError
        original(self, done, wrong)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(loop, "FIRST_SAVE", 0)
        patched.setattr(loop, "SAVE_EVERY", 0)
        patched.setattr(kind, "update", dies)
        with pytest.raises(MemoryError):
            fit(recipe, tmp_path / "parts")
    checkpoint = torch.load(tmp_path / "parts" / name / "checkpoint.pt", weights_only=True)
    assert checkpoint["progress"]["update"] == 37
    assert same(whole, fit(recipe, tmp_path / "parts"))
    assert log_of(tmp_path / "whole" / name) == log_of(tmp_path / "parts" / name)


def test_a_number_of_updates_between_two_checkpoints_changes_nothing(tmp_path: Path) -> None:
    recipe, fit, _ = short("exact-split")
    fit(recipe, tmp_path / "parts", updates=33)
    assert same(fit(recipe, tmp_path / "whole"), fit(recipe, tmp_path / "parts"))


def test_a_second_signal_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, fit, kind = short("gist")

    def update(self: Fitting, done: int, wrong: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    monkeypatch.setattr(kind, "update", update)
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, tmp_path)
    assert not (tmp_path / "gist").exists()


def test_a_signal_during_the_run_that_another_starts_from_stops_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, fit, kind = short("exact-split")
    monkeypatch.setattr(encoder_decoder, "load", lambda _: recipe)
    whole = recipes.load("exact-whole")
    signal_at(monkeypatch, kind, 59, signal.SIGTERM)
    with pytest.raises(Stopped, match="stopped after update 60 of 60"):
        fit(whole, tmp_path)
    assert not (tmp_path / "exact-whole").exists()


def recipe_file(folder: Path) -> Path:
    """Write the recipe of the gist with few updates, and no checkpoint but at the end."""
    text = (recipes.RECIPES / "gist.toml").read_text()
    for before, after in (("500_000", "400"), ("1_000", "400"), ("10_000", "400")):
        text = text.replace(f"= {before}", f"= {after}")
    path = folder / "short.toml"
    path.write_text(text)
    return path


def test_the_command_says_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signal_at(monkeypatch, EncoderDecoderFitting, 7, signal.SIGTERM)
    arguments = ["fit", str(recipe_file(tmp_path)), "--runs", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 143
    line = "stopped after update 8 of 400; the same command continues from there"
    assert result.stderr.splitlines()[-1] == line


def test_a_killed_command_continues_from_an_early_checkpoint(tmp_path: Path) -> None:
    path, runs = recipe_file(tmp_path), tmp_path / "runs"
    code = (
        "import sys, training.loop as loop; loop.FIRST_SAVE = 0.2; "
        "from training.__main__ import main; main()"
    )
    command = [sys.executable, "-c", code, "fit", str(path), "--runs", str(runs)]
    checkpoint = runs / "short" / "checkpoint.pt"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    done = torch.load(checkpoint, weights_only=True)["progress"]["update"]
    assert 0 < done < 400
    recipe = recipes.load(str(path))
    resumed = encoder_decoder.fit(recipe, runs)
    assert same(encoder_decoder.fit(recipe, tmp_path / "whole"), resumed)
    assert log_of(runs / "short") == log_of(tmp_path / "whole" / "short")
