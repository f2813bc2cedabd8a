"""The table of Ray has only measured numbers of workers, and says what the start takes."""

from __future__ import annotations

import pytest


def test_the_rate_leaves_out_the_start_and_no_other_number_of_workers_is_shown() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    from bench import ray_scaling

    rates = {"1": 300_000, "2": 450_000}
    results = {
        "command": "python -m bench ray",
        "machine": {"processor": "some", "cores": 2, "gpu": None},
        "versions": {"python": "3"},
        "rows": [300_000, 1_800_000],
        "workers": {key: {"rate": rate, "short": 4, "long": 9} for key, rate in rates.items()},
    }
    _, measured = ray_scaling.section(results).split("\n\n")
    assert _cells(measured) == [
        ["workers", "rows/s", "300,000 rows (s)", "1,800,000 rows (s)", "start, in both (s)"],
        ["1", "300,000", "4.0", "9.0", "3.0"],
        ["2", "450,000", "4.0", "9.0", "5.0"],
    ]


def _cells(table: str) -> list[list[str]]:
    """The header and rows of a Markdown table."""
    lines = [line.strip("|").split("|") for line in table.splitlines()]
    return [[cell.strip() for cell in line] for number, line in enumerate(lines) if number != 1]
