"""Our rate by batch size, threads, number of expressions and length."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import exprinfer
from exprinfer.runtime.threads import cores
from training.expressions import sample
from training.longhand.problems import random_problem

SEED, EXPRESSIONS = 7, 200_000
BATCH_SIZES = (1, 8, 32, 64, 128, 256, 512, 1_024, 2_048, 8_192)
NUMBERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DIGITS = (1, 2, 4, 8, 16, 32, 64, 128)
#: Digits of both numbers in the table of longhand; a divisor has half of them.
LONGHAND_DIGITS = (2, 4, 10, 20, 50, 100)
REPEATS = 3


def by_batch_size() -> Iterator[dict[str, object]]:
    """Rows of batch size and rate."""
    for size in BATCH_SIZES:
        texts = sample(min(EXPRESSIONS, 4_000 * size), SEED).texts()
        yield {"batch size": size, "rate": _rate(texts, batch_size=size)}


def by_threads() -> Iterator[dict[str, object]]:
    """Rows of threads and rate."""
    texts = sample(EXPRESSIONS, SEED).texts()
    for threads in range(1, 2 * cores() + 1):
        yield {"threads": threads, "rate": _rate(texts, threads=threads)}


def by_number(most: int) -> Iterator[dict[str, object]]:
    """Rows of the number of expressions and rate."""
    texts = sample(most, SEED).texts()
    for number in NUMBERS:
        if number <= most:
            yield {"expressions": number, "rate": _rate(texts[:number])}


def by_digits() -> Iterator[dict[str, object]]:
    """Rows of the digits of both numbers, all operators alike, and rate."""
    for digits in DIGITS:
        rng = Random(SEED)
        count = max(16, min(4_000, 200_000 // digits**2))
        second = {"/": max(1, digits // 2)}
        texts = [
            random_problem(rng, operator, digits, second.get(operator, digits)).text
            for operator in "+-*/"
            for _ in range(count // 4)
        ]
        yield {"digits": digits, "rate": _rate(texts)}


def longhand() -> Iterator[dict[str, object]]:
    """Rows of operator, digits and the rate of ``longhand`` alone."""
    for operator in "+-*/":
        for digits in LONGHAND_DIGITS:
            rng = Random(SEED)
            second = max(1, digits // 2) if operator == "/" else digits
            work = digits * second if operator in "*/" else 4 * digits
            count = max(64, min(20_000, 400_000 // work))
            texts = [random_problem(rng, operator, digits, second).text for _ in range(count)]
            rate = _rate(texts, "longhand")
            yield {"operator": operator, "digits": digits, "expressions": count, "rate": rate}


def _rate(texts: list[str], model: str = "auto", **options: int) -> float:
    evaluator = exprinfer.load(model, device="cpu", **options)  # type: ignore[arg-type]
    evaluator.evaluate_batch(texts[:10_000])
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        evaluator.evaluate_batch(texts)
        seconds.append(time.perf_counter() - began)
    evaluator.close()
    return round(len(texts) / sorted(seconds)[REPEATS // 2], 1)
