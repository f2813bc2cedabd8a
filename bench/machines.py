"""The results of all machines side by side, from their saved files."""

from __future__ import annotations

import json
from pathlib import Path

from bench.markdown import table
from bench.report import RESULTS, Results, models_of


def section(folder: Path = RESULTS) -> str:
    """Return a table with a column for each machine that has results.

    Args:
        folder: The folder with a folder for each machine.
    """
    files = sorted(folder.glob("*/results.json"))
    columns = [_column(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [[name, *(column.get(name, "") for column in columns)] for name in names]
    header = ["", *(file.parent.name for file in files)]
    return table(header, rows)


def _column(results: Results) -> dict[str, str]:
    machine = results["machine"]
    rates = {
        key: row["rate"] for key, row in results["throughput"].items() if not row.get("skipped")
    }
    ours = rates["ours"]
    others = [rate for key, rate in rates.items() if key.startswith(("torch", "openvino"))]
    column = {
        "processor": machine["processor"],
        "instruction sets": ", ".join(machine.get("instruction sets", ["not recorded"])),
        "models": models_of(results),
        "exprinfer, expressions/s": f"{ours:,.0f}",
        "longhand alone, expressions/s": _rate(rates.get("longhand")),
        "faster than Python eval": _ratio(ours, rates.get("eval")),
        "faster than the best of PyTorch and OpenVINO": _ratio(ours, max(others, default=None)),
        "faster than the gist in Keras, batch 1,024": _ratio(ours, rates.get("keras-best")),
        "faster than the gist in Keras, batch 32": _ratio(ours, rates.get("keras-default")),
    }
    if single := results.get("single", {}).get("exprinfer evaluate"):
        column["evaluate, median (µs)"] = str(single["p50"])
    return column


def _rate(rate: float | None) -> str:
    return "not measured" if rate is None else f"{rate:,.0f}"


def _ratio(ours: float, theirs: float | None) -> str:
    return "not measured" if theirs is None else f"{ours / theirs:,.2f}x"
