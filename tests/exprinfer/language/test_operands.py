from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exprinfer.language.grammar import Domain, describe_domain
from exprinfer.language.operands import DEFAULT_OPERANDS, MAX_OPERAND, Operands
from exprinfer.language.tokenizer import encode, encode_one
from exprinfer.language.validation import in_seed_domain, validate

_TERM = re.compile(r"(-?[0-9]+)[-+*/](-?[0-9]+)")
_BOUNDS = st.integers(-1_200, 1_200) | st.sampled_from([-100, -10, -9, -1, 0, 1, 9, 10, 99, 100])
RANGES = st.tuples(_BOUNDS, _BOUNDS).map(lambda ends: (min(ends), max(ends)))


def belongs(text: str, operands: Operands) -> bool:
    """Return what the definition of the domain says, by Python's integers."""
    if text.endswith(")"):
        text = text.removeprefix("-").removeprefix("(").removesuffix(")")
    term = _TERM.fullmatch(text)
    if not term or any(str(int(number)) != number for number in term.groups()):
        return False
    a, b = map(int, term.groups())
    return operands.a[0] <= a <= operands.a[1] and operands.b[0] <= b <= operands.b[1] and b != 0


def check(texts: list[str], operands: Operands) -> None:
    found = validate(*encode(texts, 20), operands).domains == Domain.SEED
    expected = [
        belongs(text, operands) and (text.count("(") == text.count(")") == text.endswith(")"))
        for text in texts
    ]
    assert found.tolist() == expected
    assert [in_seed_domain(encode_one(text), operands) for text in texts] == expected


@given(RANGES, RANGES.filter(lambda b: b != (0, 0)), st.randoms(use_true_random=False))
def test_texts_near_the_bounds_are_those_of_the_definition(
    a: tuple[int, int], b: tuple[int, int], random: np.random.Generator
) -> None:
    texts = []
    for first, second in product(
        [*a, a[0] - 1, a[1] + 1, 0, sum(a) // 2], [*b, b[0] - 1, b[1] + 1, 0, sum(b) // 2]
    ):
        term = f"{first}{random.choice('+-*/')}{second}"
        texts += [term, f"({term})", f"-({term})", f"0{term}", f"-{term}", f"({term}", f"{term})"]
    check(texts, Operands(a, b))


@given(RANGES, RANGES.filter(lambda b: b != (0, 0)), st.text("0123456789+-*/()", max_size=12))
def test_random_texts_are_those_of_the_definition(
    a: tuple[int, int], b: tuple[int, int], text: str
) -> None:
    check([text], Operands(a, b))


@pytest.mark.parametrize("ends", [(-9, 9), (-100, 99), (0, 0), (-12, -3), (7, 105), (-10, 0)])
def test_every_operand_and_no_other_is_taken(ends: tuple[int, int]) -> None:
    operands = Operands(ends, ends) if ends != (0, 0) else Operands(ends, (1, 1))
    check([f"{a}*1" for a in range(-1_100, 1_100)], operands)
    check([f"(0-{b})" for b in range(-1_100, 1_100)], operands)


def test_the_longest_texts() -> None:
    for operands in (DEFAULT_OPERANDS, Operands((-9, 12), (-20, 3)), Operands((3, 8), (-2, -1))):
        pairs = [(a, b) for a, b in product(*map(_all, (operands.a, operands.b))) if b]
        assert operands.longest_input == max(len(f"-({a}+{b})") for a, b in pairs)
        values = [v for a, b in pairs for v in (a + b, a - b, a * b, int(a / b))]
        assert operands.longest_output == max(len(str(s * v)) for v in values for s in (1, -1))


def _all(ends: tuple[int, int]) -> range:
    return range(ends[0], ends[1] + 1)


def test_the_description_names_the_ranges() -> None:
    text = "a op b with a in -9..9 and b in -9..9 without 0, without leading zeros"
    assert describe_domain(Domain.SEED, Operands((-9, 9), (-9, 9))) == text
    assert "b in 1..9, without" in describe_domain(Domain.SEED, Operands((1, 9), (1, 9)))
    assert describe_domain(Domain.WHOLE) == "integers with + - * / and brackets"


@pytest.mark.parametrize(
    "wrong", [(2, 1), (1,), (1, 2, 3), (1.0, 2), (True, 2), (0, MAX_OPERAND + 1)]
)
def test_wrong_ranges_are_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a must be the lowest and the highest operand"):
        Operands(a=wrong)
    with pytest.raises(ValueError, match="b must be the lowest and the highest operand"):
        Operands(b=wrong)
    with pytest.raises(ValueError, match="other than 0"):
        Operands(b=(0, 0))
