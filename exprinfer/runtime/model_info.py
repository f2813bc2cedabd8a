"""What a model file says about itself, read and verified, and its certificate."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exprinfer.errors import ModelFileError
from exprinfer.language.grammar import Domain
from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.metadata import read_metadata
from exprinfer.runtime.model_file import read
from exprinfer.runtime.state_info import TAPES, StateInfo, read_states

FORMAT_VERSION = "2"

#: Longest input or output of any model: Python converts no longer integers by default.
MAX_SYMBOLS = 4_300


@dataclass(frozen=True, repr=False)
class ModelInfo:
    """What a model file says about itself, and its certificate.

    The file's ``metadata_props`` have one key for each attribute but ``file_sha256`` and
    ``certificate``. What a file says about itself never makes an answer certified; only the
    certificate does.

    Attributes:
        format_version: Version of this contract.
        name: Name of the model.
        version: Version of the model.
        symbols: Its symbols in the order of their token ids, the padding symbol first.
        longest_input: Longest expression that it reads, in symbols.
        longest_output: Longest answer that it writes, in symbols.
        domain: The expressions that it is made for.
        checked: Number of expressions of the seed domain that were checked, as the file says.
        right: Number of correct answers, as the file says.
        exact_match: Fraction of correct answers by operator and form, as JSON. Empty before
            certification.
        recipe: The training recipe with its seeds, as JSON.
        weights_sha256: SHA-256 of the names and bytes of the fitted weights.
        file_sha256: SHA-256 of the file, as ``sha256sum`` prints it.
        tapes: Names of the tapes that the model works on. Empty for other models.
        states: What each state of such a model means, in the order of their numbers.
        operands: The operand ranges of the seed domain for this model. A file without this key has
            those of the 2017 gist.
        certificate: The certificate of exactly this file that ships with the package or that the
            user named; None if there is none.

    Example:
        >>> import exprinfer
        >>> exprinfer.load("exact").models[0]
        ModelInfo('exact' 3.0: seed domain, certified on cpu, 475,200 of 475,200 right)
    """

    format_version: str
    name: str
    version: str
    symbols: str
    longest_input: int
    longest_output: int
    domain: Domain
    checked: int
    right: int
    exact_match: str
    recipe: str
    weights_sha256: str
    file_sha256: str = ""
    tapes: tuple[str, ...] = ()
    states: tuple[StateInfo, ...] = field(default=())
    operands: Operands = DEFAULT_OPERANDS
    certificate: Certificate | None = None

    @property
    def certified_domain(self) -> Domain:
        """The expressions that the certificate covers, ``Domain.NONE`` without a certificate.

        On devices that are not in ``certified_on`` no answer is certified.
        """
        return self.certificate.domain if self.certificate else Domain.NONE

    @property
    def certified_on(self) -> tuple[str, ...]:
        """The devices on which answers are certified; empty without a certified domain."""
        if self.certificate is None or self.certificate.domain is Domain.NONE:
            return ()
        return self.certificate.devices

    def __repr__(self) -> str:
        certified = "not certified" if self.certificate else "no certificate"
        if self.certified_domain == self.domain:
            certified = f"certified on {', '.join(self.certified_on)}"
        elif self.certified_domain > Domain.NONE:
            certified = f"certified on the {self.certified_domain.name.lower()} domain"
        ranges = f" of {self.operands}" if self.operands != DEFAULT_OPERANDS else ""
        return (
            f"ModelInfo({self.name!r} {self.version}: {self.domain.name.lower()} domain{ranges}, "
            f"{certified}, {self.right:,} of {self.checked:,} right)"
        )

    def _repr_html_(self) -> str:
        """Return the properties as a table, as notebooks show it."""
        from exprinfer.runtime.model_html import model_html

        return model_html(self)

    @classmethod
    def read(cls, metadata: Mapping[str, str], path: Path, file_sha256: str = "") -> ModelInfo:
        """Read and verify a file's metadata.

        Args:
            metadata: The file's ``metadata_props``.
            path: The file, for error messages.
            file_sha256: SHA-256 of the whole file.

        Raises:
            ModelFileError: If the metadata does not follow the contract.
        """
        version = metadata.get("format_version")
        if version != FORMAT_VERSION:
            raise ModelFileError(
                f"{path} has format version {version!r}, this package reads {FORMAT_VERSION!r}"
            )
        names = [name for name in cls.__dataclass_fields__ if name not in _NOT_IN_FILE]
        try:
            values = {
                name: _READERS.get(name, str)(metadata[name])
                for name in names
                if name in metadata or name not in _OPTIONAL
            }
        except KeyError as error:
            raise ModelFileError(
                f"{path}: the metadata lacks a key or has an unknown name: {error}"
            ) from error
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{path}: the metadata cannot be read: {error}") from error
        info = cls(**values, file_sha256=file_sha256)
        info._verify(path)
        return info

    def _verify(self, path: Path) -> None:
        if self.symbols != SYMBOLS:
            raise ModelFileError(f"{path}: symbols must be {SYMBOLS!r}, got {self.symbols!r}")
        shown = (self.name, self.version, *(s.name for s in self.states))
        for text in shown:  # in terminals and tables
            if not text.isprintable():
                raise ModelFileError(f"{path}: {ascii(text)[:80]} has characters that do not print")
        if not 0 <= self.right <= self.checked:
            raise ModelFileError(f"{path} claims {self.right} of {self.checked} right")
        for key in ("longest_input", "longest_output"):
            if not 0 < getattr(self, key) <= MAX_SYMBOLS:
                raise ModelFileError(
                    f"{path}: {key} must be in 1..{MAX_SYMBOLS}, got {getattr(self, key)}"
                )
        if self.tapes not in ((), TAPES):
            raise ModelFileError(f"{path}: tapes must be {list(TAPES)}, got {list(self.tapes)}")
        if bool(self.tapes) != bool(self.states):
            raise ModelFileError(f"{path}: tapes and states belong together, one is missing")
        if len({state.name for state in self.states}) < len(self.states):
            raise ModelFileError(f"{path}: two states have the same name")


def read_info(path: Path) -> ModelInfo:
    """Read a model file and return what it says about itself; ONNX Runtime is not needed.

    Raises:
        ModelFileError: If the file is damaged, or its metadata does not follow the contract.
        OSError: If the file cannot be read.
    """
    file = read(path)
    return ModelInfo.read(read_metadata(file.content, path), path, file.sha256)


class ModelList(list[ModelInfo]):
    """A list of models that notebooks show as a table."""

    def _repr_html_(self) -> str:
        from exprinfer.runtime.model_html import models_html

        return models_html(self)


def _read_names(text: str) -> tuple[str, ...]:
    names = json.loads(text)
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ValueError(f"{text[:40]!r} is not a list of names")
    return tuple(names)


def _read_operands(text: str) -> Operands:
    ranges = json.loads(text)
    if not (isinstance(ranges, dict) and ranges.keys() == {"a", "b"}):
        raise ValueError(f"operands must be an object with the keys a and b, got {text[:40]!r}")
    return Operands(**{k: tuple(v) if isinstance(v, list) else v for k, v in ranges.items()})


_NOT_IN_FILE = ("file_sha256", "certificate")
_OPTIONAL = ("tapes", "states", "operands")
_READERS: dict[str, Callable[[str], Any]] = {
    "tapes": _read_names,
    "states": read_states,
    "operands": _read_operands,
    "longest_input": int,
    "longest_output": int,
    "checked": int,
    "right": int,
    "domain": lambda name: Domain[name.upper()],
}
