"""A recipe file, read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

RECIPES = Path(__file__).parent / "recipes"

Section = TypeVar("Section")


@dataclass(frozen=True)
class Model:
    """Names the model and its network."""

    name: str
    version: str
    network: str
    domain: str


@dataclass(frozen=True)
class Data:
    """Says which samples are drawn."""

    samples: int
    seed: int


@dataclass(frozen=True)
class Training:
    """Says how the network is fitted to them."""

    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    rho: float
    epsilon: float
    threads: int


@dataclass(frozen=True)
class Log:
    """Says how often, in updates, a row is logged and a checkpoint written."""

    every: int
    checkpoint: int


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, and how progress is kept."""

    model: Model
    data: Data
    training: Training
    log: Log

    def as_dict(self) -> dict[str, dict[str, Any]]:
        return asdict(self)


def load(name: str) -> Recipe:
    """Read ``recipes/NAME.toml``, or the file at that path.

    Raises FileNotFoundError where there is none, ValueError where a setting is missing or unknown.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise FileNotFoundError(f"no recipe {name!r}; there are: {known}")
    content = tomllib.loads(path.read_text())
    sections = {"model": Model, "data": Data, "training": Training, "log": Log}
    if content.keys() != sections.keys():
        raise ValueError(f"{path}: sections {sorted(content)}, expected {sorted(sections)}")
    return Recipe(**{key: _section(kind, content[key], path) for key, kind in sections.items()})


def _section(kind: type[Section], values: dict[str, Any], path: Path) -> Section:
    expected = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if values.keys() != expected:
        wrong = ", ".join(sorted(values.keys() ^ expected))
        raise ValueError(f"{path}: [{kind.__name__.lower()}] has missing or unknown settings: {wrong}")
    return kind(**values)
