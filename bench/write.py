"""What was measured, as JSON, as Markdown tables and as plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot

from training.card import table, write_section

matplotlib.use("Agg")
OURS, THEIRS = "#d9602b", "#3b6ea5"


def throughput_table(rows: dict[str, dict[str, Any]]) -> str:
    """A row per peer, the fastest first, those that did not run last; ratios to ours."""
    ran = sorted((row for row in rows.values() if not row["skipped"]), key=lambda row: -row["rate"])
    ours = rows["ours"]["rate"]
    lines = [
        [
            row["name"],
            f"{row['rate']:,.0f}",
            f"{row['slowest']:,.0f} to {row['fastest']:,.0f}",
            f"{ours / row['rate']:,.2f}",
            f"{row['expressions']:,}",
            "" if row["differing"] is None else row["differing"],
        ]
        for row in ran
    ]
    skipped = [row for row in rows.values() if row["skipped"]]
    lines += [[row["name"], "", row["skipped"], "", "", ""] for row in skipped]
    header = [
        "",
        "expressions/s",
        "slowest to fastest",
        "exprinfer is x times",
        "timed on",
        "answers otherwise, of 5,000",
    ]
    return table(header, lines)


def gpu_tables(found: dict[str, Any]) -> str:
    """What was measured on a GPU, end to end and on tokens that lie there; or why nothing was."""
    if "not measured" in found:
        return f"On a GPU: not measured: {found['not measured']}."
    ours = found["resident"][0]["rate"]
    resident = [
        [
            row["name"],
            f"{row['rate']:,.0f}",
            f"{row['slowest']:,.0f} to {row['fastest']:,.0f}",
            f"{ours / row['rate']:,.2f}",
        ]
        for row in sorted(found["resident"], key=lambda row: -row["rate"])
    ]
    header = ["tokens on the GPU already", "expressions/s", "slowest to fastest", "exprinfer is x"]
    sizes = found["resident by batch size"]
    by_size = [["expressions/s", *(f"{row['rate']:,.0f}" for row in sizes)]]
    return "\n\n".join(
        [
            "On the GPU, from texts to answers:",
            throughput_table(found["throughput"]),
            table(header, resident),
            table(["batch size", *(f"{row['batch size']:,}" for row in sizes)], by_size),
        ]
    )


def sections(found: dict[str, Any], readme: Path) -> None:
    """Write the tables into the README's section ``bench``."""
    machine, versions = found["machine"], found["versions"]
    where = f"{machine['processor']}, {machine['cores']} cores; " + ", ".join(
        f"{name} {version}" for name, version in versions.items()
    )
    single = [[name, row["p50"], row["p99"]] for name, row in found["single"].items()]
    cold = [[name, row["seconds"], row["megabytes"]] for name, row in found["cold"].items()]
    limit, products = found["limits"], found["multiplications"]
    ideal = 2 * products["8-bit"] / limit["8-bit products"]
    spent = found["operators"].get("MatMulIntegerToFloat", 0)
    stages = [[name, f"{value:,.0f}"] for name, value in found["stages"].items()]
    operators = [[f"`{name}`", f"{value:,.0f}"] for name, value in found["operators"].items()]
    longhand = {(row["operator"], row["digits"]): row for row in found["sweeps"]["longhand"]}
    digits = sorted({digits for _, digits in longhand})
    by_digits = [
        [f"`{operator}`", *(f"{longhand[operator, n]['rate']:,.0f}" for n in digits)]
        for operator in "+-*/"
    ]
    parts = [
        f"By `{found['command']}`, {found['repeats']} interleaved repeats, medians; {where}.",
        throughput_table(found["throughput"]),
        gpu_tables(found["gpu"]),
        table(["one expression, microseconds", "median", "99%"], single),
        table(["a whole process", "seconds", "peak MB"], cold),
        table(["one thread, nanoseconds an expression", ""], stages),
        table(["within the network, by operator, nanoseconds", ""], operators),
        f"The network's 8-bit products are {products['8-bit']:,} multiplications an expression: "
        f"{ideal:,.0f} ns at the {limit['8-bit products']:,.0f} billion operations a second that "
        f"this machine's products reach (float32: {limit['float32 products']:,.0f}), "
        f"{spent:,.0f} ns here. Copying memory reaches {limit['copying']} GB/s.",
        table(["longhand alone, expressions/s, digits:", *map(str, digits)], by_digits),
    ]
    write_section(readme, "bench", "\n\n".join(parts))


def plot(found: dict[str, Any], path: Path) -> None:
    """Four panels: by batch size, threads, number of expressions and digits; peers as lines."""
    figure, axes = pyplot.subplots(2, 2, figsize=(12, 8), layout="constrained")
    panels = ("batch size", "threads", "expressions", "digits")
    for axis, column in zip(axes.flat, panels, strict=True):
        rows = found["sweeps"][column]
        axis.loglog(
            [row[column] for row in rows], [row["rate"] for row in rows], "o-", color=OURS,
            label="exprinfer",
        )  # fmt: skip
        if column != "digits":
            _peers(axis, found["throughput"])
        axis.set_xlabel(column if column != "digits" else "digits of both numbers, + - * / alike")
        axis.set_ylabel("expressions a second")
        axis.grid(alpha=0.3, which="both")
    axes[0, 0].legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _peers(axis: Any, rows: dict[str, dict[str, Any]]) -> None:
    shown = [row for key, row in rows.items() if not row["skipped"] and "ours" not in key]
    for number, row in enumerate(sorted(shown, key=lambda row: -row["rate"])):
        axis.axhline(
            row["rate"], color=THEIRS, alpha=0.85 - 0.07 * number, linewidth=1, label=row["name"]
        )
