"""The contract of a model file: find one, read it whole, and verify what it says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exprinfer.errors import ModelFileError, ModelNotFoundError
from exprinfer.language.grammar import Domain
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.checksum import read_sealed

FORMAT_VERSION = "1"

#: Symbols that a model may take or give: the most digits that Python's integers are read from.
MOST_SYMBOLS = 4_300

#: The certified models: the narrower domain and the faster model first.
DEFAULT = ("exact", "longhand")

#: In a wheel the models lie inside the package, in a checkout beside it.
_PACKAGE = Path(__file__).parent.parent
_HOMES = (_PACKAGE / "models", _PACKAGE.parent / "models")


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says of itself in its ``metadata_props``, one key a field."""

    format_version: str
    """Version of this contract."""
    name: str
    version: str
    alphabet: str
    """The symbols in the order of their token ids, the padding symbol first."""
    longest_input: int
    """In symbols."""
    longest_output: int
    """In symbols."""
    domain: Domain
    """The expressions that the model is made for."""
    certified_domain: Domain
    """The expressions on which it is verified to be right, one by one or by proof."""
    checked: int
    """How many expressions of its domain were checked through this file."""
    right: int
    """How many of them were right."""
    exact_match: str
    """The share right per operator and form, as JSON; empty before certification."""
    recipe: str
    """The training recipe and its seeds, as JSON."""
    weights_sha256: str
    """SHA-256 over the names and bytes of the fitted weights that the file was made from."""
    file_sha256: str
    """SHA-256 over all of the file that stands before this entry; see ``exprinfer.runtime.checksum``."""
    tapes: tuple[str, ...] = ()
    """The names of the tapes that the model works on, if it is one that does."""
    certified_on: tuple[str, ...] = ("cpu",)
    """The devices on which it was verified; elsewhere no answer counts as certified."""
    memories: tuple[str, ...] = ()
    """What each code of its memory stands for in its teacher, in the order of the codes."""

    @classmethod
    def read(cls, metadata: Mapping[str, str], path: Path) -> ModelInfo:
        """Read a file's metadata; raises ModelFileError where they do not keep the contract."""
        version = metadata.get("format_version")
        if version != FORMAT_VERSION:
            raise ModelFileError(
                f"{path} has format version {version!r}, this package reads {FORMAT_VERSION!r}"
            )
        try:
            described = cls(
                **{
                    name: _READERS.get(name, str)(metadata[name])
                    for name in cls.__dataclass_fields__
                    if name in metadata or name not in _OPTIONAL
                }
            )
        except KeyError as error:
            raise ModelFileError(f"{path} lacks or misnames {error} in its metadata") from error
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{path} has metadata that cannot be read: {error}") from error
        described._verify(path)
        return described

    def _verify(self, path: Path) -> None:
        if self.alphabet != SYMBOLS:
            raise ModelFileError(f"{path} has alphabet {self.alphabet!r}, expected {SYMBOLS!r}")
        if self.certified_domain != Domain.NONE and not 0 < self.checked == self.right:
            raise ModelFileError(
                f"{path} claims to be certified with {self.right} of {self.checked} right"
            )
        if self.certified_domain > self.domain:
            raise ModelFileError(f"{path} claims to be certified beyond its own domain")
        for key in ("longest_input", "longest_output"):
            if not 0 < getattr(self, key) <= MOST_SYMBOLS:
                raise ModelFileError(
                    f"{path} has {key} {getattr(self, key)}, not 1..{MOST_SYMBOLS:,}"
                )


def _names(text: str) -> tuple[str, ...]:
    names = json.loads(text)
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ValueError(f"{text[:40]!r} is no list of names")
    return tuple(names)


_OPTIONAL = ("tapes", "memories", "certified_on")
_READERS: dict[str, Callable[[str], Any]] = {
    "tapes": _names,
    "memories": _names,
    "certified_on": _names,
    "longest_input": int,
    "longest_output": int,
    "checked": int,
    "right": int,
    "domain": lambda name: Domain[name.upper()],
    "certified_domain": lambda name: Domain[name.upper()],
}


def find(model: str | Path) -> Path:
    """The file of a shipped model, or the file at that path.

    Raises ModelNotFoundError, which names the shipped models, where there is none.
    """
    files = shipped()
    if str(model) in files:
        return files[str(model)]
    path = Path(model)
    if path.suffix == ".onnx" and path.is_file():
        return path
    if path.suffix == ".onnx":
        raise ModelNotFoundError(f"no model file {path}")
    raise ModelNotFoundError(
        f"no model {str(model)!r}: there are {', '.join(files) or 'none'}; "
        "or give the path of an .onnx file"
    )


#: How a tensor names the file that its values are in, however protobuf may write the lengths.
_LOCATION = re.compile(rb"(\x0a|\x8a\x80*\x00)(\x08|\x88\x80*\x00)location")


def read(path: Path) -> bytes:
    """The bytes of a model file, as they were sealed, and all that there is to the model.

    Raises ModelFileError where the file is damaged, or would have ONNX Runtime read another file or
    memory as its weights; OSError where it cannot be read.
    """
    content = read_sealed(path)
    if b"location" in content and _LOCATION.search(content):  # the first alone is much faster
        raise ModelFileError(
            f"{path} keeps weights in another file (external data); save it as one file"
        )
    return content


def find_for_cuda(model: str | Path) -> Path:
    """The file of a shipped model for CUDA, where it has one of its own; else what ``find`` gives.

    A file that is asked for by its path is always that file.
    """
    path = find(model)
    own = path.with_name("cuda.onnx")
    return own if str(model) in shipped() and own.is_file() else path


def default_models() -> list[str]:
    """The shipped models that answer by default, the first to be asked first."""
    files = shipped()
    return [name for name in DEFAULT if name in files]


def shipped() -> dict[str, Path]:
    """The shipped models' files by name."""
    home = next((home for home in _HOMES if home.is_dir()), None)
    return {file.parent.name: file for file in sorted(home.glob("*/model.onnx"))} if home else {}
