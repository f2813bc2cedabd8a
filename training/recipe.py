"""A recipe file, read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Model:
    """Names the model, its network and the network's settings."""

    name: str
    version: str
    domain: str
    network: str
    settings: dict[str, int]


@dataclass(frozen=True)
class Data:
    """Says what the network learns from: random samples, a part of the enumerated domain, or traces
    of the teacher at work."""

    source: Literal["samples", "domain", "traces"]
    seed: int
    samples: int = 0
    """How many samples, or problems to trace, are drawn (sources "samples" and "traces")."""
    percent: int = 100
    """How many of every 100 operand pairs are trained on (source "domain")."""
    digits: int = 0
    """The most digits that an operand has (source "traces")."""
    operands: int = 0
    """The most operands that an expression has (source "traces")."""
    depth: int = 0
    """How many operators deep an expression may be (source "traces")."""


@dataclass(frozen=True)
class Training:
    """Says how the network is fitted to them."""

    seed: int
    updates: int
    batch_size: int
    optimizer: dict[str, Any]
    """Name and settings of a ``torch.optim`` class."""
    warmup: int = 0
    """Updates of linear warm-up, then a cosine to zero; 0 keeps the learning rate constant."""
    order: Literal["epochs", "draws"] = "epochs"
    """Shuffled passes over the data, or independent draws by operator."""
    operator_weights: tuple[int, ...] = (1, 1, 1, 1)
    """How often + - * / are drawn."""
    focus: float = 0.0
    """Share of each batch drawn from the training expressions that were last found wrong."""
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = 1
    """PyTorch threads: more sum in another order and end at other weights."""
    start: str = ""
    """The recipe whose weights this one goes on from; fresh weights where empty."""


@dataclass(frozen=True)
class Log:
    """Says how often, in updates, a row is logged and a checkpoint written."""

    every: int
    checkpoint: int
    stop_when_perfect: bool = False
    """End once every watched expression is right."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, and how progress is kept."""

    name: str
    """The recipe file's name, and that of the run's folder."""
    model: Model
    data: Data
    training: Training
    log: Log

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """The recipe as it is kept in checkpoints and model files."""
        return {key: value for key, value in asdict(self).items() if key != "name"}


def chain(recipe: Recipe) -> list[Recipe]:
    """The recipes whose runs lead to the recipe's weights, in order, itself the last."""
    start = recipe.training.start
    return [*(chain(load(start)) if start else []), recipe]


def load(name: str) -> Recipe:
    """Read ``recipes/NAME.toml``, or the file at that path.

    Raises FileNotFoundError where there is none, ValueError where a setting is missing or unknown.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise FileNotFoundError(f"no recipe {name!r}; there are: {known}")
    content = tomllib.loads(path.read_text())
    expected = {field.name for field in fields(Recipe)} - {"name"}
    if content.keys() != expected:
        raise ValueError(f"{path}: sections {sorted(content)}, expected {sorted(expected)}")
    try:
        recipe = Recipe(
            path.stem,
            Model(**content["model"]),
            Data(**content["data"]),
            Training(**content["training"]),
            Log(**content["log"]),
        )
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error
    if recipe.log.checkpoint % recipe.log.every:
        raise ValueError(f"{path}: log.checkpoint must be a multiple of log.every")
    return recipe
