"""Score fuzzed lines: each must give one result, in order, and certified answers must be right.

``python -m tests.fuzz.lines [LINES] [SEED] [--normalize]`` prints the counts, or raises an
AssertionError that shows the first wrong line. The values are checked with ``oracle``, and what
``--normalize`` changed with ``notations``; neither shares code with exprinfer.
"""

from __future__ import annotations

import codecs
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import zip_longest
from random import Random
from typing import BinaryIO

from tests.fuzz import notations, oracle

SYMBOLS = "0123456789+-*/()"
#: Characters that look like symbols, and characters that end, hide or break lines elsewhere.
STRANGE = "٣٤۵６７²½Ⅷ−–×÷∕（）\u200b\u202e\ufeff\u2028\x85\v\f\0\x1b \t_.,eEx'\"=?%"  # noqa: RUF001
#: NUL, carriage returns, a byte order mark, half of a surrogate pair, and more.
ODD = (b"\0", b"\r", b"\r\r", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff", b" ", b"\t", b"\x1b[2J")
#: Bytes of a line that exprinfer reads.
LINE_BYTES = 1 << 20


def integer(random: Random, digits: int) -> str:
    """Return an integer, sometimes with leading zeros."""
    return random.choice(["", "", "-"]) + "".join(
        random.choices("0123456789", k=random.randint(1, digits))
    )


def good(random: Random) -> bytes:
    """Return an expression with one operator, mostly with small operands."""
    operator = random.choice("+-*/")
    digits = random.choice([2, 2, 2, 2, 2, 4, 8 if operator in "*/" else 30])
    term = integer(random, digits) + operator + integer(random, digits)
    return random.choice(["{}", "{}", "({})", "-({})"]).format(term).encode()


def nested(random: Random) -> bytes:
    """Return an expression with several signs, brackets and operators."""
    text = str(random.randint(0, 99))
    for _ in range(random.randint(1, 5)):
        other, operator = integer(random, 2), random.choice("+-*/")
        text = random.choice([f"{text}{operator}{other}", f"{other}{operator}{text}"])
        text = random.choice(["{}", "{}", "({})", "-({})", "-{}"]).format(text)
    return text.encode()


def mutated(random: Random) -> bytes:
    """Return a good expression with some characters changed."""
    text = list(good(random).decode())
    for _ in range(random.randint(1, 3)):
        index = random.randrange(len(text) + 1)
        kept = random.randint(0, 1)  # replace or insert
        new = random.choice(["", random.choice(SYMBOLS), random.choice(STRANGE)])
        text[index : index + 1 - kept] = new
    return "".join(text).encode()


def other_digits(random: Random) -> bytes:
    """Return an expression in digits that Python's ``int`` accepts, but exprinfer does not."""
    begin = random.choice([0x660, 0x6F0, 0x966, 0xFF10, 0x1D7CE])
    text = good(random).decode()
    share = random.random()
    return "".join(
        chr(begin + int(c)) if c.isdigit() and random.random() < share else c for c in text
    ).encode()


def framed(random: Random) -> bytes:
    """Return a good expression with odd bytes before, in or after it."""
    line = good(random)
    index = random.choice([0, len(line), random.randint(0, len(line))])
    return line[:index] + random.choice(ODD) + line[index:]


def with_answer(random: Random) -> bytes:
    """Return an expression with an answer, or something else, after it."""
    answer = random.choice([integer(random, 3), "", "=", "? 3", "٣", "9" * 5_000, "1e3", "\0"])
    return good(random) + random.choice([b"=", b" = ", b" =? "]) + answer.encode()


def other_notation(random: Random) -> bytes:
    """Return an expression in another notation."""
    plain = random.choice([good, nested])(random).decode()
    return notations.written(random, plain).encode()


def noise(random: Random) -> bytes:
    """Return random bytes."""
    return random.randbytes(random.randint(0, 40)).replace(b"\n", b"")


def symbols(random: Random) -> bytes:
    """Return random symbols."""
    return "".join(random.choices(SYMBOLS, k=random.randint(0, 20))).encode()


def huge(random: Random) -> bytes:
    """Return an expression followed by up to 4 MiB of a repeated piece."""
    piece = random.choice([b"9", b"(", b"-", b"1+", "é".encode(), b"\xff", b"\0", b" ", b"\x1b[2J"])
    return good(random) + piece * (int(2 ** random.uniform(11, 22)) // len(piece))


KINDS: tuple[Callable[[Random], bytes], ...] = (
    good,
    nested,
    mutated,
    other_digits,
    framed,
    with_answer,
    noise,
    symbols,
    other_notation,
)
#: One of this many lines is huge.
HUGE_PERIOD = 2_000


def fuzzed(lines: int, seed: int) -> Iterator[bytes]:
    """Yield lines, without their line ends."""
    random = Random(seed)
    for number in range(lines):
        yield (
            huge(random)
            if number % HUGE_PERIOD == HUGE_PERIOD // 2
            else random.choice(KINDS)(random)
        )


def expression_of(line: bytes) -> str:
    """Return the expression that the result of a line must have."""
    line = line.removesuffix(b"\r")
    # If the cut splits a character, the whole character is dropped.
    decoder = codecs.getincrementaldecoder("utf-8")()
    kept = line[:LINE_BYTES]
    try:
        text = decoder.decode(kept, final=len(line) <= LINE_BYTES)
    except UnicodeDecodeError:
        return kept.decode(errors="backslashreplace")
    return text.partition("=")[0].strip(" \t\r")


def score(file: BinaryIO, normalize: bool = False) -> Iterator[dict[str, object]]:
    """Yield the results of ``exprinfer score`` for a file."""
    command = [sys.executable, "-m", "exprinfer", "score", "-", "--format", "jsonl"]
    options = ["--device", "cpu", *(["--normalize"] if normalize else [])]
    with subprocess.Popen(
        [*command, *options], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        for line in process.stdout:
            yield json.loads(line)
    assert process.returncode == 1, f"exit code {process.returncode}, although lines have errors"


def count(lines: int, seed: int, normalize: bool = False) -> Counter[str]:
    """Score fuzzed lines, and return how many were certified, only answered, or had an error."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryFile() as file:
        file.write(codecs.BOM_UTF8)  # not a part of the first line
        for line in fuzzed(lines, seed):
            file.write(line + b"\n")
        file.seek(0)
        for line, result in zip_longest(fuzzed(lines, seed), score(file, normalize)):
            assert line is not None, "more results than lines"
            assert result is not None, "fewer results than lines"
            assert result["expression"] == expression_of(line), line[:200]
            counts[_judge(line, result)] += 1
    return counts


def _judge(line: bytes, result: dict[str, object]) -> str:
    expression = result["expression"]
    assert isinstance(expression, str)
    read_as = result.get("read_as")
    if read_as is not None:
        assert isinstance(read_as, str)
        assert notations.explains(expression, read_as), (line[:200], read_as)
    if result["error"]:
        assert not result["certified"], line[:200]
        assert result["answer"] is None, line[:200]
        return str(result["error"])
    if not result["certified"]:
        return "answered, not certified"
    value = oracle.value(expression if read_as is None else read_as)
    assert value is not None, line[:200]
    assert result["answer"] == str(value), (line[:200], result)
    assert result["value"] == value, (line[:200], result)
    return "certified, and right" + (", read as another text" if read_as is not None else "")


def main(lines: int = 1_000_000, seed: int = 1, normalize: bool = False) -> None:
    """Print the counts."""
    counts = count(lines, seed, normalize)
    print(f"{counts.total():,} lines, as many results, in order")
    for outcome, number in counts.most_common():
        print(f"{number:9,} {outcome}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word != "--normalize"]
    lines, seed = [*numbers, *[1_000_000, 1][len(numbers) :]]
    main(lines, seed, normalize="--normalize" in sys.argv)
