"""The distribution as it is built: what is in the wheel, and what it asks for."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from exprinfer.runtime.model_file import find, find_for_cuda, shipped


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(repository)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_and_its_models_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"exprinfer"}
    models = {name for name in names if name.startswith("exprinfer/models/")}
    files = {path for name in shipped() for path in (find(name), find_for_cuda(name))}
    assert models == {f"exprinfer/models/{path.parent.name}/{path.name}" for path in files}
    assert "exprinfer/py.typed" in names
    assert wheel.stat().st_size < 5_000_000


def test_the_base_needs_numpy_and_click_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("METADATA"))
        metadata = message_from_bytes(archive.read(name))
    requirements = metadata.get_all("Requires-Dist") or []
    base = {line.split(">")[0] for line in requirements if "extra ==" not in line}
    assert base == {"numpy", "click"}
    for extra, runtime in (("cpu", "onnxruntime"), ("gpu", "onnxruntime-gpu")):
        brought = [line for line in requirements if f"extra == '{extra}'" in line]
        assert [line.split(">")[0] for line in brought] == [runtime]


def test_the_package_imports_neither_training_nor_its_libraries() -> None:
    code = (
        "import sys, exprinfer, exprinfer.cli; print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    others = {"torch", "onnx", "training", "matplotlib", "tqdm", "pyarrow", "ray", "asyncio"}
    assert not others & set(done.stdout.split())
