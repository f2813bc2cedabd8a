"""``python -m bench``: measure everything at hand and write it down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnxruntime

from bench import gpu, latency, limits, micro_batching, sweeps, throughput, write
from bench.baselines import BASELINES
from training.machine import machine, versions

RESULTS = Path(__file__).parent / "results"


@click.command()
@click.option("--expressions", default=1_000_000, show_default=True, help="At most, per peer.")
@click.option("--sweep", default=10_000_000, show_default=True, help="At most, of ours alone.")
@click.option("--repeats", default=3, show_default=True)
@click.option(
    "--only", multiple=True, type=click.Choice(list(BASELINES)), help="These peers alone."
)
@click.option("--output", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
@click.option("--readme", type=click.Path(path_type=Path), help="Write the tables there too.")
def main(
    expressions: int,
    sweep: int,
    repeats: int,
    only: tuple[str, ...],
    output: Path,
    readme: Path | None,
) -> None:
    """Compare exprinfer with its peers; nothing else should run meanwhile."""
    timed = throughput.measure(only, expressions, repeats)
    found: dict[str, Any] = {
        "command": " ".join(["python -m bench", *sys.argv[1:]]),
        "machine": machine(),
        "versions": {**versions(), "onnxruntime": onnxruntime.__version__},
        "repeats": repeats,
        "throughput": {key: peer.as_row() for key, peer in timed.items()},
        "gpu": gpu.measure(expressions, repeats),
        "single": latency.single(),
        "cold": latency.cold(),
        "installed megabytes": latency.sizes(),
        "limits": limits.machine(),
        "multiplications": limits.multiplications(),
        "stages": limits.stages(),
        "operators": limits.operators(),
        "sweeps": {
            "batch size": list(sweeps.by_batch_size()),
            "threads": list(sweeps.by_threads()),
            "expressions": list(sweeps.by_number(sweep)),
            "digits": list(sweeps.by_digits()),
            "longhand": list(sweeps.longhand()),
        },
    }
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(found, indent=1, default=_plain) + "\n")
    if "ours" in timed:
        write.plot(found, output / "throughput.png")
        click.echo(write.throughput_table(found["throughput"]))
        if readme:
            write.sections(found, readme)
    if not only:
        micro_batching.record(output, readme)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no part of the results")


if __name__ == "__main__":
    main(prog_name="python -m bench")
