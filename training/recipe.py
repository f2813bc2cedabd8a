"""Recipes: TOML files that decide the weights of a model, read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from training.recipe_checks import make_section, verify

RECIPES = Path(__file__).parent / "recipes"
#: What is held out together: an operand pair in all its forms, or also with all signs and orders.
Split = Literal["pairs", "orbits"]


@dataclass(frozen=True)
class ModelSettings:
    """The section ``[model]``: the model, its network and the settings of the network.

    Attributes:
        name: Name of the model, and of its folder in ``models/``.
        version: Version of the model.
        domain: The expressions that the model is made for.
        network: Key of ``training.networks.NETWORKS``, or ``longhand``.
        settings: Sizes of the network: the arguments of its class.
    """

    name: str
    version: str
    domain: Literal["seed", "whole"]
    network: str
    settings: dict[str, int]


@dataclass(frozen=True)
class DataSettings:
    """The section ``[data]``: what the network learns from.

    Attributes:
        source: Random samples, a part of the enumerated seed domain, or traces of the teacher.
        seed: Seed of the random samples or traces.
        samples: Number of samples, or of expressions to trace (sources "samples" and "traces").
        percent: Share of the operand pairs to train on (source "domain").
        split: What is held out together (source "domain"); see ``training.data.percentile``.
        digits: Most digits of an operand (source "traces").
        operands: Most operands of an expression (source "traces").
        depth: Most operators between an operand and the whole expression (source "traces").
        a: Lowest and highest first operand (sources "samples" and "domain").
        b: Lowest and highest second operand; 0 is never one (sources "samples" and "domain").
    """

    source: Literal["samples", "domain", "traces"]
    seed: int
    samples: int = 0
    percent: int = 100
    split: Split = "pairs"
    digits: int = 0
    operands: int = 0
    depth: int = 0
    a: tuple[int, ...] = DEFAULT_OPERANDS.a
    b: tuple[int, ...] = DEFAULT_OPERANDS.b

    @property
    def ranges(self) -> Operands:
        """The operand ranges."""
        return Operands(tuple(self.a), tuple(self.b))  # type: ignore[arg-type]


@dataclass(frozen=True)
class TrainingSettings:
    """The section ``[training]``: how the network is fitted.

    Attributes:
        seed: Seed of the first weights and of the order of the data.
        updates: Number of optimizer steps.
        batch_size: Rows of one update.
        optimizer: ``name`` of a ``torch.optim`` class, and its settings.
        warmup: Updates of linear warm-up, followed by a cosine down to zero; 0 keeps the learning
            rate constant.
        order: Shuffled passes over the data, or independent draws by operator.
        operator_weights: How often + - * / are drawn, relative to each other (order "draws").
        focus: Share of each batch that is drawn from the training expressions that were wrong at
            the last checkpoint.
        precision: Number format of the forward pass.
        threads: PyTorch threads. Other numbers of threads sum in another order, and the weights
            differ.
        start: Recipe whose weights the run starts from; empty for fresh weights.
        margin: Least margin, in nats, by which a right symbol must lead before the answer counts
            as right for ``focus`` and for ``log.stop_when_perfect``.
        compiled: Whether ``torch.compile`` prepares the network and its loss. That needs a C++
            compiler, and is faster for networks that PyTorch has no kernel for.
    """

    seed: int
    updates: int
    batch_size: int
    optimizer: dict[str, Any]
    warmup: int = 0
    order: Literal["epochs", "draws"] = "epochs"
    operator_weights: tuple[int, ...] = (1, 1, 1, 1)
    focus: float = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = 1
    start: str = ""
    margin: float = 0.0
    compiled: bool = False


@dataclass(frozen=True)
class LogSettings:
    """The section ``[log]``: how often progress is kept.

    Attributes:
        every: Updates between two rows of the log.
        checkpoint: Updates between two checkpoints, a multiple of ``every``.
        stop_when_perfect: Whether to stop as soon as a row of the log shows no wrong answer.
    """

    every: int
    checkpoint: int
    stop_when_perfect: bool = False


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, and how often progress is kept.

    Attributes:
        name: Name of the recipe file, and of the run's folder.
    """

    name: str
    model: ModelSettings
    data: DataSettings
    training: TrainingSettings
    log: LogSettings

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the recipe as it is kept in checkpoints and model files."""
        sections = {key: value for key, value in asdict(self).items() if key != "name"}
        if self.data.ranges == DEFAULT_OPERANDS:  # as in files from before there were others
            del sections["data"]["a"], sections["data"]["b"]
        if self.data.split == "pairs":  # nor this
            del sections["data"]["split"]
        for name in ("margin", "compiled"):  # nor these
            if not sections["training"][name]:
                del sections["training"][name]
        return sections


def chain(recipe: Recipe) -> list[Recipe]:
    """Return the recipes whose runs lead to the recipe's weights, in order; itself the last.

    Raises:
        FileNotFoundError: If ``training.start`` names no recipe.
        ValueError: If that recipe has an error.
    """
    start = recipe.training.start
    return [*(chain(load(start)) if start else []), recipe]


def load(name: str, started: tuple[Path, ...] = ()) -> Recipe:
    """Read ``recipes/NAME.toml``, or the recipe file at a path.

    Args:
        name: Name of a recipe, or a path that ends in ``.toml``.
        started: Files of the recipes that start from this one.

    Raises:
        FileNotFoundError: If there is no such recipe.
        ValueError: If the file is not TOML, or a setting is missing, unknown or wrong. The message
            names the file, the section and the setting.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise FileNotFoundError(
            f"no recipe {name!r}; choose one of {known}, or give the path of a .toml file"
        )
    try:
        recipe = _parse(path.stem, tomllib.loads(path.read_text()))
        verify(recipe)
        if path in started:
            raise ValueError("[training] start leads back to this recipe")
        if recipe.training.start:
            _check_start(recipe.training.start, (*started, path))
    except ValueError as error:  # a TOMLDecodeError is one too
        raise ValueError(f"{path}: {error}") from error
    return recipe


def _check_start(name: str, started: tuple[Path, ...]) -> None:
    try:
        load(name, started)
    except FileNotFoundError as error:
        raise ValueError(f"[training] start: {error}") from error


def _parse(name: str, content: dict[str, Any]) -> Recipe:
    expected = [field.name for field in fields(Recipe) if field.name != "name"]
    if content.keys() != set(expected):
        raise ValueError(f"the sections must be {expected}, got {list(content)}")
    return Recipe(
        name,
        make_section(ModelSettings, "model", content),
        make_section(DataSettings, "data", content),
        make_section(TrainingSettings, "training", content),
        make_section(LogSettings, "log", content),
    )
