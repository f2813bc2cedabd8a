"""The generated sections of a model card, each between two comments that name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.run import write_whole


def write_section(card: Path, name: str, text: str) -> None:
    """Put ``text`` between ``<!-- name -->`` and ``<!-- /name -->`` in the card.

    Raises ValueError where the card has no such section.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    content = card.read_text()
    section = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not section.search(content):
        raise ValueError(f"{card} has no section {begin} ... {end}")
    written = f"{begin}\n{text.strip()}\n{end}"
    write_whole(card, section.sub(lambda _: written, content).encode())


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    align = ["---", *["---:"] * (len(header) - 1)]
    lines = [header, align, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
