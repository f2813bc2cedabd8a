"""The record of the inference beside a model file: what its states were found from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.files import write_atomically
from training.model_file import read_metadata

FILE = "inference.json"


def write_record(file: Path, record: dict[str, Any]) -> None:
    """Write the record beside a model file, with the hash of the weights that it belongs to."""
    record = {**record, "weights_sha256": read_metadata(file)["weights_sha256"]}
    path = file.with_name(FILE)
    write_atomically(path, (json.dumps(record, indent=2) + "\n").encode())


def read_record(file: Path) -> dict[str, Any]:
    """Read the record beside a model file.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it belongs to other weights.
    """
    path = file.with_name(FILE)
    if not path.is_file():
        raise FileNotFoundError(f"no record {path}; export writes it")
    record: dict[str, Any] = json.loads(path.read_text())
    if record["weights_sha256"] != read_metadata(file)["weights_sha256"]:
        raise ValueError(f"{path} belongs to other weights than those in {file}; export again")
    return record


def sentence(record: dict[str, Any]) -> str:
    """Say what was given and what was found."""
    return (
        f"States given: {record['states_given']} of {record['states_found']}. "
        f"{record['states_found']} states and {record['transitions']:,} transitions were inferred "
        f"from the visible workings of {record['expressions']:,} expressions and "
        f"{record['questions']:,} questions. No expression showed "
        f"{record['transitions_that_no_expression_showed']:,} of the transitions; the comparison "
        "with the teacher supplied them."
    )
