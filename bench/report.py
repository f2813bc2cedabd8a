"""Where results go: JSON files, and the sections of Markdown pages."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

import exprinfer
from bench.environment import folder_name, hardware, versions
from bench.markdown import missing_sections, write_section

REPOSITORY = Path(__file__).parent.parent
#: Where JSON files and plots go by default, in a folder for each machine.
RESULTS = REPOSITORY / "bench" / "results"
#: The page that the sections go to by default.
DOCS = REPOSITORY / "docs" / "benchmarks.md"
#: The page of the section ``speed``.
README = REPOSITORY / "README.md"

Results = dict[str, Any]


class Report:
    """Saves the results of benchmarks and writes their tables into Markdown pages.

    Args:
        output: The folder of the JSON files and plots. It need not exist yet.
        pages: The page of each section that the benchmark writes, by the section's name.

    Raises:
        click.ClickException: If a page lacks its section. Benchmarks make their report before they
            measure, so nobody waits for results that have no place to go.
    """

    def __init__(self, output: Path, pages: dict[str, Path]) -> None:
        self.output, self.pages = output, pages
        missing = [
            f"<!-- {name} --> ... <!-- /{name} --> in {page}"
            for name, page in pages.items()
            if missing_sections(page, [name])
        ]
        if missing:
            raise click.ClickException(
                f"missing sections: {'; '.join(missing)}. Add them, name other pages with --docs, "
                "or use --no-docs"
            )

    def save(self, name: str, results: Results) -> Results:
        """Write the results to ``<name>.json``, together with the command, hardware and versions.

        Returns:
            Everything that was written.
        """
        command = " ".join(["python -m bench", *sys.argv[1:]])
        whole = {
            "command": command,
            "machine": hardware(),
            "versions": versions(),
            "models": {model.name: model.version for model in exprinfer.list_models()},
            **results,
        }
        self.output.mkdir(parents=True, exist_ok=True)
        content = json.dumps(whole, indent=1, default=_as_python) + "\n"
        (self.output / f"{name}.json").write_text(content, encoding="utf-8")
        return whole

    def load(self, name: str) -> Results:
        """Return the results in ``<name>.json``.

        Raises:
            click.ClickException: If there is no such file.
        """
        path = self.output / f"{name}.json"
        if not path.is_file():
            raise click.ClickException(f"no results in {path}: run the benchmark first")
        results: Results = json.loads(path.read_text(encoding="utf-8"))
        return results

    def publish(self, section: str, text: str) -> None:
        """Print the text, and write it into the section's page if it has one."""
        click.echo(f"{text}\n")
        if section in self.pages:
            write_section(self.pages[section], section, text)


def machine_folder() -> Path:
    """Return the folder of this machine's results."""
    return RESULTS / folder_name(hardware())


def output_option() -> Callable[[Any], Any]:
    """Return the option ``--output``."""
    return click.option(
        "--output", type=click.Path(file_okay=False, path_type=Path), default=machine_folder,
        help="Folder for JSON files and plots.  [default: bench/results/ and the processor]",
    )  # fmt: skip


def report_options(*sections: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command ``--output``, ``--docs`` and ``--no-docs``, and pass it a ``Report``.

    The section ``speed`` goes to the README; with it, the command also gets ``--readme``.
    """
    path = click.Path(dir_okay=False, path_type=Path)
    options = [
        output_option(),
        click.option("--docs", type=path, default=DOCS, metavar="PATH",
                     help="Page to write the tables into, between <!-- name --> comments.  "
                     "[default: docs/benchmarks.md]"),
        click.option("--no-docs", is_flag=True, help="Do not write into any page."),
    ]  # fmt: skip
    if "speed" in sections:
        options.append(
            click.option("--readme", type=path, default=README, metavar="PATH",
                         help="Page to write the short table into.  [default: README.md]")
        )  # fmt: skip

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_report(
            output: Path, docs: Path, no_docs: bool, readme: Path = README, **arguments: Any
        ) -> None:
            pages = {name: readme if name == "speed" else docs for name in sections}
            command(report=Report(output, {} if no_docs else pages), **arguments)

        decorated: Callable[..., None] = with_report
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def measured_by(results: Results, how: str) -> str:
    """Return the sentence above a table: the command, how it measured, hardware and versions."""
    machine = results["machine"]
    sets = ", ".join(machine.get("instruction sets", []))
    processor = f"{machine['processor']} with {sets}" if sets else machine["processor"]
    gpu = f", {machine['gpu']}" if machine["gpu"] else ""
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    return (
        f"Measured by `{results['command']}`: {how}. "
        f"{processor}, {machine['cores']} cores{gpu}; {models_of(results)}; "
        f"{versions}."
    )


def models_of(results: Results) -> str:
    """Return the names and versions of the models that were measured."""
    models = results.get("models", {"exact": "2.0", "longhand": "2.0", "gist": "1.0"})
    return ", ".join(f"{name} {version}" for name, version in sorted(models.items()))


def _as_python(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
