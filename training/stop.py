"""Stop a run at the end of an update when a signal asks for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: The signals of Ctrl-C and of a plain ``kill``.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):  # noqa: N818
    """A run was stopped by a signal, after its checkpoint was written.

    Attributes:
        exit_status: The status with which a process that was stopped by the signal exits.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_status = 128 + number


class StopRequest:
    """Whether a signal has asked to stop.

    Attributes:
        number: The signal, or 0.
    """

    number = 0


@contextmanager
def catch_signals() -> Iterator[StopRequest]:
    """Note the first signal in place of stopping at once; a second one stops at once.

    Outside the main thread, where Python has no signals, nothing is changed.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        request.number = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    for number in SIGNALS:
        if before[number] is not signal.SIG_IGN:  # nohup and the like
            signal.signal(number, note)
    try:
        yield request
    finally:
        restore()
