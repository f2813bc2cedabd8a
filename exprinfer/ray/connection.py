"""Import Ray without its reports, and connect to a cluster or start one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from exprinfer.errors import ClusterError, ExtraMissingError
from exprinfer.ray.failures import explain
from exprinfer.runtime.threads import available_cores


def import_ray() -> Any:
    """Import and return Ray.

    Raises:
        ExtraMissingError: If it is not installed.
    """
    # Ray reports usage over the network unless it is told not to before it starts.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ExtraMissingError(
            "scoring with Ray needs Ray, which is not installed: pip install 'exprinfer[ray]'"
        ) from None
    return ray


@contextmanager
def connected(ray: Any, address: str | None, workers: int | None) -> Iterator[None]:
    """Connect to Ray or start it, unless this process is connected already.

    Args:
        ray: The module ``ray``.
        address: The address of a cluster; None: start one on this machine.
        workers: How many CPUs it has. By default those of this machine.

    Raises:
        ClusterError: If that fails.
    """
    if ray.is_initialized():
        yield
        return
    # Ray's own messages are for its developers; its errors are exceptions.
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    quiet = {"logging_level": "critical", "log_to_driver": False}
    try:
        if address is None:
            with _without_dashboard(ray):
                cpus = workers or available_cores()
                ray.init("local", num_cpus=cpus, include_dashboard=False, **quiet)
        else:
            ray.init(address, **quiet)
    except Exception as error:  # the exceptions of Ray have no common base class
        where = "start Ray on this machine" if address is None else f"join the cluster at {address}"
        raise ClusterError(f"cannot {where}: {explain(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _without_dashboard(ray: Any) -> Iterator[None]:
    """Start Ray without the process of its dashboard.

    That process asks the metadata servers of three clouds where it runs, even if there is no
    dashboard and reports are off. No setting prevents that. A version of Ray in which this method
    has another name is left as it is.
    """
    node: Any = getattr(getattr(ray._private, "node", None), "Node", None)
    if not hasattr(node, "start_api_server"):
        yield
        return
    start = node.start_api_server
    node.start_api_server = lambda *_, **__: None
    try:
        yield
    finally:
        node.start_api_server = start
