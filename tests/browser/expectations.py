"""Write what the package says about generated texts, for the page to be compared with.

``python -m tests.browser.expectations [TEXTS] [SEED] [--normalize]`` prints one JSON object for
each text. Half of the texts are expressions. The others are symbols in disorder, other notations,
texts with characters from all of Unicode, and texts that are too long.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from random import Random
from typing import Any

import exprinfer
from tests.fuzz import lines, notations

#: Characters that a pattern or a table may treat in a special way.
ODD = "\x00\x1c\x1f\x7f\x85\xa0\xad²½٣७𝟗\u1680\u2028\u2029\u202f\u3000\ufeff\ud800😀é\U0010ffff"  # noqa: RUF001
BLOCK = 8_192


def texts(count: int, seed: int) -> Iterator[str]:
    """Yield generated texts."""
    random = Random(seed)
    for number in range(count):
        if number % 2_000 == 1_000:
            yield _long(random)
        elif number % 2:
            yield random.choice([lines.good, lines.nested])(random).decode()
        else:
            yield random.choice(_BAD)(random)


def _fuzzed(random: Random) -> str:
    return random.choice(lines.KINDS)(random).decode(errors="replace")


def _mixed(random: Random) -> str:
    """Return an expression with characters from all of Unicode in it."""
    text = list(lines.nested(random).decode())
    for _ in range(random.randint(1, 3)):
        some = random.choice([random.choice(ODD), random.choice(lines.STRANGE), _any(random)])
        text.insert(random.randint(0, len(text)), some)
    return "".join(text)


def _any(random: Random) -> str:
    """Return a character that every version of Unicode since 3.2 knows, and no half of a pair."""
    while True:
        character = chr(random.randrange(random.choice([0x3000, 0x110000])))
        if unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Cs"):
            return character


def _another_notation(random: Random) -> str:
    plain = random.choice([lines.good, lines.nested])(random).decode()
    text = notations.written(random, plain)
    blanks = random.choice(["", "", " ", "\t ", "\r\n", "\u00a0"])
    return blanks + text + random.choice(["", "=", " = "]) + blanks


def _by_zero(random: Random) -> str:
    number = random.randint(0, 99)
    zero = random.choice(["0", "-0", "00", f"({number}-{number})", f"-(-({number}-{number}))"])
    return f"{lines.integer(random, 3)}/{zero}{random.choice(['', '+1', '*(2-3)', '/0', 'x', ')'])}"


def _typed(random: Random) -> str:
    """Return what people type who expect another language."""
    return random.choice([
        "", " ", "0x10", "3x4", "3 x 4", "2(3+4)", "(2)3", "2**3", "7//2", "1.5*2", "1,000+2",
        "1,000,000+2", "1'000*2", "1_000-1", "1 000", "5 3", "+5", "(+5)", "1e5*2", "5!", "10%3",
        "5=5", "3²", "x", "pi*2", "[2+3]", "$5+3", "1:2", "(1+2", "((1+2", "1+2)", "()", "5+",
        "--5", "-", "5--3", "0-0", "-0*5", "007+1", "99*-99", "-100+99", "100+1", "1.000.000/3",
    ])  # fmt: skip


def _long(random: Random) -> str:
    """Return a text about as long as the longest that the model reads, or longer."""
    terms = random.choice([1_000, 1_023, 1_024, 1_025, 3_000])
    text = "+".join(random.choices("123456789", k=terms))
    return random.choice(["", "-", " ", "("]) + text + random.choice(["", "", ")", "x", "/0"])


_BAD = (_fuzzed, _fuzzed, _mixed, _mixed, _another_notation, _by_zero, _typed)


def expectations(count: int, seed: int, normalize: bool = False) -> Iterator[dict[str, Any]]:
    """Yield what the package says about each text, in the schema of every output."""
    evaluator = exprinfer.load(device="cpu", normalize=normalize)
    block: list[str] = []
    for text in texts(count, seed):
        block.append(text)
        if len(block) == BLOCK:
            yield from (prediction.as_dict() for prediction in evaluator.evaluate_many(block))
            block = []
    yield from (prediction.as_dict() for prediction in evaluator.evaluate_many(block))


def main(count: int = 100_000, seed: int = 1, normalize: bool = False) -> None:
    """Print the expectations as JSON Lines."""
    for row in expectations(count, seed, normalize):
        # Numbers of JavaScript do not hold large integers; ``answer`` has all digits.
        print(json.dumps({**row, "value": None if row["value"] is None else str(row["value"])}))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word != "--normalize"]
    count, seed = [*numbers, *[100_000, 1][len(numbers) :]]
    main(count, seed, normalize="--normalize" in sys.argv)
