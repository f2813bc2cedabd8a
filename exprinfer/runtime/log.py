"""What the package tells through ``logging``: an event and its fields, and no expression ever.

The loggers are named for the modules, below ``exprinfer``; none of them writes anything until the
program that embeds the package sets up logging.
"""

from __future__ import annotations

import logging

logging.getLogger("exprinfer").addHandler(logging.NullHandler())


def log_event(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Log ``event: name=value ...``; the record has ``event`` and, as a dict, ``fields`` too."""
    if logger.isEnabledFor(level):
        shown = " ".join(f"{name}={value!a}" for name, value in fields.items())
        extra = {"event": event, "fields": fields}
        logger.log(level, "%s: %s", event, shown, extra=extra, stacklevel=2)
