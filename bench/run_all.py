"""``python -m bench all``: every measurement on one computer, in one run."""

from __future__ import annotations

import click

from bench import (
    gpu,
    hardware_peaks,
    latency,
    machines,
    micro_batching,
    plots,
    profile,
    sweeps,
    throughput,
)
from bench.baselines import BASELINES
from bench.report import Report, Results, report_options
from bench.tables import bench_section, speed_section


def measure(only: tuple[str, ...], expressions: int, sweep: int, repeats: int) -> Results:
    """Measure everything that ``results.json`` holds.

    Args:
        only: The keys of the baselines to time together with exprinfer; all if empty.
        expressions: How many expressions each baseline answers at most.
        sweep: The largest number of expressions in the sweeps of exprinfer.
        repeats: How often each baseline answers them.
    """
    timings = throughput.measure(("ours", *only) if only else (), expressions, repeats)
    return {
        "repeats": repeats,
        "throughput": {key: timing.as_row() for key, timing in timings.items()},
        "single": latency.single(),
        "cold": latency.cold(),
        "installed megabytes": latency.sizes(),
        "limits": hardware_peaks.peak_rates(),
        "multiplications": hardware_peaks.multiplications(),
        "stages": profile.stages(),
        "operators": profile.operators(),
        "sweeps": {
            "batch size": list(sweeps.by_batch_size()),
            "threads": list(sweeps.by_threads()),
            "expressions": list(sweeps.by_number(sweep)),
            "digits": list(sweeps.by_digits()),
            "longhand": list(sweeps.longhand()),
        },
    }


@click.command("all")
@click.option("--expressions", default=1_000_000, show_default=True,
              help="Expressions per baseline, at most.")  # fmt: skip
@click.option("--sweep", default=10_000_000, show_default=True,
              help="Largest number of expressions in the sweeps.")  # fmt: skip
@click.option("--repeats", default=3, show_default=True, help="Timed runs of each baseline.")
@click.option("--only", multiple=True, type=click.Choice(list(BASELINES)),
              help="Time only this baseline and exprinfer; may be given again. "
              "Leaves out the GPU and micro-batching.")  # fmt: skip
@report_options("bench", "speed", "machines", "gpu", "micro_batching")
def command(
    expressions: int, sweep: int, repeats: int, only: tuple[str, ...], report: Report
) -> None:
    """Measure speed in every way but files and Ray.

    Compares the throughput of exprinfer with that of every baseline that is installed. Then
    measures single calls, the start of a process, the peak rates of this computer, where the time
    goes, and the rate by batch size, threads, number of expressions and digits. Ends with the
    commands gpu and micro-batching.

    Takes about 10 minutes on 2 cores. Nothing else should run meanwhile. Writes results.json,
    throughput.png, sweeps.png, gpu.json and micro_batching.json; the sections `bench`, `machines`,
    `gpu` and `micro_batching`; and the section `speed` of the README.
    """
    results = report.save("results", measure(only, expressions, sweep, repeats))
    plots.draw(results, report.output)
    report.publish("bench", bench_section(results))
    report.publish("speed", speed_section(results))
    report.publish("machines", machines.section())
    if not only:
        gpu.record(report, expressions, repeats)
        micro_batching.record(report)
