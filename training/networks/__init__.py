"""One file per network; each class is a ``training.networks.network.Network``."""

from __future__ import annotations

from training.networks.gist import Gist
from training.networks.network import Network

NETWORKS: dict[str, type[Network]] = {"gist": Gist}

__all__ = ["NETWORKS", "Network"]
