"""``exprinfer score --isolate``: files of strangers take no more memory or time than allowed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")

PATIENCE = 60
MINUTES = "9" * 1_024 + "/1" * 512


def score(*arguments: object, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exprinfer", "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, input=text, timeout=PATIENCE)


def test_an_isolated_run_gives_the_same_results_and_exit_code(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("5+3\n12*345\n1/0\n")
    plain, isolated = score(source), score("--isolate", source)
    assert (isolated.stdout, isolated.returncode) == (plain.stdout, 1)
    assert "division_by_zero 1" in isolated.stderr
    assert score("--isolate", "-", text="5+3\n").stdout == "5+3 = 8\n"
    assert score("--isolate", tmp_path / "missing.txt").returncode == 2


def test_a_file_that_unfolds_in_memory_is_an_error(tmp_path: Path) -> None:
    """A kilobyte unfolds to a gigabyte."""
    source, output = tmp_path / "bomb.parquet", tmp_path / "out.csv"
    note = pa.DictionaryArray.from_arrays(np.zeros(100, np.int32), ["9" * 10_000_000])
    table = pa.table({"expression": ["5+3"] * 100, "note": note})
    pq.write_table(table, source, compression="zstd", store_schema=False)
    assert source.stat().st_size < 10_000
    finished = score("--isolate", "--isolate-memory", 0.9, source, "--output", output)
    assert (finished.returncode, finished.stderr) == (2, "Error: out of memory\n")
    assert list(tmp_path.iterdir()) == [source]


def test_an_isolated_run_ends_with_its_processor_time() -> None:
    finished = score("--isolate", "--isolate-seconds", 2, "-", text=MINUTES)
    assert finished.returncode == 2
    assert "Error: the isolated process used its 2 s of processor time" in finished.stderr


def test_a_crash_of_the_isolated_process_is_an_error(tmp_path: Path) -> None:
    program = f"""
import os, signal, sys
from exprinfer.cli import isolation, main
isolation._PROGRAM = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
main(["score", "--isolate", {str(tmp_path)!r}])
"""
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert finished.returncode == 2
    assert "was ended by SIGSEGV; it may use 4 GiB of memory" in finished.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 2)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_ends_the_isolated_process_too(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "exprinfer", "score", "--isolate", "-"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write("5+3\n")
        process.stdin.flush()
        assert process.stdout.readline() == "5+3 = 8\n"
        process.stdin.write(f"{MINUTES}\n")
        process.stdin.flush()
        time.sleep(0.2)
        process.send_signal(number)
        _, error = process.communicate(timeout=PATIENCE)  # until the child has closed them too
    finally:
        process.kill()
    assert process.returncode == code
    assert ("interrupted" if number == signal.SIGINT else "ended by SIGTERM") in error


def test_ray_cannot_be_isolated(tmp_path: Path) -> None:
    finished = score("--isolate", "--ray", "local", tmp_path, "--output", tmp_path / "out")
    assert finished.returncode == 2
    assert "--ray cannot be combined with --isolate" in finished.stderr
