"""One file per network; each class is a ``training.networks.network.Network``."""

from __future__ import annotations

from training.networks.exact import Exact
from training.networks.exact8 import Exact8
from training.networks.gist import Gist
from training.networks.network import Network
from training.recipe import Model

NETWORKS: dict[str, type[Network]] = {"exact": Exact, "exact8": Exact8, "gist": Gist}


def build(model: Model) -> Network:
    """Make the recipe's network, its weights not yet drawn."""
    return NETWORKS[model.network](**model.settings)


__all__ = ["Network", "build"]
