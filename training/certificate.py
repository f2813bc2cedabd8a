"""Write the certificate of a model file; ``exprinfer.runtime.certificate`` reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnxruntime

from exprinfer.runtime.certificate import FORMAT_VERSION, Certificate
from exprinfer.runtime.session import Device
from training.files import write_atomically
from training.hardware import gpu, processor
from training.model_file import read_metadata


def certificate_path(file: Path) -> Path:
    """Return where the certificate of a model file is written."""
    name = "certificate.json" if file.stem == "model" else f"{file.stem}.certificate.json"
    return file.with_name(name)


def write_certificate(
    file: Path,
    right: int,
    checked: int,
    devices: Sequence[Device],
    statement: str,
    method: str,
    evidence: Mapping[str, Any],
) -> Path:
    """Write the certificate of a model file beside it; return its path.

    It certifies the domain of the file if every answer is right, and none otherwise.

    Args:
        file: The model file, in its last form: the certificate names its SHA-256.
        right: Number of correct answers on the seed domain.
        checked: Number of expressions of the seed domain that were checked.
        devices: Devices on which the file was checked.
        statement: What the certificate states.
        method: How it was checked.
        evidence: What others need to check it again: commands, versions, hashes and counts.

    Raises:
        CertificateError: If these are no valid certificate; then the file is not usable.
    """
    metadata = read_metadata(file)
    content = {
        "format_version": FORMAT_VERSION,
        "file_sha256": sha256(file),
        "model": metadata["name"],
        "version": metadata["version"],
        "domain": "none" if right < checked else metadata["domain"],
        "devices": list(devices),
        "checked": checked,
        "right": right,
        "statement": statement,
        "method": method,
        "onnxruntime": onnxruntime.__version__,
        "processors": [processor(), *([gpu() or "a GPU"] if "cuda" in devices else [])],
        "date": datetime.now(UTC).date().isoformat(),
        "evidence": dict(evidence),
    }
    path = certificate_path(file)
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())
    Certificate.read(path)
    return path


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, as ``sha256sum`` prints it."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
