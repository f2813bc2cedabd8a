"""Structured logging: an event name and its fields, and never an expression.

The loggers are named after the modules, below ``exprinfer``. They write nothing until the program
that uses the package sets up ``logging``.
"""

from __future__ import annotations

import logging

logging.getLogger("exprinfer").addHandler(logging.NullHandler())


def log_event(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Log ``event: name=value ...``; the record also has ``event`` and ``fields``, a dict."""
    if logger.isEnabledFor(level):
        shown = " ".join(f"{name}={value!a}" for name, value in fields.items())
        extra = {"event": event, "fields": fields}
        logger.log(level, "%s: %s", event, shown, extra=extra, stacklevel=2)
