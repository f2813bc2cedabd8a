"""The page shares the package's tables, and reads texts as the package does."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.expectations import expectations, texts

TEXTS = 1_500


def test_the_tables_of_the_page_are_those_of_the_package(repository: Path) -> None:
    written = runpy.run_path(str(repository / "examples" / "browser" / "tables.py"))["modules"]()
    assert len(written) == 2
    for path, content in written.items():
        assert path.read_text() == content, "run: python examples/browser/tables.py"


def test_the_texts_are_of_every_kind() -> None:
    some = list(texts(10_000, seed=1))
    assert len(some) == 10_000
    assert len(set(some)) > 5_000
    assert sum(text.isascii() for text in some) > 5_000
    assert any(len(text) > 2_048 for text in some)
    assert any(ord(character) > 0xFFFF for text in some for character in text)


@pytest.mark.parametrize("normalize", [False, True])
def test_the_page_reads_texts_as_the_package_does(
    normalize: bool, repository: Path, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if not node or _version(node) < 20:
        pytest.skip("Node 20 or later is not installed")
    path = tmp_path / "expectations.jsonl"
    rows = expectations(TEXTS, seed=1, normalize=normalize)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    program = repository / "examples" / "browser" / "test" / "language.js"
    command = [node, str(program), str(path), *(["--normalize"] if normalize else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{TEXTS} texts, ")


def _version(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return int(done.stdout.removeprefix("v").partition(".")[0])
