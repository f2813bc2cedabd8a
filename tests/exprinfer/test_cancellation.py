"""Work that takes minutes ends at once: on Ctrl-C, close(cancel=True), cancellation and exit.

The expression below takes minutes. A test whose work is not ended fails by its timeout.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import exprinfer
from exprinfer import ClosedError, Evaluator, Prediction, TooCostlyError
from exprinfer.aio import MicroBatcher
from exprinfer.runtime.session import Session

MINUTES = "9" * 1_024 + "/1" * 512
TEXTS = ["5+3", "123*456", "77777*(3-5)"]
ANSWERS = ["8", "56088", "-155554"]
#: Seconds after which a process counts as hanging; the work alone takes longer.
PATIENCE = 60
#: What a program prints when its session has begun to work.
BEGUN = "begun"
_ANNOUNCE = f"""
import exprinfer, os, sys, threading, time
from exprinfer.runtime.session import Session
fetch = Session.fetch
def announce(self, names, feed, *stop):
    if feed["tokens"].shape[1] > 1_000:
        threading.Timer(0.1, os.write, (2, b"{BEGUN}\\n")).start()
    return fetch(self, names, feed, *stop)
Session.fetch = announce
MINUTES = {MINUTES!r}
"""
_COMMAND = (
    _ANNOUNCE
    + """
from exprinfer.cli import main
main(sys.argv[1:])
"""
)


@pytest.fixture
def evaluator() -> Iterator[Evaluator]:
    with exprinfer.load(device="cpu", threads=2) as evaluator:
        yield evaluator


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Return an event that is set when a session has begun with the long work."""
    event, fetch = threading.Event(), Session.fetch

    def announced(self: Session, names: Any, feed: Any, stop: Any = None) -> Any:
        if feed["tokens"].shape[1] > 1_000:
            threading.Timer(0.1, event.set).start()
        return fetch(self, names, feed, stop)

    monkeypatch.setattr(Session, "fetch", announced)
    return event


def interrupt(
    program: str, *arguments: str, times: int = 1, events: int = 1
) -> tuple[int, str, str]:
    """Run a program, press Ctrl-C after some events, and return its exit code and output."""
    command = [sys.executable, "-c", program, *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stderr
    try:
        while events:
            line = process.stderr.readline()
            assert line, "it ended before it was interrupted"
            events -= BEGUN in line
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, out, err


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_ends_the_command_evaluate(times: int) -> None:
    """Further signals may come when Python has already given up its own handler."""
    code, _, error = interrupt(_COMMAND, "evaluate", MINUTES, times=times)
    assert "interrupted" in error or times > 1
    assert code in ([130] if times == 1 else [130, -signal.SIGINT])


#: The first results have been written, and the second block is being evaluated.
_SCORE = f"""
from exprinfer.scoring.writing.checkpoint import Output
write = Output.write
def announce_write(self, batch, position):
    write(self, batch, position)
    import os
    os.write(2, b"{BEGUN}\\n")
Output.write = announce_write
{_COMMAND}
"""


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_ends_the_command_score_and_keeps_the_results_so_far(
    tmp_path: Path, times: int
) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("5+3\n" * 70_000 + MINUTES + "\n")
    arguments = ("score", str(source), "--output", str(output))
    code, _, error = interrupt(_SCORE, *arguments, times=times, events=2)
    assert code in ([130] if times == 1 else [130, -signal.SIGINT])
    assert "Traceback" not in error or times > 1
    assert not output.exists()
    if times == 1:
        assert "the results of 65,536 lines are kept" in error


@pytest.mark.parametrize(
    "call",
    [
        "exprinfer.load(device='cpu').evaluate(MINUTES)",
        "exprinfer.load(device='cpu').evaluate_many(['5+3', MINUTES])",
        "list(exprinfer.load(device='cpu').stream(['5+3', MINUTES]))",
        "exprinfer.load('longhand', 'cpu', threads=1).evaluate_batch([MINUTES] * 3)",
    ],
)
def test_ctrl_c_ends_a_call(call: str) -> None:
    code, _, error = interrupt(_ANNOUNCE + call)
    assert code in (1, -signal.SIGINT)  # as Python reports a KeyboardInterrupt
    assert "KeyboardInterrupt" in error


def test_the_same_answers_after_ctrl_c() -> None:
    program = f"""{_ANNOUNCE}
evaluator = exprinfer.load(device="cpu")
texts = {TEXTS!r}
before = evaluator.evaluate_batch(texts)
try:
    evaluator.evaluate(MINUTES)
except KeyboardInterrupt:
    after = evaluator.evaluate_batch(texts)
    print(*after.answers, (after.log_probs == before.log_probs).all())
"""
    code, out, _ = interrupt(program)
    assert (code, out.split()) == (0, [*ANSWERS, "True"])


def test_close_with_cancel_ends_the_calls_of_other_threads(
    evaluator: Evaluator, begun: threading.Event
) -> None:
    before = evaluator.evaluate_batch(TEXTS).answers.tolist()
    calls: list[Callable[[], Any]] = [
        lambda: evaluator.evaluate(MINUTES),
        lambda: evaluator.evaluate_batch(["5+3", MINUTES, *[MINUTES[2:]] * 2]),
        lambda: list(evaluator.stream(["5+3", MINUTES])),
    ]
    outcomes: list[BaseException | None] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    assert begun.wait(PATIENCE)
    end = time.monotonic() + PATIENCE
    while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
        evaluator.close(cancel=True)
        time.sleep(0.01)
    assert [type(outcome) for outcome in outcomes] == [ClosedError] * 3
    assert evaluator.evaluate_batch(TEXTS).answers.tolist() == before == ANSWERS


def test_an_exception_in_the_block_ends_the_calls_of_other_threads(begun: threading.Event) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        with pytest.raises(ClosedError) as caught:
            shared.evaluate(MINUTES)
        errors.append(caught.value)

    thread = threading.Thread(target=run, daemon=True)
    with suppress(KeyError), exprinfer.load(device="cpu") as shared:
        thread.start()
        assert begun.wait(PATIENCE)
        raise KeyError
    thread.join(PATIENCE)
    assert errors


def test_the_end_of_the_process_ends_what_daemon_threads_compute() -> None:
    program = f"""{_ANNOUNCE}
def run():
    try:
        evaluator.evaluate(MINUTES)
    finally:
        print("ended")
evaluator = exprinfer.load(device="cpu")
threading.Thread(target=run, daemon=True).start()
time.sleep(1)
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (finished.returncode, finished.stdout) == (0, "ended\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_does_not_wait_for_calls_of_its_parent(
    evaluator: Evaluator, begun: threading.Event
) -> None:
    def run() -> None:
        with pytest.raises(ClosedError):
            evaluator.evaluate(MINUTES)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(PATIENCE)
    if (pid := os.fork()) == 0:
        os._exit(len(evaluator._engine._stops))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    evaluator.close(cancel=True)
    thread.join(PATIENCE)
    assert not thread.is_alive()


async def _until_idle(batcher: MicroBatcher) -> None:
    async with asyncio.timeout(PATIENCE):
        while batcher._running:
            await asyncio.sleep(0.005)


def test_a_costly_request_does_not_delay_quick_ones_and_stops_with_its_caller(
    evaluator: Evaluator,
) -> None:
    async def main() -> None:
        async with MicroBatcher(evaluator, max_steps=None, timeout=None) as batcher:
            patient = asyncio.create_task(asyncio.wait_for(batcher.evaluate(MINUTES), None))
            for _ in range(5):
                found = await asyncio.gather(*map(batcher.evaluate, [*TEXTS, *TEXTS]))
                assert [prediction.answer for prediction in found] == [*ANSWERS, *ANSWERS]
                assert not patient.done()
            patient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await patient
            await _until_idle(batcher)  # the work has ended too
            assert (await batcher.evaluate("99999*77777")).value == 99_999 * 77_777

    asyncio.run(main())


def test_closing_with_cancel_refuses_what_is_running(evaluator: Evaluator) -> None:
    async def main() -> None:
        batcher = MicroBatcher(evaluator, max_steps=None, timeout=None)
        tasks = [asyncio.create_task(batcher.evaluate(text)) for text in [MINUTES] * 3]
        while not any(batch.costly for batch in batcher._running):
            await asyncio.sleep(0.01)
        async with asyncio.timeout(PATIENCE):
            await batcher.close(cancel=True)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ClosedError] * 3

    asyncio.run(main())


def test_a_batcher_has_a_budget_by_default_and_the_stricter_one_holds(evaluator: Evaluator) -> None:
    # With a bracket, nothing is known of its steps before it is computed.
    bracket = f"({'9' * 1_000}){'/1' * 500}"

    async def main() -> None:
        async with MicroBatcher(evaluator, timeout=0.1) as batcher:
            with pytest.raises(TooCostlyError, match=r"it was not done in 0\.1 s"):
                await batcher.evaluate(bracket)
            with pytest.raises(TooCostlyError, match="100,000 steps"):
                await batcher.evaluate(MINUTES)
        async with MicroBatcher(evaluator, max_steps=3_000) as batcher:
            with pytest.raises(TooCostlyError, match="3,000 steps"):
                await batcher.evaluate(bracket)
        strict = exprinfer.load(device="cpu", max_steps=2_000)
        async with MicroBatcher(strict, max_symbols=4_000) as batcher:
            with pytest.raises(TooCostlyError, match="2,000 steps"):
                await batcher.evaluate(bracket)
        assert MicroBatcher(evaluator)._limits.max_steps
        assert MicroBatcher(evaluator)._limits.timeout

    asyncio.run(main())


def test_costly_requests_take_a_quarter_of_the_queue(evaluator: Evaluator) -> None:
    async def main() -> None:
        limits = {"max_steps": None, "timeout": None}
        batcher = MicroBatcher(evaluator, max_queue=8, when_full="refuse", **limits)  # type: ignore[arg-type]
        tasks = [asyncio.create_task(batcher.evaluate(MINUTES)) for _ in range(5)]
        done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED", timeout=PATIENCE)
        for task in done:
            assert "too many costly requests" in str(task.exception())
        assert (await batcher.evaluate("5+3")).value == 8
        await batcher.close(cancel=True)
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())


def test_a_microbatcher_answers_costly_requests(evaluator: Evaluator) -> None:
    texts = ["9" * 30 + "*" + "8" * 30, "5+3", "7" * 40 + "*" + "6" * 20, "1/0"]

    async def main() -> None:
        async with MicroBatcher(evaluator) as batcher:
            found = await asyncio.gather(*map(batcher.evaluate, texts), return_exceptions=True)
        values = [p.value if isinstance(p, Prediction) else type(p) for p in found]
        assert values == [*(eval(text) for text in texts[:3]), exprinfer.DivisionByZeroError]

    asyncio.run(main())
