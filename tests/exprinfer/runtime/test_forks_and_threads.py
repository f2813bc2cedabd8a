"""Forks under load, signal handlers that evaluate, and threads that outlive the main thread."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

import exprinfer
from exprinfer.runtime.model_file import find
from exprinfer.runtime.session import Session
from exprinfer.runtime.threads import Job, ThreadPool
from tests.endurance import fork_under_load, wait_for

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

FORKS, PATIENCE = 40, 30


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in another process; the test fails if it hangs."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def test_forked_children_answer_while_threads_of_the_parent_evaluate() -> None:
    """``python -m tests.endurance forks`` makes a thousand."""
    assert fork_under_load(FORKS) == {0: FORKS}


def test_a_forked_child_opens_its_own_session() -> None:
    """The content is kept, so it does not matter what became of the file."""
    session = Session(find("gist"), "cpu")
    before = session._session
    session.path = Path("gone.onnx")
    if (pid := os.fork()) == 0:
        session.fetch(["answer"], {"tokens": np.ones((1, 11), np.int64)})
        os._exit(0 if session._session is not before else 3)
    assert wait_for([pid]) == [0]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_handler_may_evaluate(threads: int) -> None:
    """The timer interrupts the same evaluator at any point of its work, hundreds of times."""
    program = f"""
import exprinfer, signal, time
evaluator = exprinfer.load(device="cpu", threads={threads}, batch_size=8)
texts = [f"{{n}}+{{n}}" for n in range(10, 60)]
expected = [str(2 * n) for n in range(10, 60)]
handled = []
def handler(*_):
    handled.append(evaluator.evaluate_batch(texts).answers.tolist() == expected)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
end = time.monotonic() + 4
while time.monotonic() < end:
    assert evaluator.evaluate_batch(texts).answers.tolist() == expected
signal.setitimer(signal.ITIMER_REAL, 0)
print(all(handled) and len(handled) > 20)
"""
    assert run(program).stdout == "True\n"


def test_threads_that_a_signal_handler_starts_while_others_start_end_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool, start = ThreadPool(1), Thread.start
    first = [True]

    def interrupted(worker: Thread) -> None:
        start(worker)
        if first:
            first.clear()
            Job(lambda: None).start(pool)  # as a signal handler does

    monkeypatch.setattr(Thread, "start", interrupted)
    job = Job(lambda: 7)
    job.start(pool)
    monkeypatch.undo()
    assert job.result() == 7
    closing = Thread(target=pool.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()


def test_a_thread_that_outlives_the_main_thread_gets_its_answers() -> None:
    program = """
import exprinfer, threading
evaluator = exprinfer.load(device="cpu", threads=2, batch_size=8)
def late():
    threading.main_thread().join()
    result = evaluator.evaluate_batch([f"{n}+{n}" for n in range(10, 60)])
    print(result.answers.tolist() == [str(2 * n) for n in range(10, 60)])
threading.Thread(target=late).start()
"""
    finished = run(program)
    assert (finished.stdout, finished.stderr, finished.returncode) == ("True\n", "", 0)


def test_an_evaluation_at_exit_is_answered() -> None:
    program = """
import atexit, exprinfer
texts = [f"{n}+{n}" for n in range(10, 60)]
atexit.register(lambda: print(evaluator.evaluate_batch(texts).answers[-1]))
evaluator = exprinfer.load(device="cpu", threads=2, batch_size=8)
evaluator.evaluate_batch(texts)
"""
    finished = run(program)
    assert (finished.stdout, finished.returncode) == ("118\n", 0)


def test_without_threads_of_its_own_it_evaluates_on_the_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    evaluator = exprinfer.load(device="cpu", threads=2, batch_size=8)
    assert evaluator.evaluate_batch([f"{n}+{n}" for n in range(10, 60)]).answers[-1] == "118"
