"""The built distribution: what the wheel holds, and what it requires."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from exprinfer.runtime.model_file import find, find_for_cuda, shipped
from training.certificate import certificate_path


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(repository)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_and_its_models_alone(wheel: Path, repository: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    about = {name.partition("/")[2] for name in names if ".dist-info/" in name}
    assert about == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    sources = {
        path.relative_to(repository).as_posix()
        for pattern in ("**/*.py", "py.typed", "html/*.css", "html/*.js")
        for path in (repository / "exprinfer").glob(pattern)
    }
    files = {path for name in shipped() for path in (find(name), find_for_cuda(name))}
    files |= {certificate_path(path) for path in files}
    models = {f"exprinfer/models/{path.parent.name}/{path.name}" for path in files}
    assert {name for name in names if ".dist-info/" not in name} == sources | models
    assert wheel.stat().st_size < 3_000_000


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
