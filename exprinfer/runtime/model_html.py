"""What model files say about themselves as HTML, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from exprinfer.html.markup import Html, element, fragment, table
from exprinfer.language.grammar import Domain, describe_domain

if TYPE_CHECKING:
    from exprinfer.runtime.model_info import ModelInfo


def model_html(info: ModelInfo) -> Html:
    """Return one model as a table of its properties."""
    rows = [
        ("made for", f"{_name(info.domain)}: {describe_domain(info.domain, info.operands)}"),
        ("certified", _certified(info)),
        *_certificate_rows(info),
        ("right", _right(info)),
        ("longest input, output", f"{info.longest_input:,}, {info.longest_output:,} symbols"),
        ("tapes", ", ".join(info.tapes) or "none"),
        ("states", f"{len(info.states):,}" if info.states else "none"),
        ("SHA-256 of the file", element("code", info.file_sha256)),
    ]
    named = [(element("strong", name), content) for name, content in rows]
    title = element("strong", f"{info.name} {info.version}")
    return fragment(element("div", title), table(("property", "value"), named))


def models_html(models: Sequence[ModelInfo]) -> Html:
    """Return several models as a table, a row for each."""
    rows = [
        (info.name, info.version, _name(info.domain), _certified(info), _right(info))
        for info in models
    ]
    return fragment(table(("name", "version", "made for", "certified", "right"), rows, (4,)))


def _name(domain: Domain) -> str:
    return domain.name.lower()


def _certified(info: ModelInfo) -> Html:
    if info.certified_domain is Domain.NONE:
        return element("span", "not certified", class_="uncertified")
    shown = f"\u2713 {_name(info.certified_domain)}, on {', '.join(info.certified_on)}"
    return element("span", shown, class_="certified")


def _certificate_rows(info: ModelInfo) -> list[tuple[str, str]]:
    found = info.certificate
    if found is None:
        return [("certificate", "none")]
    where = f"{found.date}, ONNX Runtime {found.onnxruntime}, {' and '.join(found.processors)}"
    return [
        ("certificate states", found.statement),
        ("how it was checked", found.method),
        ("where and when", where),
    ]


def _right(info: ModelInfo) -> str:
    share = f" ({info.right / info.checked:.2%})" if info.checked else ""
    return f"{info.right:,} of {info.checked:,}{share}"
