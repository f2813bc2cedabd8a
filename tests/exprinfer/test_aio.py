"""Requests of many tasks are batched, and each gets its own answer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest

import exprinfer
from exprinfer import Evaluator, ExpressionError, NotTextError, Prediction, TooCostlyError
from exprinfer.aio import MicroBatcher
from exprinfer.errors import ClosedError, OverloadedError
from exprinfer.results import BatchResult
from training.expressions import sample

TEXTS = sample(2_000, seed=21).texts()
BAD = ["1/0", "", "1+x", "5+", 5, None]


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu")


class Gated(Evaluator):
    """Records its batches, and answers them once the gate is open."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.inner, self.gate, self.batches = evaluator, threading.Event(), list[list[str]]()
        self.limits = evaluator.limits

    def _evaluate_some(self, expressions: Any, *options: Any) -> tuple[BatchResult, list[int]]:
        self.batches.append(list(expressions))
        assert self.gate.wait(30)
        return self.inner._evaluate_some(expressions, *options)


@pytest.fixture
def gated(evaluator: Evaluator) -> Gated:
    return Gated(evaluator)


def within_seconds(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run to the end; if a request is never answered, the test fails instead of hanging."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await main()

    asyncio.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_each_of_a_thousand_clients_gets_its_own_answers(evaluator: Evaluator) -> None:
    """Answers, errors and cancellations are mixed; none is lost or given to another client."""
    texts: list[Any] = [*TEXTS, *BAD, "123456789*-987654321", "9" * 40 + "+1"]
    expected = {repr(p.expression): p for p in evaluator.evaluate_many(texts)}
    seen: list[tuple[bool, object]] = []
    counts = {"answered": 0, "refused": 0, "cancelled": 0}

    async def client(batcher: MicroBatcher, number: int) -> None:
        rng = Random(number)
        for _ in range(20):
            text: Any = rng.choice(BAD) if rng.random() < 0.05 else rng.choice(texts)
            prediction = expected[repr(text) if isinstance(text, str) else repr(repr(text))]
            patience = rng.choice([0, 0.001, 0.005]) if rng.random() < 0.1 else 60
            try:
                async with asyncio.timeout(patience):
                    answered = await batcher.evaluate(text)
            except TimeoutError:
                counts["cancelled"] += 1
            except ExpressionError as error:
                seen.append((error.code == getattr(prediction.error, "code", ""), text))
                counts["refused"] += 1
            else:
                result = answered.expression, answered.answer, answered.certified
                seen.append((result == (text, prediction.answer, prediction.certified), text))
                counts["answered"] += 1

    async def main() -> None:
        async with MicroBatcher(evaluator, max_batch=256, max_queue=700) as batcher:
            await asyncio.gather(*(client(batcher, number) for number in range(1_000)))

    within_seconds(main)
    assert [text for correct, text in seen if not correct] == []
    assert sum(counts.values()) == 20_000
    assert all(counts.values())


def test_a_batch_starts_when_it_is_full_or_due(gated: Gated) -> None:
    gated.gate.set()

    async def main() -> None:
        async with MicroBatcher(gated, max_batch=8, max_wait=1e9) as batcher:
            await asyncio.gather(*map(batcher.evaluate, TEXTS[:16]))  # full, so nothing waits
        async with MicroBatcher(gated, max_batch=8, max_wait=0.01) as batcher:
            await asyncio.gather(*map(batcher.evaluate, TEXTS[16:21]))

    within_seconds(main)
    assert gated.batches == [TEXTS[:8], TEXTS[8:16], TEXTS[16:21]]


def test_the_loop_is_free_while_a_batch_is_running(gated: Gated) -> None:
    async def main() -> None:
        async with MicroBatcher(gated, max_wait=0) as batcher:
            request = asyncio.create_task(batcher.evaluate("5+3"))
            await until(lambda: bool(gated.batches))
            await asyncio.sleep(0.01)  # the loop continues without the answer
            assert not request.done()
            gated.gate.set()
            assert (await request).value == 8

    within_seconds(main)


def test_cancelled_requests_leave_the_queue_and_do_not_affect_others(gated: Gated) -> None:
    async def main() -> None:
        async with MicroBatcher(gated, max_batch=4, max_wait=0, threads=1) as batcher:
            tasks = [asyncio.create_task(batcher.evaluate(text)) for text in TEXTS[:8]]
            await until(lambda: bool(gated.batches))  # four are running, four pending
            for task in tasks[::2]:
                task.cancel()
            await asyncio.wait(tasks[::2])
            assert len(batcher._pending) == 2
            gated.gate.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
        answered = [p.expression for p in outcomes if isinstance(p, Prediction)]
        assert answered == TEXTS[1:8:2]

    within_seconds(main)
    assert gated.batches == [TEXTS[:4], TEXTS[5:8:2]]


@pytest.mark.parametrize("cancel", [False, True])
def test_closing_answers_or_cancels_pending_requests(gated: Gated, cancel: bool) -> None:
    async def main() -> None:
        batcher = MicroBatcher(gated, max_batch=2, max_wait=1e9, max_queue=5, threads=1)
        tasks = [asyncio.create_task(batcher.evaluate(text)) for text in TEXTS[:7]]
        await until(lambda: bool(gated.batches))  # two running, three pending, two not accepted yet
        closing = asyncio.create_task(batcher.close(cancel))
        await asyncio.sleep(0.01)
        with pytest.raises(ClosedError):
            await batcher.evaluate("1+1")
        assert not closing.done()
        gated.gate.set()
        await closing
        await batcher.close()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds == [ClosedError if cancel else Prediction] * 7
        assert not any("exprinfer-aio" in thread.name for thread in threading.enumerate())

    within_seconds(main)


def test_closing_waits_for_a_batch_whose_callers_were_cancelled(gated: Gated) -> None:
    async def main() -> None:
        batcher = MicroBatcher(gated, max_wait=0)
        task = asyncio.create_task(batcher.evaluate("5+3"))
        await until(lambda: bool(gated.batches))
        task.cancel()
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        gated.gate.set()
        await closing

    within_seconds(main)


def test_an_exception_in_the_block_cancels_pending_requests(gated: Gated) -> None:
    async def main() -> None:
        async def leave() -> None:
            async with MicroBatcher(gated, max_wait=1e9) as batcher:
                tasks.append(asyncio.create_task(batcher.evaluate("5+3")))
                await asyncio.sleep(0.01)
                raise KeyError

        tasks: list[asyncio.Task[Prediction]] = []
        with pytest.raises(KeyError):
            await leave()
        with pytest.raises(ClosedError):
            await tasks[0]

    within_seconds(main)


def test_a_full_queue_waits_or_refuses(gated: Gated) -> None:
    async def main() -> None:
        patient = MicroBatcher(gated, max_wait=0, max_queue=3)
        strict = MicroBatcher(gated, max_wait=0, max_queue=3, when_full="refuse")
        for batcher in (patient, strict):
            tasks = [asyncio.create_task(batcher.evaluate(text)) for text in TEXTS[:3]]
            await asyncio.sleep(0)
            one_more = asyncio.create_task(batcher.evaluate("5+3"))
            await asyncio.sleep(0.01)
            assert one_more.done() == (batcher is strict)
            gated.gate.set()
            await asyncio.gather(*tasks)
            if batcher is patient:
                assert (await one_more).value == 8
            else:
                with pytest.raises(OverloadedError, match="try again later"):
                    await one_more
                assert (await batcher.evaluate("5+3")).value == 8  # there is room again
            await batcher.close()
            gated.gate.clear()

    within_seconds(main)


def test_an_exception_of_the_evaluator_fails_only_its_batch(evaluator: Evaluator) -> None:
    class Failing(Gated):
        def _evaluate_some(self, expressions: Any, *options: Any) -> Any:
            if "fail" in expressions:
                raise MemoryError("no memory left")
            return self.inner._evaluate_some(expressions, *options)

    async def main() -> None:
        async with MicroBatcher(Failing(evaluator), max_batch=2) as batcher:
            calls = map(batcher.evaluate, ["1+1", "fail", "2+2", "3+3"])
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds == [MemoryError, MemoryError, Prediction, Prediction]

    within_seconds(main)


def test_a_slow_batch_leaves_the_other_thread_free(evaluator: Evaluator) -> None:
    class Slow(Gated):
        def _evaluate_some(self, expressions: Any, *options: Any) -> Any:
            assert "9*9" not in expressions or self.gate.wait(30)
            return self.inner._evaluate_some(expressions, *options)

    async def main() -> None:
        slow = Slow(evaluator)
        async with MicroBatcher(slow, max_wait=0, threads=2) as batcher:
            request = asyncio.create_task(batcher.evaluate("9*9"))
            await asyncio.sleep(0.01)
            assert (await batcher.evaluate("5+3")).value == 8
            assert not request.done()
            slow.gate.set()
            assert (await request).value == 81

    within_seconds(main)


def test_a_batcher_serves_one_event_loop(evaluator: Evaluator) -> None:
    batcher = MicroBatcher(evaluator)
    assert asyncio.run(batcher.evaluate("5+3")).value == 8
    with pytest.raises(RuntimeError, match="one event loop"):
        asyncio.run(batcher.evaluate("5+3"))


def test_an_item_that_cannot_be_shown_fails_alone(evaluator: Evaluator) -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    items: list[Any] = [10**5_000, *TEXTS[:1_000], nested]

    async def main() -> None:
        async with MicroBatcher(evaluator, max_batch=2_000) as batcher:
            calls = map(batcher.evaluate, items)
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes[1:-1]] == [Prediction] * 1_000
        assert [type(outcome) for outcome in outcomes[::1_001]] == [NotTextError] * 2

    within_seconds(main)


def test_a_request_over_its_budget_fails_alone() -> None:
    costly = "9" * 32 + "/1" * 16
    evaluator = exprinfer.load(device="cpu", max_symbols=64, max_steps=4_000)

    async def main() -> None:
        async with MicroBatcher(evaluator) as batcher:
            calls = map(batcher.evaluate, [*TEXTS[:100], costly, "1" * 65])
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Prediction] * 100 + [TooCostlyError] * 2

    within_seconds(main)


def test_requests_after_the_end_of_the_main_thread_are_answered() -> None:
    program = """
import asyncio, exprinfer, threading
from exprinfer.aio import MicroBatcher
async def main():
    async with MicroBatcher(exprinfer.load(device="cpu")) as batcher:
        async with asyncio.timeout(10):
            print((await batcher.evaluate("5+3")).value)
def late():
    threading.main_thread().join()
    asyncio.run(main())
threading.Thread(target=late).start()
"""
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (finished.stdout, finished.stderr) == ("8\n", "")


@pytest.mark.parametrize(
    "bad",
    [{"max_batch": 0}, {"max_queue": 1.5}, {"max_wait": -1}, {"threads": 0}, {"when_full": "drop"}],
)
def test_arguments_out_of_range_are_refused(evaluator: Evaluator, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        MicroBatcher(evaluator, **bad)
