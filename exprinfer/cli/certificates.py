"""What ``exprinfer models`` says about the certificates of the shipped files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from exprinfer.language.grammar import Domain
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.model import describe
from exprinfer.runtime.model_file import find_for_cuda
from exprinfer.runtime.model_info import ModelInfo

_INDENT = " " * 11


def certificate_lines(info: ModelInfo, file: Path) -> Iterator[str]:
    """Yield what the certificates of a shipped model state, and how that was checked.

    Args:
        info: The model.
        file: Its file for CPUs; a file for GPUs has a certificate of its own.
    """
    yield from _lines(f"{info.name}/{file.name}", info.certificate)
    for_cuda = find_for_cuda(info.name)
    if for_cuda != file:
        yield from _lines(f"{info.name}/{for_cuda.name}", describe(for_cuda).certificate)


def _lines(name: str, certificate: Certificate | None) -> Iterator[str]:
    yield ""
    if certificate is None:
        yield f"{name}: no certificate"
        return
    devices = " and ".join(certificate.devices)
    certified = f"certified for the domain {certificate.domain.name.lower()} on {devices}"
    yield f"{name}: {'not certified' if certificate.domain is Domain.NONE else certified}"
    processors = " and ".join(certificate.processors)
    where = f"{certificate.date}, ONNX Runtime {certificate.onnxruntime}, {processors}"
    for title, text in (
        ("states", certificate.statement),
        ("checked", certificate.method),
        ("where", where),
        ("file", f"SHA-256 {certificate.file_sha256}"),
    ):
        yield click.wrap_text(text, 100, f"  {title:9}", _INDENT)
