"""End the calls of ONNX Runtime that are running, from another thread.

ONNX Runtime looks at a flag before each operator, also in the body of a loop. So a call ends
within milliseconds after the flag was set, and its session can be used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from exprinfer.runtime.ort import run_options

#: Longest time of a timer, in seconds; no limit beyond it is ever reached.
_LONGEST = 1e6


class Stop:
    """Ends the calls of ONNX Runtime that were made with its options.

    Attributes:
        is_set: Whether they were ended. It stays so: further calls end at once.
        options: The run options to make a call with.
    """

    def __init__(self) -> None:
        """Make the options; they cost about a microsecond."""
        self.is_set = False
        self.options = run_options()
        self._inner: set[Stop] = set()

    def set(self) -> None:
        """End the calls."""
        self.is_set = True
        self.options.terminate = True
        for stop in tuple(self._inner):
            stop.set()

    @contextmanager
    def after(self, seconds: float | None) -> Iterator[Stop]:
        """Yield a Stop that is set with this one, or after a time.

        Args:
            seconds: The time; None means never.

        Raises:
            RuntimeError: If the system allows no more threads.
        """
        if seconds is None:
            yield self
            return
        stop = Stop()
        self._inner.add(stop)
        if self.is_set:  # perhaps before it was added
            stop.set()
        timer = Timer(min(seconds, _LONGEST), stop.set)
        timer.daemon = True
        timer.start()
        try:
            yield stop
        finally:
            timer.cancel()
            self._inner.discard(stop)
