"""The networks, one file each. The encoder-decoders are subclasses of ``network.Network``."""

from __future__ import annotations

from collections.abc import Callable

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from training.networks.exact import Exact
from training.networks.exact8 import Exact8
from training.networks.gist import Gist
from training.networks.network import Network
from training.networks.working import Working
from training.recipe import ModelSettings

#: The encoder-decoders by the name that a recipe gives them.
NETWORKS: dict[str, Callable[..., Network]] = {
    "exact": Exact,
    "exact8": Exact8,
    "gist": Gist,
    "working": Working,
}


def build(model: ModelSettings, operands: Operands = DEFAULT_OPERANDS) -> Network:
    """Make the encoder-decoder of a recipe, without its first weights.

    Args:
        model: Settings of the recipe.
        operands: Operand ranges, which decide how long expressions and answers may be.

    Raises:
        ValueError: If there is no such network, or it does not take these settings or ranges.
    """
    if model.network not in NETWORKS:
        raise ValueError(f"[model] network must be one of {list(NETWORKS)}, got {model.network!r}")
    try:
        return NETWORKS[model.network](operands=operands, **model.settings)
    except TypeError as error:
        raise ValueError(f"[model] settings of the network {model.network!r}: {error}") from error


__all__ = ["NETWORKS", "Network", "build"]
