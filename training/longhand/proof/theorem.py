"""What the certificate records of the independent checker and of the theorem in Coq.

Both are in the folder ``proof`` beside the model file. The checker is run; the theorem is not
compiled here, because that takes minutes and Coq. Its files are recorded by their hashes instead,
and ``check.sh`` in that folder compiles them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from training.certificate import sha256

THEOREM = "longhand_correct"


def check_table(model: Path) -> dict[str, Any] | None:
    """Run the checker on a model file; return what is recorded, None if there is no checker.

    Raises:
        ClickException: If the checker refuses the file, or the files of the theorem are about
            another table or lack the theorem.
    """
    folder = model.parent / "proof"
    checker = folder / "checker.py"
    if not checker.is_file():
        return None
    arguments = [sys.executable, str(checker), str(model)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{checker} {done.stderr.strip()}")
    table = re.search("^SHA-256 of the table: (.*)$", done.stdout, re.MULTILINE)
    if not table or f'table_sha256 := "{table[1]}"' not in _text(folder / "transitions.v"):
        raise click.ClickException(f"{folder / 'transitions.v'} is another table than the model's")
    if f"Theorem {THEOREM} " not in _text(folder / "Main.v"):
        raise click.ClickException(f"{folder / 'Main.v'} has no theorem {THEOREM}")
    return {
        "checker": {
            "file": checker.name,
            "sha256": sha256(checker),
            "result": done.stdout.splitlines()[0],
            "table_sha256": table[1],
        },
        "theorem": {
            "name": THEOREM,
            "file": "Main.v",
            "files_sha256": {path.name: sha256(path) for path in sorted(folder.glob("*.v"))},
            "check": "check.sh compiles these files; certify does not",
        },
    }


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
