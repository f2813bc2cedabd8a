"""Certificates: what was checked about a model file, and which domain that certifies.

A certificate is a small JSON file that names its model file by SHA-256. It counts if it ships with
the package, or if the user names it. Whatever a model file says about itself certifies nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from exprinfer.errors import CertificateError
from exprinfer.language.grammar import Domain

FORMAT_VERSION = "1"
#: Certificates are small; a larger file is something else.
MAX_BYTES = 1_000_000
#: Keys of the JSON file that ``Certificate`` has no attribute for.
_OTHER_KEYS = {"format_version", "evidence"}


@dataclass(frozen=True, repr=False)
class Certificate:
    """What was checked about one model file, and where.

    The JSON file has one key for each attribute, ``format_version`` (``"1"``) and, for those who
    want to check it, ``evidence``: commands, versions, hashes and counts in any form.

    Attributes:
        file_sha256: SHA-256 of the model file, as ``sha256sum`` prints it.
        model: Name of the model.
        version: Version of the model.
        domain: The expressions whose answers it certifies. ``Domain.NONE`` if not every answer is
            right; then it only reports what was found.
        devices: Devices on which the file was checked. On others it certifies no answer.
        checked: Number of expressions of the seed domain that were checked through the file.
        right: Number of correct answers.
        statement: What the certificate states, for people.
        method: How that was checked, for people.
        onnxruntime: Version of ONNX Runtime of the check.
        processors: Processors and GPUs of the check.
        date: Day of the check, such as ``2026-11-25``.

    Example:
        >>> import exprinfer
        >>> certificate = exprinfer.load("exact", "cpu").models[0].certificate
        >>> certificate.domain.name, certificate.right == certificate.checked == 475_200
        ('SEED', True)
    """

    file_sha256: str
    model: str
    version: str
    domain: Domain
    devices: tuple[str, ...]
    checked: int
    right: int
    statement: str
    method: str
    onnxruntime: str
    processors: tuple[str, ...]
    date: str

    def __repr__(self) -> str:
        certifies = "certifies nothing"
        if self.domain is not Domain.NONE:
            certifies = f"{self.domain.name.lower()} domain on {' and '.join(self.devices)}"
        return (
            f"Certificate({self.model!r} {self.version}: {certifies}, {self.right:,} of "
            f"{self.checked:,} right, {self.date})"
        )

    @classmethod
    def read(cls, path: str | Path) -> Certificate:
        """Read the JSON file of a certificate.

        Args:
            path: Its path.

        Raises:
            CertificateError: If the file cannot be read or is not a valid certificate.

        Example:
            >>> from exprinfer import Certificate
            >>> Certificate.read("models/longhand/certificate.json").domain.name  # doctest: +SKIP
            'WHOLE'
        """
        try:
            with open(path, "rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
            return _parse(json.loads(content))
        except OSError as error:
            raise CertificateError(f"the certificate {path} cannot be read: {error}") from error
        except (ValueError, RecursionError) as error:
            raise CertificateError(f"{path} is not a valid certificate: {error}") from error


def _parse(values: object) -> Certificate:
    if not isinstance(values, dict):
        raise ValueError("it must be a JSON object")
    names = [field.name for field in fields(Certificate)]
    if values.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"format_version must be {FORMAT_VERSION!r}, got {values.get('format_version')!a}"
        )
    for name in names:
        if name not in values:
            raise ValueError(f"it has no {name!r}")
    if unknown := values.keys() - {*names, *_OTHER_KEYS}:
        raise ValueError(f"it has the unknown key {min(unknown)!a}")
    read = {name: _READERS.get(name, _text)(name, values[name]) for name in names}
    certificate = Certificate(**read)
    if certificate.right > certificate.checked:
        raise ValueError(f"right is {certificate.right}, more than checked {certificate.checked}")
    if certificate.domain is not Domain.NONE and not 0 < certificate.checked == certificate.right:
        raise ValueError(
            f"it certifies the domain {certificate.domain.name.lower()} with {certificate.right} "
            f"of {certificate.checked} right"
        )
    return certificate


def _text(name: str, value: object) -> str:
    if not (isinstance(value, str) and value and value.isprintable()):  # it is shown in terminals
        raise ValueError(f"{name} must be printable text, got {ascii(value)[:80]}")
    return value


def _sha256(name: str, value: object) -> str:
    if not (isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)):
        raise ValueError(f"{name} must be 64 hexadecimal digits, got {ascii(value)[:80]}")
    return value


def _count(name: str, value: object) -> int:
    if not (type(value) is int and value >= 0):
        raise ValueError(f"{name} must be an integer from 0 on, got {ascii(value)[:80]}")
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not (isinstance(value, list) and value):
        raise ValueError(f"{name} must be a list of names, got {ascii(value)[:80]}")
    return tuple(_text(name, each) for each in value)


def _devices(name: str, value: object) -> tuple[str, ...]:
    devices = _texts(name, value)
    if not set(devices) <= {"cpu", "cuda"}:
        raise ValueError(f"{name} must be 'cpu' or 'cuda', got {ascii(value)[:80]}")
    return devices


def _domain(name: str, value: object) -> Domain:
    names = [domain.name.lower() for domain in Domain]
    if value not in names:
        raise ValueError(f"{name} must be one of {', '.join(names)}, got {ascii(value)[:80]}")
    return Domain[str(value).upper()]


def _date(name: str, value: object) -> str:
    return date.fromisoformat(_text(name, value)).isoformat()


_READERS: dict[str, Callable[[str, object], Any]] = {
    "file_sha256": _sha256,
    "domain": _domain,
    "devices": _devices,
    "checked": _count,
    "right": _count,
    "processors": _texts,
    "date": _date,
}
