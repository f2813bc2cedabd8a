"""The examples run and print correct results."""

from __future__ import annotations

import asyncio
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.notebook import NOTEBOOK, executed, shown


def run(repository: Path, name: str) -> str:
    """Return what an example prints, run in its own process from another folder."""
    environment = {**os.environ, "PYTHONPATH": str(repository), "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, str(repository / "examples" / name)],
        env=environment, cwd="/", capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_tested(repository: Path) -> None:
    names = {path.name for path in (repository / "examples").iterdir() if path.is_file()}
    assert all(name in Path(__file__).read_text() for name in names)


def test_the_notebook_shows_what_its_cells_show_today(tmp_path: Path) -> None:
    """Otherwise ``python -m tests.notebook`` refreshes ``notebook.ipynb``."""
    for library in ("nbclient", "ipykernel"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    nbformat = pytest.importorskip("nbformat")
    stored = nbformat.read(NOTEBOOK, as_version=4)
    assert shown(executed(tmp_path)) == shown(stored)
    kinds = [set(output) for cell in shown(stored) for output in cell if isinstance(output, dict)]
    assert kinds.count({"text/html", "text/plain"}) == 7


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_column(repository: Path, library: str) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pytest.importorskip(library, reason=f"{library} is not installed")
    names = {"pandas": "pandas_column.py", "polars": "polars_column.py"}
    assert "division_by_zero" in run(repository, names[library])
    frame = runpy.run_path(str(repository / "examples" / names[library]))["frame"]
    rows = frame.to_dict("records") if library == "pandas" else frame.to_dicts()
    nothing = ("None", "<NA>", "nan")
    missing = [{key for key, value in row.items() if str(value) in nothing} for row in rows]
    assert [row["item"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["value"] for row in rows[:2]] == [8, -63]
    assert missing == [{"error"}, {"error"}, {"sum", "value", "certified", "error"}, {"value"}]


def test_the_tour(repository: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    printed = run(repository, "tour.py")
    for expected in (
        "-47 -47", "longhand, certified", "division by zero at position 2", "'5+x' unknown_symbol",
        "subtract, borrow 0, +", "9900 answers, 9900 certified", "{'answer': None, 'value': None}",
        "\n9702\n", "exact: 475,200 of 475,200 correct",
    ):  # fmt: skip
        assert expected in printed


@pytest.mark.slow
def test_the_ray_job(repository: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    printed = run(repository, "ray_job.py")
    assert printed.splitlines()[-3:] == ["97 97*47 = 4559", "98 98*48 = 4704", "99 99*49 = 4851"]


def test_the_service_answers_many_at_once(repository: Path) -> None:
    pytest.importorskip("fastapi", reason="FastAPI is not installed")
    httpx = pytest.importorskip("httpx", reason="httpx is not installed")
    app = runpy.run_path(str(repository / "examples" / "fastapi_service.py"))["app"]

    async def ask() -> list[Any]:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            texts = [f"{number}+{number}" for number in range(100)] + ["1/0", "1" * 65]
            calls = (client.get("/evaluate", params={"expression": text}) for text in texts)
            return await asyncio.gather(*calls)

    *answers, refused, long = asyncio.run(ask())
    assert [answer.json()["value"] for answer in answers] == [2 * n for n in range(100)]
    assert all(answer.json()["certified"] for answer in answers)
    assert refused.status_code == long.status_code == 422
    assert refused.json()["detail"] == {
        "error": "division_by_zero", "message": "division by zero at position 2", "position": 2,
    }  # fmt: skip
