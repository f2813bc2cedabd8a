"""Render the ``Example:`` sections of docstrings as code.

The Google style has both ``Example:`` and ``Examples:``; griffe, which reads the docstrings for
mkdocstrings, shows only the second one as code.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object


class ExampleSections(Extension):
    """Treat ``Example:`` like ``Examples:``."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the title of the section in an object's docstring."""
        if obj.docstring:
            text = obj.docstring.value
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", text, flags=re.MULTILINE)
