"""Find a model file and read it whole."""

from __future__ import annotations

import re
from pathlib import Path

from exprinfer.errors import ModelFileError, ModelNotFoundError
from exprinfer.runtime.checksum import VerifiedFile, read_verified

#: The models that answer by default: the narrower domain and the faster model first.
DEFAULT = ("exact", "longhand")

#: In a wheel the models lie inside the package, in a checkout beside it.
_PACKAGE = Path(__file__).parent.parent
_FOLDERS = (_PACKAGE / "models", _PACKAGE.parent / "models")


def shipped_folder() -> Path | None:
    """Return the folder of the shipped models; None if there is none."""
    return next((folder for folder in _FOLDERS if folder.is_dir()), None)


def shipped() -> dict[str, Path]:
    """Return the files of the shipped models by name."""
    folder = shipped_folder()
    if folder is None:
        return {}
    return {file.parent.name: file for file in sorted(folder.glob("*/model.onnx"))}


def default_models() -> list[str]:
    """Return the names of the models that answer by default, in the order they are asked."""
    files = shipped()
    return [name for name in DEFAULT if name in files]


def chosen_models(model: str | Path) -> list[str | Path]:
    """Return the models that ``exprinfer.load(model)`` opens: the default ones for ``"auto"``."""
    return [*default_models()] if model == "auto" else [model]


def find(model: str | Path) -> Path:
    """Return the file of a shipped model, or the file at a path.

    Raises:
        ModelNotFoundError: If there is no such model or file.
    """
    files = shipped()
    if str(model) in files:
        return files[str(model)]
    path = Path(model)
    if path.suffix == ".onnx" and path.is_file():
        return path
    if path.suffix == ".onnx":
        raise ModelNotFoundError(f"there is no model file {path}")
    raise ModelNotFoundError(
        f"there is no model {str(model)!r}; choose one of {', '.join(files) or 'none'}, "
        "or give the path of an .onnx file"
    )


def find_for_cuda(model: str | Path) -> Path:
    """Return the CUDA file of a shipped model if it has one, else what ``find`` returns.

    A file that is named by its path is always that file.
    """
    path = find(model)
    own = path.with_name("cuda.onnx")
    return own if str(model) in shipped() and own.is_file() else path


#: How a tensor names the file that holds its values, with any length encoding of protobuf.
_LOCATION = re.compile(rb"(\x0a|\x8a\x80*\x00)(\x08|\x88\x80*\x00)location")


def read(path: Path) -> VerifiedFile:
    """Read a model file, verify its checksum, and check that it is complete in itself.

    Raises:
        ModelFileError: If the file is damaged, or would make ONNX Runtime read its weights from
            another file or from memory.
        OSError: If the file cannot be read.
    """
    file = read_verified(path)
    # The plain search is much faster.
    if b"location" in file.content and _LOCATION.search(file.content):
        raise ModelFileError(
            f"{path} keeps weights in another file (external data); save it as one file"
        )
    return file
