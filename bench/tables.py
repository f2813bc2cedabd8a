"""The Markdown tables of ``python -m bench all``."""

from __future__ import annotations

from typing import Any

from bench.markdown import table
from bench.report import Results, measured_by
from bench.throughput import CHECKED

Row = dict[str, Any]


def rate_cells(row: Row, ours: float) -> list[str]:
    """Return the cells of a rate, its range, and how much faster exprinfer is."""
    return [
        f"{row['rate']:,.0f}",
        f"{row['slowest']:,.0f} to {row['fastest']:,.0f}",
        f"{ours / row['rate']:,.2f}x",
    ]


def throughput_table(rows: dict[str, Row]) -> str:
    """Return a table with a row per baseline: the fastest first, the skipped ones last."""
    ran = sorted((row for row in rows.values() if not row["skipped"]), key=lambda row: -row["rate"])
    ours = rows["ours"]["rate"]
    cells = [
        [
            row["name"],
            *rate_cells(row, ours),
            f"{row['expressions']:,}",
            "not compared" if row["differing"] is None else str(row["differing"]),
        ]
        for row in ran
    ]
    skipped = [row for row in rows.values() if row["skipped"]]
    cells += [[row["name"], "not run", row["skipped"], "", "", ""] for row in skipped]
    header = ["", "expressions/s", "slowest to fastest", "exprinfer is faster by", "timed on",
              f"differ from exprinfer with the same model (of {CHECKED:,})"]  # fmt: skip
    return table(header, cells)


def speed_section(results: Results) -> str:
    """Return the short table of the README: exprinfer and the baselines most people know."""
    ran = {key: row for key, row in results["throughput"].items() if not row["skipped"]}
    pytorch = [row for key, row in ran.items() if key.startswith("torch")]
    chosen = [ran[key] for key in ("ours", "eval", "openvino", "keras-best") if key in ran]
    chosen += [max(pytorch, key=lambda row: row["rate"])] if pytorch else []
    chosen.sort(key=lambda row: -row["rate"])
    ours = ran["ours"]["rate"]
    cells = [[row["name"], f"{row['rate']:,.0f}", f"{ours / row['rate']:,.1f}x"] for row in chosen]
    machine = results["machine"]
    return "\n\n".join(
        [
            table(["", "expressions/s", "exprinfer is faster by"], cells),
            f"Medians of {results['repeats']} repeats by `{results['command']}` on "
            f"{machine['processor']}, {machine['cores']} cores.",
        ]
    )


def bench_section(results: Results) -> str:
    """Return all tables but those of the GPU and of micro-batching."""
    return "\n\n".join(
        [
            measured_by(results, f"medians of {results['repeats']} interleaved repeats"),
            throughput_table(results["throughput"]),
            _latency(results),
            _time_spent(results),
            _limits(results),
            _longhand(results["sweeps"]["longhand"]),
        ]
    )


def _latency(results: Results) -> str:
    calls = [[name, f"{row['p50']}", f"{row['p99']}"] for name, row in results["single"].items()]
    processes = [
        [f"`{name}`", f"{row['seconds']}", f"{row['megabytes']}"]
        for name, row in results["cold"].items()
    ]
    return "\n\n".join(
        [
            table(["one expression", "median (µs)", "99th percentile (µs)"], calls),
            table(["a whole process", "time (s)", "peak memory (MB)"], processes),
        ]
    )


def _time_spent(results: Results) -> str:
    """Return the tables of stages and operators.

    The stages are timed one by one, so their sum is less than the time of a whole call.
    """
    stages = [[name, f"{value:,.0f}"] for name, value in results["stages"].items()]
    of_stages = sum(results["stages"].values())
    total = f"These stages were timed one by one; their sum is {of_stages:,.0f} ns."
    if whole := results["throughput"].get("ours-1"):
        total += (
            f" `evaluate_batch` on one thread takes {1e9 / whole['rate']:,.0f} ns: it also "
            "chooses the model of each expression, collects the answers and puts them in order."
        )
    operators = [[f"`{name}`", f"{value:,.0f}"] for name, value in results["operators"].items()]
    return "\n\n".join(
        [
            table(["stage of `evaluate_batch`, one thread", "ns per expression"], stages),
            total,
            table(["operator of the network, one thread", "ns per expression"], operators),
        ]
    )


def _limits(results: Results) -> str:
    """Compare the time of the 8-bit products with the least that this computer could take.

    A multiplication counts as two operations: it is followed by an addition.
    """
    limits, products = results["limits"], results["multiplications"]
    least = 2 * products["8-bit"] / limits["8-bit products"]
    spent = results["operators"].get("MatMulIntegerToFloat", 0)
    return (
        f"The 8-bit products of the network need {products['8-bit']:,} multiplications per "
        "expression. A multiplication and the addition after it count as two operations. One "
        f"thread of this computer reaches {limits['8-bit products']:,.0f} billion 8-bit operations "
        f"per second (float32: {limits['float32 products']:,.0f}), so the products take at least "
        f"{least:,.0f} ns; measured: {spent:,.0f} ns. Copying memory reaches "
        f"{limits['copying']} GB/s."
    )


def _longhand(rows: list[Row]) -> str:
    rates = {(row["operator"], row["digits"]): row["rate"] for row in rows}
    digits = sorted({digits for _, digits in rates})
    cells = [
        [f"`{operator}`", *(f"{rates[operator, number]:,.0f}" for number in digits)]
        for operator in "+-*/"
    ]
    return (
        "Expressions per second of `longhand` alone, by the digits of both numbers (a divisor has "
        f"half as many):\n\n{table(['digits', *map(str, digits)], cells)}"
    )
