"""The option ``--isolate``: run a command again in a child process whose resources are limited.

The limits hold for everything that reads the input: Python, Arrow and ONNX Runtime. They are set
before the child imports any of these.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType

import click

#: What the child executes.
_PROGRAM = "from exprinfer.cli.isolation import run_limited; run_limited()"
#: Seconds that the child has to end by itself after Ctrl-C, which the terminal sends to it too.
_GRACE = 1.0

#: Whether this process is such a child.
is_child = False


class Crashed(click.ClickException):
    """The child did not end by itself."""

    exit_code = 2


def run_isolated(arguments: list[str], memory: float, seconds: int | None) -> int:
    """Run ``exprinfer`` with these arguments in a child process, and return its exit code.

    Args:
        arguments: The arguments, as they were given.
        memory: Address space that the child may use, in GiB.
        seconds: Processor time that it may use; None means no limit.

    Raises:
        UsageError: If the system has no such limits.
        ClickException: If a signal ended the child.
    """
    if sys.platform == "win32":
        raise click.UsageError("--isolate needs the resource limits of Linux")
    limits = [str(int(memory * 2**30)), str(seconds or 0)]
    child = subprocess.Popen([sys.executable, "-c", _PROGRAM, *limits, *arguments])

    def forward(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    previous = signal.signal(signal.SIGTERM, forward)
    try:
        code = _wait(child)
    finally:
        signal.signal(signal.SIGTERM, previous)
        child.kill()
    if code >= 0:
        return code
    name = signal.Signals(-code).name
    if -code == signal.SIGXCPU:
        raise Crashed(f"the isolated process used its {seconds} s of processor time ({name})")
    raise Crashed(
        f"the isolated process was ended by {name}; it may use {memory:g} GiB of memory, see "
        "--isolate-memory"
    )


def _wait(child: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            try:
                return child.wait(_GRACE)
            except subprocess.TimeoutExpired:  # the signal was sent to this process only
                child.send_signal(signal.SIGINT)


def run_limited() -> None:
    """Set the limits of this process, and run the command."""
    if sys.platform != "win32":  # for type checkers; no child is started there
        import resource

        memory, seconds = map(int, sys.argv[1:3])
        _limit(resource.RLIMIT_AS, memory)
        _limit(resource.RLIMIT_CORE, 0)
        if seconds:
            _limit(resource.RLIMIT_CPU, seconds)
    from exprinfer.cli.main import main

    global is_child
    is_child = True
    main(sys.argv[3:], prog_name="exprinfer")


def _limit(kind: int, value: int) -> None:
    """Lower a limit; the system's own stays if it is lower."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, hard))
