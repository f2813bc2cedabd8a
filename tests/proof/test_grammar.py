"""The package accepts exactly the texts of the expressions that the theorems are about.

Run as a script to compare longer texts: ``python -m tests.proof.test_grammar SYMBOLS LENGTH``, for
example with the symbols ``01+-/*()`` and length 8.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from itertools import product

import numpy as np

from exprinfer.errors import EXPRESSION_ERRORS, DivisionByZeroError, MalformedError
from exprinfer.language.grammar import GrammarState, advance
from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.language.validation import validate
from tests.proof.agreement import FOLDER

#: Texts of one call of ``validate``.
CHUNK_ROWS = 1 << 20


# The grammar of Expressions.v: the texts that ``show_f``, ``show_p`` and ``show`` write, by length.


@cache
def factors(digits: str, length: int) -> set[str]:
    found = {"".join(number) for number in product(digits, repeat=length)}
    if length >= 2:
        found |= {"-" + factor for factor in factors(digits, length - 1)}
    if length >= 3:
        found |= {"(" + inner + ")" for inner in sums(digits, length - 2)}
    return found


@cache
def products(digits: str, length: int) -> set[str]:
    return factors(digits, length) | {
        left + operator + right
        for after in range(1, length - 1)
        for left in products(digits, length - 1 - after)
        for operator in "*/"
        for right in factors(digits, after)
    }


@cache
def sums(digits: str, length: int) -> set[str]:
    return products(digits, length) | {
        left + operator + right
        for after in range(1, length - 1)
        for left in sums(digits, length - 1 - after)
        for operator in "+-"
        for right in products(digits, after)
    }


def accepted(symbols: str, length: int) -> set[str]:
    """Return the texts of one length that the package accepts.

    A plain zero as a divisor is an error of its own, but the text is an expression.
    """
    fine = [0, EXPRESSION_ERRORS.index(DivisionByZeroError)]
    ids = np.array([SYMBOLS.index(symbol) for symbol in symbols], np.uint8)
    letters = np.array(list(SYMBOLS))
    places = len(symbols) ** np.arange(length)
    found: set[str] = set()
    for start in range(0, len(symbols) ** length, CHUNK_ROWS):
        numbers = np.arange(start, min(start + CHUNK_ROWS, len(symbols) ** length))
        tokens = ids[numbers[:, None] // places % len(symbols)]
        errors = validate(tokens, np.full(len(numbers), length)).errors
        assert set(np.unique(errors)) <= {*fine, EXPRESSION_ERRORS.index(MalformedError)}
        found.update(map("".join, letters[tokens[np.isin(errors, fine)]]))
    return found


def compare(symbols: str, length: int) -> tuple[int, int]:
    """Compare the grammars on all texts of one length; return how many texts and expressions."""
    expected = sums("".join(symbol for symbol in symbols if symbol.isdigit()), length)
    assert accepted(symbols, length) == expected
    return len(symbols) ** length, len(expected)


def test_the_package_and_the_theorem_mean_the_same_expressions() -> None:
    assert [compare(SYMBOLS[1:], length) for length in range(1, 5)] == [
        (16, 10),
        (256, 110),
        (4_096, 1_520),
        (65_536, 20_030),
    ]
    # All digits but zero are alike.
    assert compare("01+-*/()", 6) == (262_144, 2_828)


def test_validation_v_states_what_may_follow_as_the_package_does() -> None:
    text = (FOLDER / "Validation.v").read_text()
    rows = dict(re.findall(r"\| (\w+) +=> \[((?:\w; )+\w)\]", text))
    assert [name.upper() for name in rows] == [state.name for state in GrammarState]
    letters = {state: state.name[0] for state in GrammarState}
    assert "'(V, D, N, Z, C, E, x) := (Value, Divisor, Number, Zeros, Closed, End, Bad)" in text
    for name, row in rows.items():
        reached = [advance(GrammarState[name.upper()], symbol) for symbol in SYMBOLS]
        assert row.split("; ") == [letters[state] if state else "x" for state in reached]


if __name__ == "__main__":
    texts, expressions = compare(sys.argv[1], int(sys.argv[2]))
    print(f"{texts:,} texts, {expressions:,} expressions: the package accepts exactly these")
