"""Whole expressions of any shape, and their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from training.expressions import OPERATORS
from training.longhand.problems.operations import Problem, any_number, value

#: How tightly an expression binds: it may be an operand of ``+ -``; also of ``* /``; also on the
#: right of ``* /``.
SUM, PRODUCT, FACTOR = range(3)
#: Probabilities of a minus before an expression, and of brackets that it does not need.
MINUS, BRACKETS = 0.15, 0.1


@dataclass(frozen=True)
class Tree:
    """An expression with its value.

    Attributes:
        text: The expression.
        value: Its value; None if it divides by zero.
        binds: SUM, PRODUCT or FACTOR.
    """

    text: str
    value: int | None
    binds: int

    def within(self, binds: int) -> str:
        """Return the text, in brackets if the expression binds less tightly than this."""
        return self.text if self.binds >= binds else f"({self.text})"

    def negated(self) -> Tree:
        """Return the expression with a minus before it."""
        negative = None if self.value is None else -self.value
        return Tree(f"-{self.within(FACTOR)}", negative, FACTOR)

    def bracketed(self) -> Tree:
        """Return the expression in brackets."""
        return Tree(f"({self.text})", self.value, FACTOR)


def join(a: Tree, operator: str, b: Tree) -> Tree:
    """Join two expressions with an operator; they get brackets if they need them."""
    binds = PRODUCT if operator in "*/" else SUM
    text = f"{a.within(binds)}{operator}{b.within(binds + 1)}"
    if a.value is None or b.value is None or (operator == "/" and b.value == 0):
        return Tree(text, None, binds)
    return Tree(text, value(a.value, operator, b.value), binds)


def join_any(rng: Random, a: Tree, b: Tree) -> Tree:
    """Join two expressions with any operator."""
    return join(a, rng.choice(OPERATORS), b)


def join_well(rng: Random, a: Tree, b: Tree) -> Tree:
    """Join two expressions so that few large ones become zero or divide by zero."""
    operator = rng.choice(OPERATORS)
    if operator == "/" and a.value is not None and b.value is not None:
        avoid = 0.98 if b.value == 0 else 0.5 if abs(a.value) < abs(b.value) else 0.0
        operator = rng.choice("+-*") if rng.random() < avoid else operator
    return join(a, operator, b)


def join_sum(rng: Random, a: Tree, b: Tree) -> Tree:
    """Join two expressions with a plus or a minus."""
    return join(a, rng.choice("+-"), b)


def number(rng: Random, most_digits: int) -> Tree:
    """Draw a random or awkward number of 1 to ``most_digits`` digits."""
    text = any_number(rng, rng.randint(1, most_digits))
    return Tree(text, int(text), FACTOR)


def tree(
    rng: Random,
    operands: int,
    depth: int,
    digits: int,
    joined: Callable[[Random, Tree, Tree], Tree] = join_well,
) -> Tree:
    """Draw an expression.

    Args:
        rng: The random generator.
        operands: Number of operands.
        depth: Most operators between an operand and the whole expression.
        digits: Most digits of an operand.
        joined: Joins two parts.

    Raises:
        ValueError: If so many operands do not fit into this depth.
    """
    if operands > 2**depth:
        raise ValueError(f"{operands} operands do not fit into a depth of {depth}")
    if operands == 1:
        drawn = number(rng, digits)
    else:
        half = 2 ** (depth - 1)
        left = rng.randint(max(1, operands - half), min(operands - 1, half))
        a = tree(rng, left, depth - 1, digits, joined)
        b = tree(rng, operands - left, depth - 1, digits, joined)
        drawn = joined(rng, a, b)
    while rng.random() < MINUS:
        drawn = drawn.negated()
    return drawn.bracketed() if rng.random() < BRACKETS else drawn


def nested(rng: Random, depth: int, digits: int) -> Tree:
    """Draw an expression of nested brackets, with an operand or a minus at each level."""
    drawn = number(rng, digits)
    for _ in range(depth):
        drawn = drawn.bracketed()
        kind = rng.randrange(4)
        if kind == 0:
            drawn = drawn.negated()
        elif kind == 1:
            drawn = join_well(rng, drawn, number(rng, digits))
        elif kind == 2:
            drawn = join_well(rng, number(rng, digits), drawn)
    return drawn


def chain(rng: Random, operands: int, operators: str, digits: int) -> Tree:
    """Draw an expression without brackets."""
    return chained([number(rng, digits) for _ in range(operands)], operators, rng)


def chained(numbers: list[Tree], operators: str, rng: Random) -> Tree:
    """Join numbers with random operators, without brackets."""
    products, signs = [numbers[0]], []
    for factor in numbers[1:]:
        operator = rng.choice(operators)
        if operator in "*/":
            products[-1] = join(products[-1], operator, factor)
        else:
            products.append(factor)
            signs.append(operator)
    drawn = products[0]
    for sign, product in zip(signs, products[1:], strict=True):
        drawn = join(drawn, sign, product)
    return drawn


def _same(rng: Random, count: int, text: str, operators: str) -> Tree:
    return chained([Tree(text, int(text), FACTOR)] * count, operators, rng)


def _brackets(rng: Random, count: int) -> Tree:
    drawn = number(rng, 3)
    for _ in range(count):
        drawn = drawn.bracketed()
    return drawn


def _minuses(rng: Random, count: int) -> Tree:
    drawn = number(rng, 3)
    for _ in range(count):
        drawn = drawn.negated()
    return drawn


def _vanishing(rng: Random, count: int) -> Tree:
    a = tree(rng, min(count, 6), 5, 4)
    return join_well(rng, join(a, "-", a), number(rng, 3))


def _carries(rng: Random, count: int) -> Tree:
    nines = Tree("9" * count, 10**count - 1, FACTOR)
    one = Tree("1", 1, FACTOR)
    back_and_forth = join(join(nines, "+", one), "-", one)
    return join(back_and_forth, rng.choice("+-*/"), rng.choice([one, nines, back_and_forth]))


def _zero_first(rng: Random, count: int) -> Tree:
    return chained([Tree("0", 0, FACTOR), *(number(rng, 2) for _ in range(count))], "*/", rng)


def _quotients(rng: Random, count: int) -> Tree:
    eights = Tree("8" * 2 * count, int("8" * 2 * count), FACTOR)
    ones = [Tree(one, 1, FACTOR) for one in rng.choices(("1", "01"), k=count // 2)]
    return chained([eights, *ones, *(number(rng, 1) for _ in range(count // 2 + 1))], "/", rng)


#: Ways to draw an awkward expression of about a given number of parts.
STRUCTURED: dict[str, Callable[[Random, int], Tree]] = {
    "1-1-1-...": lambda rng, n: _same(rng, n, "1", "-"),
    "9*9*9*...": lambda rng, n: _same(rng, n, "9", "*"),
    "9+9-9...": lambda rng, n: _same(rng, n, "9", "+-"),
    "(((1)))": _brackets,
    "-----5": _minuses,
    "0/7*...": _zero_first,
    "a-a": _vanishing,
    "99...9+1-1": _carries,
    "sum of many": lambda rng, n: chain(rng, n, "+-", 4),
    "product of many": lambda rng, n: chain(rng, n, "*", 3),
    "quotient of many": _quotients,
    "all operators": lambda rng, n: chain(rng, n, OPERATORS, 4),
}


def structured(rng: Random, kind: str, parts: int) -> Tree:
    """Draw an awkward expression, sometimes in brackets with something before or after it."""
    drawn = STRUCTURED[kind](rng, parts)
    if rng.random() < 0.3:
        drawn = join_well(rng, number(rng, 3), drawn.bracketed())
    if rng.random() < 0.3:
        drawn = join_well(rng, drawn.bracketed(), number(rng, 3))
    return drawn


def trees(seed: int, count: int, operands: int, depth: int, digits: int) -> Iterator[Problem]:
    """Draw expressions of 1 to ``operands`` operands with any operators."""
    rng = Random(seed)
    for _ in range(count):
        drawn = tree(rng, rng.randint(1, operands), depth, digits, join_any)
        yield Problem(drawn.text, drawn.value)
