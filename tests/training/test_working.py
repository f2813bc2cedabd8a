"""The workings, and the network that writes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from exprinfer import Operands
from exprinfer.language.tokenizer import decode, encode
from training.expressions import FORMS, OPERATORS, Expressions, enumerate_domain
from training.networks.working import Working
from training.workings import MARK, workings

DOMAIN = enumerate_domain()
PLAIN = DOMAIN[np.flatnonzero(DOMAIN.form == list(FORMS).index("plain"))]


def number(digits: str) -> int:
    """Read digits that were written the lowest first."""
    return int(digits[::-1])


def of(operator: str) -> tuple[Expressions, list[str]]:
    """Return expressions, and their workings without the two numbers at the beginning."""
    some = PLAIN[np.flatnonzero(PLAIN.operator == OPERATORS.index(operator))]
    return some, [text[6:] for text in workings(some)]


def test_a_working_begins_with_both_numbers() -> None:
    numbers = zip(abs(PLAIN.a).tolist(), abs(PLAIN.b).tolist(), strict=True)
    for (a, b), text in zip(numbers, workings(PLAIN), strict=True):
        assert (number(text[:3]), number(text[3:6])) == (a, b)


@pytest.mark.parametrize("operator", "+-")
def test_the_working_of_a_sum_compares_and_orders_its_operands(operator: str) -> None:
    some, written = of(operator)
    values = abs(some.values()).tolist()
    pairs = zip(abs(some.a).tolist(), abs(some.b).tolist(), values, written, strict=True)
    for a, b, value, text in pairs:
        assert [number(text[3:6]), number(text[6:9])] == sorted([a, b], reverse=True)
        first, second = text[:2].replace("0", "")[:1], "+" if a > b else "-" if a < b else ""
        assert first == second
        assert value == (a + b if text[2] == "+" else abs(a - b))
        assert int(text[9]) == value % 10
        last = a % 10 + b % 10
        borrowed = sorted([a, b])[1] % 10 < sorted([a, b])[0] % 10
        assert int(text[10]) == (last > 9 if text[2] == "+" else borrowed)


def test_the_products_of_digits_sum_to_the_value() -> None:
    some, written = of("*")
    columns = (abs(values).tolist() for values in (some.b, some.values()))
    for b, value, text in zip(*columns, written, strict=True):
        parts = [number(text[at : at + 2]) for at in (0, 2, 4, 6)]
        hundreds = 100 * b * int(text[8])
        assert parts[0] + 10 * (parts[1] + parts[2]) + 100 * parts[3] + hundreds == value
        assert number(text[9:11]) == value % 100
        assert int(text[12]) == value // 100 % 10


def test_the_multiples_of_a_divisor_leave_one_last_digit_of_the_quotient() -> None:
    some, written = of("/")
    columns = (abs(values).tolist() for values in (some.a, some.b, some.values()))
    for a, b, value, text in zip(*columns, written, strict=True):
        tens = number(text[:2])
        digits = [number(text[at : at + 3]) // b for at in range(3, len(text), 3)]
        fits = [digit for digit in digits if (10 * tens + digit) * b <= a]
        too_large = [digit for digit in digits if digit not in fits]
        low, high = max(fits, default=0), min(too_large, default=10)
        assert high - low == 1
        assert 10 * tens + low == value


def test_the_answer_is_what_follows_the_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Working(units=8)
    some = DOMAIN[:: len(DOMAIN) // 5_000]
    written = network.written(some)
    monkeypatch.setattr(network, "_write_greedily", lambda rows: (written[rows], None))
    answers = decode(network.decode(torch.arange(len(some)))[0].numpy())
    assert answers.tolist() == some.answers()


def test_there_is_no_answer_without_a_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Working(units=8)
    tokens, _ = encode(["495660", f"495660{MARK}4521"], network.steps * network.group)
    written = torch.from_numpy(tokens).long()
    monkeypatch.setattr(network, "_write_greedily", lambda _: (written, None))
    assert decode(network.decode(written)[0].numpy()).tolist() == ["", "1254"]


def test_larger_operands_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be in -100\.\.100 for the network 'working'"):
        Working(operands=Operands((-200, 199), (-99, 99)))
