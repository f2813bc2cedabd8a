"""How the rate of exprinfer depends on batch size, threads, number of expressions and digits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random
from statistics import median

import exprinfer
from bench.timing import seconds
from exprinfer.runtime.threads import available_cores
from training.expressions import FORMS, sample

SEED, EXPRESSIONS, REPEATS = 7, 200_000, 3
BATCH_SIZES = (1, 8, 32, 64, 128, 256, 512, 1_024, 2_048, 8_192)
NUMBERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DIGITS = (1, 2, 4, 8, 16, 32, 64, 128)
#: Digits of both numbers in the table of ``longhand``. A divisor has half as many.
LONGHAND_DIGITS = (2, 4, 10, 20, 50, 100)
#: Expressions of the call that warms up.
WARM_UP_ROWS = 10_000

Rows = Iterator[dict[str, object]]


def by_batch_size() -> Rows:
    """Yield the rate at each batch size."""
    for size in BATCH_SIZES:
        texts = sample(min(EXPRESSIONS, 4_000 * size), SEED).texts()
        yield {"batch size": size, "rate": _rate(texts, batch_size=size)}


def by_threads() -> Rows:
    """Yield the rate with each number of threads, up to two per core."""
    texts = sample(EXPRESSIONS, SEED).texts()
    for threads in range(1, 2 * available_cores() + 1):
        yield {"threads": threads, "rate": _rate(texts, threads=threads)}


def by_number(most: int) -> Rows:
    """Yield the rate of one call with each number of expressions, up to ``most``."""
    texts = sample(most, SEED).texts()
    for number in NUMBERS:
        if number <= most:
            yield {"expressions": number, "rate": _rate(texts[:number])}


def by_digits() -> Rows:
    """Yield the rate for numbers of each length, with all operators in equal parts."""
    for digits in DIGITS:
        rng = Random(SEED)
        count = max(16, min(4_000, 200_000 // digits**2))
        texts = [
            _random_text(rng, operator, digits) for operator in "+-*/" for _ in range(count // 4)
        ]
        yield {"digits": digits, "rate": _rate(texts)}


def longhand() -> Rows:
    """Yield the rate of ``longhand`` alone for each operator and number of digits."""
    for operator in "+-*/":
        for digits in LONGHAND_DIGITS:
            rng = Random(SEED)
            count = _longhand_count(operator, digits)
            texts = [_random_text(rng, operator, digits) for _ in range(count)]
            rate = _rate(texts, "longhand")
            yield {"operator": operator, "digits": digits, "expressions": count, "rate": rate}


def _longhand_count(operator: str, digits: int) -> int:
    """Return how many expressions take about equally long: fewer if each takes more steps."""
    steps = digits * _second_digits(operator, digits) if operator in "*/" else 4 * digits
    return max(64, min(20_000, 400_000 // steps))


def _random_text(rng: Random, operator: str, digits: int) -> str:
    """Return an expression with random numbers, signs and brackets."""
    lengths = (digits, _second_digits(operator, digits))
    numbers = [rng.randrange(10 ** (length - 1), 10**length) for length in lengths]
    a, b = (rng.choice(["", "-"]) + str(number) for number in numbers)
    before, after = rng.choice(list(FORMS.values()))
    return f"{before}{a}{operator}{b}{after}"


def _second_digits(operator: str, digits: int) -> int:
    """Return the digits of the second number. A divisor has half of them: the quotient is long."""
    return max(1, digits // 2) if operator == "/" else digits


def _rate(texts: list[str], model: str = "auto", **options: int) -> float:
    """Return expressions per second, the median of ``REPEATS`` calls."""
    with exprinfer.load(model, device="cpu", **options) as evaluator:  # type: ignore[arg-type]
        evaluator.evaluate_batch(texts[:WARM_UP_ROWS])
        call = partial(evaluator.evaluate_batch, texts)
        return round(len(texts) / median(seconds(call) for _ in range(REPEATS)), 1)
