"""Time and memory of whole processes."""

from __future__ import annotations

import subprocess
import sys

from bench.timing import seconds

#: Runs its arguments as a command and prints the peak memory of that process in kilobytes.
_PRINT_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, "
    "check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def wall_time(command: list[str]) -> float:
    """Return how many seconds the command takes, from start to end.

    Raises:
        subprocess.CalledProcessError: If the command fails.
    """
    return seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))


def peak_memory(command: list[str]) -> float:
    """Run the command and return the peak memory of its process in megabytes.

    Raises:
        subprocess.CalledProcessError: If the command fails.
    """
    words = [sys.executable, "-c", _PRINT_PEAK, *command]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1_024
