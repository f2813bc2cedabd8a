"""The checks of a recipe file: which settings it has, their types and their values."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from exprinfer.language.operands import DEFAULT_OPERANDS

if TYPE_CHECKING:
    from training.recipe import Recipe

_T = TypeVar("_T")

#: The settings that each network takes. The classes in ``training.networks`` have the same ones;
#: they are repeated here because those need PyTorch.
NETWORK_SETTINGS = {
    "exact": ("units", "group", "embedding"),
    "exact8": ("units", "group"),
    "gist": (),
    "longhand": ("units", "embedding"),
    "working": ("units", "group", "embedding"),
}
#: The optimizers of ``torch.optim`` that work with the fitting loop.
OPTIMIZERS = (
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam",
    "RMSprop", "Rprop", "SGD",
)  # fmt: skip


def make_section(settings: type[_T], section: str, content: dict[str, Any]) -> _T:
    """Make the settings of one section of a recipe file.

    Args:
        settings: Class of the settings.
        section: Name of the section.
        content: The whole file.

    Raises:
        ValueError: If a setting is missing, unknown, or of a wrong type.
    """
    given, hints = content[section], get_type_hints(settings)
    if not isinstance(given, dict):
        raise ValueError(f"[{section}] must be a section, got {given!r}")
    if unknown := given.keys() - hints.keys():
        raise ValueError(
            f"[{section}] has unknown settings {sorted(unknown)}; it takes {list(hints)}"
        )
    needed = {f.name for f in fields(settings) if f.default is MISSING}  # type: ignore[arg-type]
    if missing := needed - given.keys():
        raise ValueError(f"[{section}] needs the settings {sorted(missing)}")
    for name, value in given.items():
        if not _has_type(value, hints[name]):
            raise ValueError(f"[{section}] {name} must be {_describe(hints[name])}, got {value!r}")
    return settings(**given)


def _has_type(value: object, hint: Any) -> bool:
    """Whether a TOML value has the type of a setting."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    kind: Any = get_origin(hint) or hint
    kind = {float: (int, float), tuple: list}.get(kind, kind)
    return isinstance(value, kind) and (hint is bool or not isinstance(value, bool))


def _describe(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(f'"{choice}"' for choice in get_args(hint))
    kinds = {int: "an integer", float: "a number", str: "text", bool: "true or false"}
    return kinds.get(hint) or {dict: "a table", tuple: "a list"}[get_origin(hint)]


def verify(recipe: Recipe) -> None:
    """Check the values of all settings.

    Raises:
        ValueError: If a setting has an impossible value, or two settings do not fit together.
    """
    data, training, log = recipe.data, recipe.training, recipe.log
    traces = data.source == "traces"
    _verify_model(recipe)
    _verify_operands(recipe)
    _verify_optimizer(training.optimizer)
    for name in {"samples": ["samples"], "traces": ["samples", "digits", "operands"]}.get(
        data.source, []
    ):
        _require_positive(f"[data] {name}", getattr(data, name))
    for name in ("updates", "batch_size", "threads"):
        _require_positive(f"[training] {name}", getattr(training, name))
    for name in ("every", "checkpoint"):
        _require_positive(f"[log] {name}", getattr(log, name))
    _require(1 <= data.percent <= 100, f"[data] percent must be in 1..100, got {data.percent}")
    _require(
        not traces or data.operands <= 2**data.depth,
        f"[data] depth {data.depth} is too small for {data.operands} operands",
    )
    _require(not traces or training.order == "epochs", 'the source "traces" needs order "epochs"')
    _require(0 <= training.focus <= 1, f"[training] focus must be in 0..1, got {training.focus}")
    _require(training.margin >= 0, f"[training] margin must be 0 or more, got {training.margin}")
    _require(
        not training.focus or training.order == "draws", '[training] focus needs order "draws"'
    )
    weights = list(training.operator_weights)
    _require(
        len(weights) == 4 and all(_has_type(w, int) and w >= 0 for w in weights) and any(weights),
        f"[training] operator_weights must be four integers from 0, one above 0, got {weights}",
    )
    for seed in (data.seed, training.seed):
        _require(seed >= 0, f"seed must be an integer from 0, got {seed}")
    _require(
        0 <= training.warmup <= training.updates,
        f"[training] warmup must be in 0..{training.updates}, the updates, got {training.warmup}",
    )
    _require(
        log.checkpoint % log.every == 0,
        f"[log] checkpoint must be a multiple of every, got {log.checkpoint} and {log.every}",
    )


def _verify_model(recipe: Recipe) -> None:
    model, source = recipe.model, recipe.data.source
    _require(
        bool(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", model.name)),
        f"[model] name must be letters, digits and the signs _ . -, got {model.name!r}",
    )
    _require(
        model.network in NETWORK_SETTINGS,
        f"[model] network must be one of {', '.join(NETWORK_SETTINGS)}, got {model.network!r}",
    )
    traces = source == "traces"
    _require(
        traces == (model.network == "longhand"),
        'the network "longhand" and the source "traces" need each other, got the network '
        f'"{model.network}" and the source "{source}"',
    )
    domain = "whole" if traces else "seed"
    _require(
        model.domain == domain,
        f'[model] domain must be "{domain}" for the source "{source}", got "{model.domain}"',
    )
    known = NETWORK_SETTINGS[model.network]
    unknown = sorted(model.settings.keys() - set(known))
    _require(
        not unknown,
        f"[model] settings of the network {model.network!r}: unknown {unknown}; it takes "
        f"{list(known) or 'none'}",
    )
    for name, size in model.settings.items():
        _require_positive(f"[model] settings: {name}", size)


def _verify_operands(recipe: Recipe) -> None:
    try:
        operands = recipe.data.ranges
    except ValueError as error:
        raise ValueError(f"[data] {error}") from error
    _require(
        recipe.data.source != "traces" or operands == DEFAULT_OPERANDS,
        '[data] a and b are for the sources "samples" and "domain"; for "traces" the sizes are '
        "digits, operands and depth",
    )


def _verify_optimizer(optimizer: dict[str, Any]) -> None:
    _require(
        {"name", "lr"} <= optimizer.keys(),
        f'[training] optimizer needs "name" and "lr", got {list(optimizer)}',
    )
    name, rate = optimizer["name"], optimizer["lr"]
    _require(
        name in OPTIMIZERS,
        f"[training] optimizer: torch.optim has no {name!r} that can be used here; choose one of "
        f"{', '.join(OPTIMIZERS)}",
    )
    _require(
        _has_type(rate, float) and 0 < rate < float("inf"),
        f"[training] optimizer: lr must be a positive number, got {rate!r}",
    )


def _require_positive(name: str, value: object) -> None:
    _require(
        isinstance(value, int) and _has_type(value, int) and value > 0,
        f"{name} must be a positive integer, got {value!r}",
    )


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
