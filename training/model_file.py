"""Write ONNX models with their metadata and their checksum, as the file contract asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx

from exprinfer.runtime.checksum import KEY, with_checksum
from training.files import write_atomically


def write_model(file: Path, model: onnx.ModelProto, metadata: Mapping[str, str]) -> None:
    """Write a model with its metadata and a new checksum, completely or not at all."""
    onnx.helper.set_model_props(model, {k: v for k, v in metadata.items() if k != KEY})
    write_atomically(file, with_checksum(model.SerializeToString()))


def read_metadata(file: Path) -> dict[str, str]:
    """Return the metadata of a file."""
    return {entry.key: entry.value for entry in onnx.load(file).metadata_props}


def update_metadata(file: Path, changes: Mapping[str, str]) -> None:
    """Change entries of a file's metadata; the graph and the weights stay as they are."""
    write_model(file, onnx.load(file), {**read_metadata(file), **changes})
