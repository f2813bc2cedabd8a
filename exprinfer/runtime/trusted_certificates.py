"""The certificates that count: those that ship with the package, and those that the user names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from exprinfer.errors import CertificateError
from exprinfer.language.grammar import Domain
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.model_file import shipped_folder


def shipped_certificates() -> dict[Path, Certificate]:
    """Return the certificates that ship with the package, by their paths.

    Raises:
        CertificateError: If one of them is not valid.
    """
    folder = shipped_folder()
    paths = sorted(folder.glob("*/*certificate.json")) if folder else []
    return {path: Certificate.read(path) for path in paths}


@dataclass(frozen=True)
class Named:
    """A certificate that the user names, and how messages call it."""

    name: str
    certificate: Certificate


def read_named(certificates: Iterable[str | Path | Certificate]) -> tuple[Named, ...]:
    """Read the certificates that the user names, each file once.

    Args:
        certificates: The paths, or certificates that were read before.

    Raises:
        CertificateError: If a file cannot be read or is not a valid certificate.
        TypeError: If there is a single one in place of a list.
    """
    if isinstance(certificates, str | Path | Certificate):
        raise TypeError("certificates must be a list of paths or certificates, got a single one")
    return tuple(map(_named, certificates))


def _named(certificate: str | Path | Certificate) -> Named:
    if isinstance(certificate, Certificate):
        return Named(f"of {certificate.model} {certificate.version}", certificate)
    return Named(str(certificate), Certificate.read(certificate))


def find_certificate(
    file: Path, sha256: str, model: str, version: str, domain: Domain, named: Sequence[Named]
) -> Certificate | None:
    """Return the certificate of a model file, one that the user names before a shipped one.

    Args:
        file: The model file, for error messages.
        sha256: Its SHA-256.
        model: Its name of the model.
        version: Its version of the model.
        domain: The expressions that it is made for.
        named: Certificates that the user names; they may belong to other files.

    Raises:
        CertificateError: If a certificate has the hash of the file and yet describes another model,
            or a shipped one is not valid.
    """
    shipped = [Named(str(path), found) for path, found in shipped_certificates().items()]
    for each in (*named, *shipped):
        found = each.certificate
        if found.file_sha256 != sha256:
            continue
        if (found.model, found.version) != (model, version):
            raise CertificateError(
                f"the certificate {each.name} is about {found.model} {found.version}, but {file} "
                f"is {model} {version}"
            )
        if found.domain > domain:
            raise CertificateError(
                f"the certificate {each.name} certifies the {found.domain.name.lower()} domain, "
                f"but {file} is made for the {domain.name.lower()} domain"
            )
        return found
    return None


def require_certificates_of(files: dict[Path, str], named: Iterable[Named]) -> None:
    """Check that each certificate that the user names belongs to one of the open files.

    Args:
        files: The SHA-256 of each open file.
        named: The certificates.

    Raises:
        CertificateError: If one belongs to another file.
    """
    for each in named:
        sha256 = each.certificate.file_sha256
        if sha256 not in files.values():
            found = " and ".join(f"that of {file} is {other}" for file, other in files.items())
            raise CertificateError(
                f"the certificate {each.name} belongs to another file: it is for the SHA-256 "
                f"{sha256}, {found}; name the certificate of this file, or certify it again"
            )
