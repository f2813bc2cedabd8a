"""What was measured and what is extrapolated never share a table."""

from __future__ import annotations

import pytest


def test_more_workers_are_extrapolated_in_a_table_of_their_own() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    from bench import ray_scaling

    rates = {"1": 300_000, "2": 450_000}
    results = {
        "command": "python -m bench ray",
        "machine": {"processor": "some", "cores": 2, "gpu": None},
        "versions": {"python": "3"},
        "rows": [5, 20],
        "workers": {key: {"rate": rate, "short": 1, "long": 2} for key, rate in rates.items()},
    }
    _, measured, sentence, extrapolated = ray_scaling.section(results).split("\n\n")
    assert _cells(measured) == [
        ["workers", "rows/s", "5 rows (s)", "20 rows (s)"],
        ["1", "300,000", "1.0", "2.0"],
        ["2", "450,000", "1.0", "2.0"],
    ]
    assert sentence.startswith("Extrapolated from 2 workers, not measured")
    assert _cells(extrapolated) == [
        ["workers", "rows/s, extrapolated"],
        ["8", "1,800,000"],
        ["64", "14,400,000"],
    ]


def _cells(table: str) -> list[list[str]]:
    """The header and rows of a Markdown table."""
    lines = [line.strip("|").split("|") for line in table.splitlines()]
    return [[cell.strip() for cell in line] for number, line in enumerate(lines) if number != 1]
