"""What users see of the package: its names, their documentation and their types."""

from __future__ import annotations

import builtins
import inspect
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

import exprinfer
import exprinfer.aio
import exprinfer.arrow
import exprinfer.ray

#: The modules that users import, with the names that each of them offers.
PUBLIC = {
    exprinfer: exprinfer.__all__,
    exprinfer.arrow: ["evaluate_arrow", "evaluate_table"],
    exprinfer.aio: ["MicroBatcher"],
    exprinfer.ray: ["Evaluate", "Totals", "score_dataset"],
}
NAMES = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module, names in PUBLIC.items()
    for name in names
    if name != "__version__"
}
_SECTION = r"^{}:\n((?:[ ]+.*\n|\n)*)"


def callables() -> Iterator[tuple[str, object]]:
    """Yield the public functions, classes and methods with their full names."""
    for name, member in NAMES.items():
        yield name, member
        if inspect.isclass(member):
            own = vars(member).items()
            for method, function in own:
                if not method.startswith("_") and isinstance(function, FunctionType):
                    yield f"{name}.{method}", function


def section(member: object, title: str) -> str:
    """Return the content of a section of the docstring; empty if there is none."""
    found = re.search(_SECTION.format(title), f"{inspect.getdoc(member)}\n", re.MULTILINE)
    return inspect.cleandoc(found[1]) if found else ""


MEMBERS = dict(callables())


def is_error(member: object) -> bool:
    return isinstance(member, type) and issubclass(member, Exception)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_public_name_is_documented(name: str) -> None:
    documented = MEMBERS[name]
    assert documented.__doc__
    assert not documented.__doc__.startswith(f"{name.rpartition('.')[2]}(")  # a dataclass's own


@pytest.mark.parametrize("name", MEMBERS)
def test_every_error_that_a_docstring_names_is_public(name: str) -> None:
    named = re.findall(r"^(\w+):", section(MEMBERS[name], "Raises"), re.MULTILINE)
    for error in named:
        found = getattr(exprinfer, error, None) or getattr(builtins, error, None)
        assert isinstance(found, type), f"{error} cannot be imported from exprinfer"
        assert issubclass(found, Exception)


@pytest.mark.parametrize("name", [n for n in MEMBERS if not inspect.isclass(MEMBERS[n])])
def test_every_public_function_has_an_example(name: str) -> None:
    function = MEMBERS[name]
    assert isinstance(function, FunctionType)
    owner = MEMBERS.get(name.rpartition(".")[0])
    if owner and not _required(function):
        return  # a method that is called without arguments needs none
    own, of_class = section(function, "Example"), section(owner, "Example")
    assert own or re.search(rf"\.{function.__name__}\b", of_class)


def _required(function: FunctionType) -> list[str]:
    parameters = list(inspect.signature(function).parameters.values())[1:]  # without self
    return [parameter.name for parameter in parameters if parameter.default is parameter.empty]


def test_the_users_script_uses_every_public_name(repository: Path) -> None:
    script = (repository / "tests" / "user_script.py").read_text()
    words = set(re.findall(r"\w+", script))
    used = {name for name, member in MEMBERS.items() if not is_error(member)}
    assert not {name for name in used if name.rpartition(".")[2] not in words}


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the built wheel, which sees this one's libraries."""
    folder = tmp_path_factory.mktemp("user")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(repository)], check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=False)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder / "venv")}))
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(packages)
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(folder / "venv")}))
    return scripts / "python"


@pytest.mark.parametrize("checker", ["mypy", "pyright", "run"])
def test_a_users_script_passes(
    checker: str, installed: Path, repository: Path, tmp_path: Path
) -> None:
    if checker != "run":
        pytest.importorskip(checker)
    script = tmp_path / "user_script.py"
    script.write_text((repository / "tests" / "user_script.py").read_text())
    commands = {
        "mypy": [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed)],
        "pyright": [sys.executable, "-m", "pyright", "--pythonpath", str(installed)],
        "run": [str(installed)],
    }
    # In a folder of its own, and without PYTHONPATH, so that the checkout is not found.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*commands[checker], str(script)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
