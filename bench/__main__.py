"""``python -m bench``: the command group."""

from __future__ import annotations

import click

from bench import endurance, files, gpu, micro_batching, ray_scaling, redraw, run_all


@click.group()
def main() -> None:
    """Measure exprinfer next to what a user would pick instead.

    Every command writes JSON, with hardware and versions, into a folder of this
    machine in bench/results, and its tables into
    docs/benchmarks.md. For a trial, use --output and --no-docs.
    """


for command in (
    run_all.command,
    micro_batching.command,
    files.command,
    ray_scaling.command,
    endurance.command,
    gpu.command,
    redraw.plot,
    redraw.tables,
):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m bench")
