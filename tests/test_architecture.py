"""The packages keep the rules of docs/architecture.md, and its lists name what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

#: The parts of ``exprinfer``, the lowest first. Those of one level do not import each other.
LAYERS = (
    {"errors"},
    {"language", "html"},
    {"runtime"},
    {"results"},
    {"trace"},
    {"evaluator"},
    {"__init__"},
    {"arrow", "aio"},
    {"scoring"},
    {"ray"},
    {"cli"},
    {"__main__"},
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}


def modules(folder: Path) -> dict[str, ast.Module]:
    """Return the modules below the folder by their paths within it."""
    return {
        path.relative_to(folder).as_posix(): ast.parse(path.read_text())
        for path in sorted(folder.rglob("*.py"))
    }


def imported(module: ast.Module) -> Iterator[str]:
    """Yield the full names of what a module imports, anywhere in it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(name: str) -> str | None:
    """Return the part of ``exprinfer`` that an import leads to, or None if it leads elsewhere."""
    package, _, rest = name.partition(".")
    if package != "exprinfer":
        return None
    part = rest.partition(".")[0]
    return part if part in LEVEL else "__init__"


@pytest.fixture(scope="module")
def package(repository: Path) -> dict[str, ast.Module]:
    return modules(repository / "exprinfer")


def test_every_part_of_the_package_has_a_layer(package: dict[str, ast.Module]) -> None:
    assert {_part(path) for path in package} == LEVEL.keys()


def test_no_lower_layer_imports_a_higher_one(package: dict[str, ast.Module]) -> None:
    upward = [
        f"{path} imports {name}"
        for path, module in package.items()
        for name in imported(module)
        if (part := part_of(name)) and part != _part(path) and LEVEL[part] >= LEVEL[_part(path)]
    ]
    assert not upward


def test_only_the_runtime_imports_onnxruntime(package: dict[str, ast.Module]) -> None:
    importers = {
        _part(path)
        for path, module in package.items()
        for name in imported(module)
        if name.partition(".")[0] == "onnxruntime"
    }
    assert importers == {"runtime"}


def test_the_package_imports_neither_training_nor_its_libraries(
    package: dict[str, ast.Module],
) -> None:
    names = {name.partition(".")[0] for module in package.values() for name in imported(module)}
    assert not names & {"training", "bench", "tests", "torch", "onnx", "onnxscript"}


@pytest.mark.parametrize("folder", ["exprinfer", "training", "bench"])
def test_the_page_lists_what_is_there(folder: str, repository: Path) -> None:
    entries = {
        path.name + "/" * path.is_dir()
        for path in (repository / folder).iterdir()
        if path.name != "__pycache__" and not path.name.startswith(".")
    }
    page = (repository / "docs" / "architecture.md").read_text()
    tree = re.search(rf"^```text\n{folder}/.*\n((?:    .*\n)+)```", page, re.MULTILINE)
    assert tree
    listed = [line.split()[0] for line in tree[1].splitlines()]
    assert sorted(listed) == sorted(entries)


def _part(path: str) -> str:
    """Return the part that a module of the package belongs to."""
    return path.partition("/")[0].removesuffix(".py")
