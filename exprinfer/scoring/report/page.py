"""The page of a report: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exprinfer.html.markup import BLANK, Html, asset, element, joined, table
from exprinfer.scoring.report.charts import STATES, bar, seed_maps
from exprinfer.scoring.report.collected import MAX_LINES, Collected, Line
from exprinfer.scoring.report.seed_map import MAX_OPERANDS
from exprinfer.scoring.summary import OPERATORS, Summary

#: Inputs, notes and inputs that cannot be read that are named.
_NAMED = 20


@dataclass(frozen=True)
class Report:
    """A run that is complete."""

    inputs: Sequence[str]
    """The names of the inputs."""
    models: str
    """The names of the models."""
    device: str
    summary: Summary
    collected: Collected
    notes: Sequence[str]
    """What was told about reading the inputs, such as the columns."""
    resumed: bool = False
    """Whether the run was interrupted and resumed."""
    version: str = ""
    """The version of the package."""


def report_page(report: Report) -> Html:
    """Return the page. Everything from the inputs is escaped, and the page has no scripts.

    A content security policy forbids everything but its own style.
    """
    style = asset("style.css") + asset("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "exprinfer report"),
        Html(f"<style>{style}</style>"),
    )
    sections = (
        _counts, _by_operator, _map, _wrong, _least_sure, _most_steps, _errors, _reading,
    )  # fmt: skip
    body = element("body", *(section(report) for section in sections), class_="exprinfer")
    return Html(f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n")


def _section(title: str, *content: str) -> Html:
    return element("section", element("h2", title), *content)


def _note(text: str) -> Html:
    return element("p", text, class_="note")


def _counts(report: Report) -> Html:
    summary = report.summary
    uncertified, errors = summary.answered - summary.certified, summary.errors.total()
    counts = [
        ("lines", summary.lines, ""),
        ("answered and certified", summary.certified, "certified"),
        ("answered, not certified", uncertified, "uncertified"),
        ("without an answer", errors, "error"),
    ]
    rows = [
        (name, f"{count:,}", _share(count, summary.lines), _key(kind))
        for name, count, kind in counts
    ]
    parts = [(kind, count) for _, count, kind in counts[1:]]
    by_model = ", ".join(f"{name} {count:,}" for name, count in report.collected.models.items())
    told = (
        f"{report.models} on {report.device}, {summary.seconds:.1f} s, "
        f"{summary.lines_per_second:,.0f} lines/s, exprinfer {report.version}"
    )
    return joined([
        element("h1", "exprinfer report"),
        _list([element("code", name) for name in report.inputs]),
        _note(told),
        _section(
            "Counts",
            bar(parts, summary.lines, "certified, not certified, and without an answer"),
            table(("", "lines", "share", ""), rows, (1, 2)),
            _note(f"answers by model: {by_model}") if by_model else "",
        ),
    ])  # fmt: skip


def _by_operator(report: Report) -> Html:
    summary, title = report.summary, "Right and wrong by operator"
    if not summary.marked:
        return _section(
            title,
            _note("The inputs give no answers to compare with, so right and wrong are not known."),
        )
    total = max(summary.marked.values())
    rows = [
        (
            element("code", operator),
            f"{(count := summary.marked[operator]):,}",
            f"{summary.given_right[operator]:,}",
            f"{(right := summary.right[operator]):,}",
            _share(right, count),
            bar([("right", right), ("wrong", count - right)], total, "right and not right"),
        )
        for operator in OPERATORS
        if summary.marked[operator]
    ]
    header = ("operator", "lines", "given answers right", "models' answers right", "share", "")
    unreadable = f"Given answers that cannot be read: {summary.unreadable:,}."
    return _section(
        title,
        table(header, rows, (1, 2, 3, 4)),
        _note(
            "The operator is the one applied last. Counted are lines with a given answer that can "
            "be read and an exact value. An answer that is missing counts as not right."
        ),
        _note(unreadable) if summary.unreadable else "",
    )


def _map(report: Report) -> Html:
    seed, title = report.collected.seed, "Map of the seed domain"
    domain = seed.operands.describe()
    if not seed.notes.size:
        reason = f"the operand ranges have more than {MAX_OPERANDS} numbers"
        return _section(title, _note(f"There is no map, because {reason}: {domain}."))
    if not seed.covered:
        return _section(title, _note(f"No line is in the seed domain: {domain}."))
    legend = [joined([_key(kind), name]) for _, kind, name in STATES]
    return _section(
        title,
        _note(
            f"The inputs cover {seed.covered:,} of the {seed.size:,} expressions of the domain: "
            f"{domain}. Each point stands for a op b, (a op b) and -(a op b), and shows the worst "
            "of those that occur. Points without an expression are empty."
        ),
        seed_maps(seed),
        element("ul", *(element("li", name) for name in legend), class_="legend"),
    )


def _wrong(report: Report) -> Html:
    lines = report.collected.wrong
    if not report.summary.marked:
        return Html("")
    wrong = _lines(report, lines) if lines else _note("No answer of the models is wrong.")
    return _section("Wrong answers of the models", _first(lines), wrong)


def _least_sure(report: Report) -> Html:
    lines = report.collected.least_sure
    if not lines:
        return Html("")
    return _section(
        "Least sure answers",
        _note(
            "The answers to which the models give the least log-probability. A certified answer "
            "was verified, however sure the model is."
        ),
        _lines(report, lines, "log-probability", lambda line: f"{line.figure:.4f}"),
    )


def _most_steps(report: Report) -> Html:
    lines, title = report.collected.most_steps, "Slowest lines, by steps"
    if not lines:
        return _section(title, _note("No line was answered by a model that works on tapes."))
    return _section(
        title,
        _note(
            "Lines are computed in batches, so the time of a single line is not known. The time of "
            "a model that works on tapes grows with its steps. They are estimated from the "
            "operators and digits."
        ),
        _lines(report, lines, "steps (estimate)", lambda line: f"{-line.figure:,.0f}"),
    )


def _errors(report: Report) -> Html:
    summary = report.summary
    if not summary.errors:
        return _section("Errors by kind", _note("Every line has an answer."))
    kinds = summary.errors.most_common()
    rows = [
        (
            code,
            f"{count:,}",
            _share(count, summary.lines),
            bar([("error", count)], kinds[0][1], f"{count:,}"),
        )
        for code, count in kinds
    ]
    examples = report.collected.examples
    lines = [line for code, _ in kinds for line in examples.get(code, ())]
    return _section(
        "Errors by kind",
        table(("error", "lines", "share", ""), rows, (1, 2)),
        element("h3", "The first lines with each error"),
        _lines(report, lines),
    )


def _reading(report: Report) -> Html:
    unreadable = [f"{name}: {reason}" for name, reason in report.summary.unreadable_inputs]
    parts = []
    if unreadable:
        parts += [element("h3", "Not read to the end"), _list(unreadable)]
    if report.notes:
        parts += [element("h3", "How the inputs were read"), _list(report.notes)]
    if report.resumed:
        parts.append(
            _note(
                "The run was interrupted and resumed. All its lines are counted, but notes on "
                "inputs that were complete before are not repeated."
            )
        )
    return _section("Inputs", *parts) if parts else Html("")


def _lines(
    report: Report,
    lines: Sequence[Line],
    name: str = "",
    shown: Callable[[Line], str] | None = None,
) -> Html:
    """Return lines as a table, with a column for their figure if there is a name for it."""
    several = len(report.inputs) > 1
    columns = [*(["input"] if several else []), "result", *([name] if shown else [])]
    rows = []
    for line in lines:
        row: list[str] = [element("code", report.inputs[line.input])] if several else []
        row += [f"{line.number:,}", *([shown(line)] if shown else [])]
        rows.append([*row, _expression(line), element("code", line.answer), _mark(line)])
    numeric = tuple(range(int(several), len(columns)))
    return table((*columns, "expression", "answer or error", ""), rows, numeric)


def _expression(line: Line) -> Html:
    if line.at is None:
        return element("code", line.before)
    return element("code", line.before, element("mark", line.at or BLANK), line.after)


def _mark(line: Line) -> Html:
    signs = {"certified": "\u2713 certified", "uncertified": "? not certified"}
    kind = line.mark if line.mark in signs else "failed"
    return element("span", signs.get(line.mark, f"\u2717 {line.mark}"), class_=kind)


def _first(lines: Sequence[Line]) -> Html:
    return _note(f"The first {MAX_LINES}.") if len(lines) == MAX_LINES else Html("")


def _list(names: Sequence[str]) -> Html:
    rest = len(names) - _NAMED
    more = [f"and {rest:,} more"] if rest > 0 else []
    return element("ul", *(element("li", name) for name in [*names[:_NAMED], *more]))


def _key(kind: str) -> Html:
    """Return a square in the colour of a kind of result."""
    return element("span", class_=f"key fill-{kind}") if kind else Html("")


def _share(count: int, total: int) -> str:
    return f"{count / total:.2%}" if total else ""
