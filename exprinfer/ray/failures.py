"""Say why something failed in Ray."""

from __future__ import annotations

import re

#: The line of a traceback that names an error.
_REASON = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Invalid)): (.*)$", re.MULTILINE)


def root_cause(error: BaseException) -> BaseException:
    """Return the error in the worker that led to an error of Ray."""
    while isinstance(cause := getattr(error, "cause", None) or error.__cause__, BaseException):
        error = cause
    return error


def explain(error: BaseException) -> str:
    """Return the cause of a failure in one line.

    Example:
        >>> explain(OSError("disk full"))
        'OSError: disk full'
    """
    error = root_cause(error)
    text = str(error).strip()
    name = type(error).__name__
    if type(error).__module__.startswith("ray"):
        # It quotes the traceback of the worker, whose last error is the cause.
        if found := _REASON.findall(text):
            return ": ".join(found[-1])
        return " ".join(text.split()) or name
    return f"{name}: {text.splitlines()[0]}" if text else name
