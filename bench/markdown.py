"""Markdown tables, and the sections of a page that benchmarks write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tabulate import tabulate


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with its first column aligned left and the others right.

    >>> print(table(["name", "rate"], [["exprinfer", "606,232"]]))
    | name      |    rate |
    |:----------|--------:|
    | exprinfer | 606,232 |
    """
    align = ["left", *["right"] * (len(header) - 1)]
    return tabulate(list(rows), header, "pipe", disable_numparse=True, colalign=align)


def missing_sections(page: Path, names: Iterable[str]) -> list[str]:
    """Return the names of the sections that the page lacks, or all if there is no such file."""
    content = page.read_text(encoding="utf-8") if page.is_file() else ""
    return [name for name in names if not _section(name).search(content)]


def write_section(page: Path, name: str, text: str) -> None:
    """Put the text between ``<!-- name -->`` and ``<!-- /name -->`` in the page.

    Raises:
        ValueError: If the page has no such section.
    """
    content = page.read_text(encoding="utf-8")
    if not _section(name).search(content):
        raise ValueError(f"{page} has no section <!-- {name} --> ... <!-- /{name} -->")
    section = f"<!-- {name} -->\n{text.strip()}\n<!-- /{name} -->"
    page.write_text(_section(name).sub(lambda _: section, content), encoding="utf-8")


def _section(name: str) -> re.Pattern[str]:
    return re.compile(f"<!-- {re.escape(name)} -->.*?<!-- /{re.escape(name)} -->", re.DOTALL)
