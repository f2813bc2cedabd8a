"""Random valid and invalid texts, and the correct result for each.

``read`` is a recursive descent parser that computes with Python's integers. It shares no code with
the validation tables of ``exprinfer`` and the tapes of the machine, so these can be tested with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from exprinfer.language.tokenizer import SYMBOLS
from training.longhand.problems.operations import value
from training.longhand.problems.trees import join, join_any, tree

#: Longest text, in characters.
LONGEST = 60
#: Characters that no expression contains.
FOREIGN = " x.=\0\u0663\u2212"


@dataclass(frozen=True)
class Verdict:
    """The correct result for a text.

    Attributes:
        error: Code of the error; None if the text is an expression with a value.
        position: Index of the character that the error is about; None if it is about none.
        value: The value.
    """

    error: str | None
    position: int | None = None
    value: int = 0


class _Error(Exception):
    """Unexpected symbol or end of the text."""


def read(text: str) -> Verdict:
    """Return the correct result for a text. Blanks around an expression do not count."""
    expression = text.strip(" ")
    if not expression:
        return Verdict("empty")
    verdict = _read(expression)
    if verdict.position is None:
        return verdict
    return replace(verdict, position=verdict.position + text.index(expression))


def _read(text: str) -> Verdict:
    reader = _Reader(text)
    try:
        found = reader.sum()
        if reader.at < len(text):
            raise _Error
    except _Error:
        known = reader.at == len(text) or text[reader.at] in SYMBOLS[1:]
        return Verdict("malformed" if known else "unknown_symbol", reader.at)
    if reader.plain_zero is not None:
        return Verdict("division_by_zero", reader.plain_zero)
    if found is None:
        return Verdict("division_by_zero", reader.zero_divisor)
    return Verdict(None, value=found)


class _Reader:
    """Recursive descent: each method reads one part and returns its value, or None."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.plain_zero: int | None = None
        """Start of the first divisor that is written as a zero."""
        self.zero_divisor: int | None = None
        """Start of the first divisor whose value turns out to be zero."""

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def sum(self) -> int | None:
        found = self.product()
        while self._next() in ("+", "-"):
            operator = self._take()
            found = _apply(found, operator, self.product())
        return found

    def product(self) -> int | None:
        found = self.factor()
        while self._next() in ("*", "/"):
            operator = self._take()
            begins = self.at
            factor = self.factor()
            written = self.text[begins : self.at].lstrip("-")
            if operator == "/" and set(written) == {"0"} and self.plain_zero is None:
                self.plain_zero = begins
            if operator == "/" and factor == 0 and self.zero_divisor is None:
                self.zero_divisor = begins
            found = _apply(found, operator, factor)
        return found

    def factor(self) -> int | None:
        if self._next() == "-":
            self.at += 1
            found = self.factor()
            return None if found is None else -found
        if self._next() == "(":
            self.at += 1
            found = self.sum()
            if self._next() != ")":
                raise _Error
            self.at += 1
            return found
        begins = self.at
        while self._next() and self._next() in "0123456789":
            self.at += 1
        if self.at == begins:
            raise _Error
        return int(self.text[begins : self.at])

    def _take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]


def _apply(a: int | None, operator: str, b: int | None) -> int | None:
    if a is None or b is None or (operator == "/" and b == 0):
        return None
    return value(a, operator, b)


def draw(rng: Random) -> str:
    """Draw random symbols, an expression, or a damaged expression; at most LONGEST characters."""
    kind = rng.random()
    if kind < 0.2:
        return "".join(rng.choices(SYMBOLS[1:], k=rng.randint(0, rng.choice([4, 12, LONGEST]))))
    text = tree(rng, rng.randint(1, 10), 5, rng.randint(1, 8)).text
    if kind < 0.3:
        text = _divided_by_zero(rng)
    while len(text) > LONGEST - 1:
        text = tree(rng, rng.randint(1, 6), 4, rng.randint(1, 4)).text
    return text if kind < 0.6 else _damaged(rng, text)


def _divided_by_zero(rng: Random) -> str:
    a, b, c = (tree(rng, rng.randint(1, 3), 2, 3) for _ in range(3))
    quotient = join(a, "/", join(b, "-", b))
    return rng.choice([join_any(rng, c, quotient), join_any(rng, quotient, c), quotient]).text


def _damaged(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    symbol = rng.choice(FOREIGN) if rng.random() < 0.1 else rng.choice(SYMBOLS[1:])
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + symbol + text[at:]
    if kind == 1:
        return text[:at] + symbol + text[at + 1 :]
    return text[:at] + text[at + 1 :] if kind == 2 else text[:at]


def texts(seed: int, count: int) -> Iterator[str]:
    """Draw texts; the same for the same seed."""
    rng = Random(seed)
    for _ in range(count):
        yield draw(rng)
