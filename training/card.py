"""The generated sections of a model card, each between two comments that name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tabulate import tabulate

from training.files import write_atomically

_NEW_CARD = """# {name}

<!-- certify -->
<!-- /certify -->

<!-- report -->
<!-- /report -->
"""


def check_sections(card: Path, *names: str) -> None:
    """Check that a card has sections with these names. A card that is not there gets them.

    Raises:
        ValueError: If the card lacks one.
    """
    for name in names:
        if card.exists() and not _section(name).search(card.read_text()):
            raise ValueError(f"{card} has no section <!-- {name} --> ... <!-- /{name} -->")


def _section(name: str) -> re.Pattern[str]:
    begin, end = (re.escape(f"<!-- {mark}{name} -->") for mark in ("", "/"))
    return re.compile(f"{begin}.*?{end}", re.DOTALL)


def write_section(card: Path, name: str, text: str) -> None:
    """Replace what is between ``<!-- name -->`` and ``<!-- /name -->`` in a card by a text.

    If there is no card, one is made that has the sections of certify and report.

    Raises:
        ValueError: If the card has no such section.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    content = card.read_text() if card.exists() else _NEW_CARD.format(name=card.parent.name)
    check_sections(card, name)
    written = f"{begin}\n{text.strip()}\n{end}"
    write_atomically(card, _section(name).sub(lambda _: written, content).encode())


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table: the first column aligned left, the others aligned right.

    Example:
        >>> print(table(["a", "b"], [["x", 1], ["y", "10%"]]))
        | a   |   b |
        |:----|----:|
        | x   |   1 |
        | y   | 10% |
    """
    align = ["left", *["right"] * (len(header) - 1)]
    return tabulate(rows, header, tablefmt="pipe", colalign=align, disable_numparse=True)
