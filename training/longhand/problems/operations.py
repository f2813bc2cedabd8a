"""Problems of one operation, of any size: with random numbers, and with awkward ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from training.expressions import FORMS, OPERATORS
from training.longhand.machine import DIVIDED_BY_ZERO


@dataclass(frozen=True)
class Problem:
    """One expression and its value.

    Attributes:
        text: The expression.
        value: Its value; None if it divides by zero.
    """

    text: str
    value: int | None

    @property
    def answer(self) -> str:
        """The text that the tape machine must answer."""
        return DIVIDED_BY_ZERO if self.value is None else str(self.value)


def _random(rng: Random, digits: int) -> str:
    return str(rng.randrange(10 ** (digits - 1), 10**digits))


def _zeros_inside(rng: Random, digits: int) -> str:
    cells = ["0"] * digits
    for place in (0, rng.randrange(digits), digits - 1):
        cells[place] = rng.choice("123456789")
    return "".join(cells)


def _nines(rng: Random, digits: int) -> str:
    cells = ["9"] * digits
    if rng.random() < 0.5:
        cells[rng.randrange(digits)] = rng.choice("0123456789")
    return "".join(cells)


def _leading_zeros(rng: Random, digits: int) -> str:
    zeros = rng.randint(0, digits)
    return ("0" * zeros + _random(rng, digits))[:digits]


def _power_of_two(rng: Random, digits: int) -> str:
    power = 2 ** rng.randint((10 * (digits - 1)) // 3, (10 * digits) // 3)
    return str(power)[:digits] if len(str(power)) > digits else str(power).zfill(digits)


#: Ways to draw a number with a given number of digits, which may begin with zeros.
NUMBERS: dict[str, Callable[[Random, int], str]] = {
    "random": _random,
    "zeros inside": _zeros_inside,
    "nines": _nines,
    "ten to a power": lambda rng, digits: "1" + "0" * (digits - 1),
    "one digit repeated": lambda rng, digits: rng.choice("123456789") * digits,
    "power of two": _power_of_two,
    "leading zeros": _leading_zeros,
}

#: Ways to choose the first number from the second one and a limit (the largest number allowed).
RELATIONS: dict[str, Callable[[Random, int, int], int]] = {
    "equal": lambda rng, b, limit: b,
    "one more": lambda rng, b, limit: b + 1,
    "one less": lambda rng, b, limit: max(0, b - 1),
    "multiple": lambda rng, b, limit: b * rng.randrange(limit // max(1, b) + 1),
    "below a multiple": lambda rng, b, limit: max(0, b * rng.randrange(limit // max(1, b) + 1) - 1),
    "one digit": lambda rng, b, limit: rng.randrange(10),
}


def random_problem(rng: Random, operator: str, first_digits: int, second_digits: int) -> Problem:
    """Draw a problem with random numbers of the given digits; signs and form are random too."""
    return _write(rng, _random(rng, first_digits), operator, _random(rng, second_digits))


def awkward_problem(rng: Random, operator: str, first_digits: int, second_digits: int) -> Problem:
    """Draw a problem with awkward numbers of at most the given digits; signs and form are random.

    Sometimes one of the numbers is short, or the first one is chosen from the second one.
    """
    short = rng.random()
    if short < 0.1:
        first_digits = rng.randint(1, min(2, first_digits))
    elif short < 0.2:
        second_digits = rng.randint(1, min(2, second_digits))
    b = _awkward(rng, second_digits)
    while operator == "/" and int(b) == 0:
        b = _random(rng, second_digits)
    if rng.random() < 0.4:
        related = RELATIONS[rng.choice(list(RELATIONS))](rng, int(b), 10**first_digits - 1)
        return _write(rng, str(related)[:first_digits], operator, b)
    return _write(rng, _awkward(rng, first_digits), operator, b)


def problem(rng: Random, operator: str, first_digits: int, second_digits: int) -> Problem:
    """Draw a random or an awkward problem."""
    draw = rng.choice([random_problem, awkward_problem])
    return draw(rng, operator, first_digits, second_digits)


def any_number(rng: Random, digits: int) -> str:
    """Draw a random or an awkward number with the given number of digits, as text."""
    return (_random if rng.random() < 0.5 else _awkward)(rng, digits)


def _awkward(rng: Random, digits: int) -> str:
    return NUMBERS[rng.choice(list(NUMBERS))](rng, digits)


def _write(rng: Random, a: str, operator: str, b: str) -> Problem:
    a, b = rng.choice(["", "-"]) + a, rng.choice(["", "-"]) + b
    before, behind = rng.choice(list(FORMS.values()))
    result = value(int(a), operator, int(b))
    return Problem(f"{before}{a}{operator}{b}{behind}", -result if before == "-(" else result)


def value(a: int, operator: str, b: int) -> int:
    """Return the exact value of an operation; ``/`` truncates toward zero."""
    if operator == "/":
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    return {"+": a + b, "-": a - b, "*": a * b}[operator]


def problems(seed: int, count: int, most_digits: int) -> Iterator[Problem]:
    """Draw problems with any operator, whose operands have 1 to ``most_digits`` digits."""
    rng = Random(seed)
    for _ in range(count):
        operator = rng.choice(OPERATORS)
        yield problem(rng, operator, rng.randint(1, most_digits), rng.randint(1, most_digits))
