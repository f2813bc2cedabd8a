from __future__ import annotations

from pathlib import Path

import pytest

from bench.redraw import SECTIONS


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with every section that benchmarks write."""
    path = tmp_path / "page.md"
    sections = [f"<!-- {name} -->\nold\n<!-- /{name} -->\n" for name in (*SECTIONS, "machines")]
    path.write_text("# Benchmarks\n" + "\n".join(sections) + "The end.\n")
    return path
