"""Plots and tables from saved results, without measuring again."""

from __future__ import annotations

from pathlib import Path

import click

from bench import endurance, files, gpu, machines, micro_batching, plots, ray_scaling
from bench.report import Report, output_option, report_options
from bench.tables import bench_section, speed_section

#: The file of results, without ``.json``, and the text of each section.
SECTIONS = {
    "bench": ("results", bench_section),
    "speed": ("results", speed_section),
    "micro_batching": ("micro_batching", micro_batching.section),
    "ray_scaling": ("ray_scaling", ray_scaling.section),
    "files": ("files", files.section),
    "endurance": ("endurance", endurance.section),
    "gpu": ("gpu", gpu.section),
}


@click.command()
@output_option()
def plot(output: Path) -> None:
    """Draw the plots of saved results again.

    Reads results.json and writes throughput.png and sweeps.png beside it. Measures nothing and
    takes a few seconds.
    """
    plots.draw(Report(output, {}).load("results"), output)


@click.command()
@report_options(*SECTIONS, "machines")
def tables(report: Report) -> None:
    """Write the tables of saved results again.

    Reads the JSON files in --output and writes their sections of the documentation. The section of
    a file that is not there stays as it is. Measures nothing and takes a few seconds.
    """
    texts = {
        name: section(report.load(file))
        for name, (file, section) in SECTIONS.items()
        if (report.output / f"{file}.json").exists()
    }
    for name, text in {**texts, "machines": machines.section()}.items():
        report.publish(name, text)
