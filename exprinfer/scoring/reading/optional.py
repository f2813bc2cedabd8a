"""Import pyarrow when it is first needed: lines of text are scored without it."""

from __future__ import annotations

from typing import Any


def require_pyarrow() -> Any:
    """Import and return pyarrow.

    Raises:
        ExtraMissingError: If it is not installed.
    """
    import exprinfer.arrow  # raises the error  # noqa: F401

    # isort: split
    import pyarrow

    return pyarrow
