"""Evaluate expressions inside a Ray Data pipeline.

    python examples/ray_job.py [ADDRESS]

Without an address, Ray starts on this machine. To score a data set from files to files, use
``exprinfer.ray.score_dataset`` or ``exprinfer score --ray`` instead.
"""

from __future__ import annotations

import sys
from operator import itemgetter

import ray

from exprinfer.ray import Evaluate


def main(address: str = "local") -> list[dict[str, object]]:
    """Evaluate the bills of 100 customers and return the three largest."""
    cpus = {"num_cpus": 3} if address == "local" else {}  # two workers, and one CPU to feed them
    ray.init(address, include_dashboard=False, log_to_driver=False, **cpus)
    rows = [{"customer": number, "sum": f"{number}*{number - 50}"} for number in range(100)]
    answered = ray.data.from_items(rows, override_num_blocks=4).map_batches(
        Evaluate,  # each worker opens the models once
        fn_constructor_args=["sum"],
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=2),
    )
    bills: list[dict[str, object]] = answered.take_all()
    ray.shutdown()
    return sorted(bills, key=itemgetter("value"))[-3:]


if __name__ == "__main__":
    for row in main(*sys.argv[1:]):
        print(row["customer"], row["sum"], "=", row["value"])
