"""The documentation shows what its examples print today, and links to what is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.snippets import REPOSITORY, pages, refreshed

README, *DOCS = pages()
WRITTEN = [README, *DOCS, REPOSITORY / "SECURITY.md", REPOSITORY / "CHANGELOG.md"]
#: The tables that ``bench`` writes.
TABLES = ("bench", "micro_batching", "ray_scaling", "files", "endurance", "gpu")

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.stem)
def test_a_page_shows_what_its_examples_print(page: Path) -> None:
    text = page.read_text()
    assert refreshed(text) == text


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_links_lead_to_files_of_the_repository(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text()) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_every_page_is_in_the_site_and_in_the_index(repository: Path) -> None:
    navigation = (repository / "mkdocs.yml").read_text()
    index = (repository / "docs" / "index.md").read_text()
    for page in DOCS:
        assert f": {page.name}\n" in navigation
        assert page.name == "index.md" or f"]({page.name})" in index


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_measurements_stands_beside_its_command(table: str, repository: Path) -> None:
    page = (repository / "docs" / "benchmarks.md").read_text()
    before, _, rest = page.partition(f"<!-- {table} -->")
    assert f"<!-- /{table} -->" in rest
    heading = before.rpartition("\n## ")[2]
    assert "python -m bench" in heading
