"""Damage model files at random, and count how many are refused.

``python -m tests.fuzz.damage [FILES] [SEED]`` prints the counts, by kind of damage. Each file is a
damaged copy of a shipped one, which is opened as a user would open it. Raises AssertionError if a
file with other content than the shipped one can be opened.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

import exprinfer
from exprinfer import ModelFileError
from exprinfer.runtime.model_file import shipped

Damage = Callable[[bytearray, np.random.Generator], None]


def flip_bits(content: bytearray, random: np.random.Generator) -> None:
    """Change 1 to 8 bits anywhere."""
    for index in random.integers(len(content), size=random.integers(1, 9)):
        content[index] ^= 1 << int(random.integers(8))


def overwrite(content: bytearray, random: np.random.Generator) -> None:
    """Replace a range of up to 64 KiB by random bytes."""
    begin, length = _range(content, random)
    content[begin : begin + length] = random.bytes(length)


def blank(content: bytearray, random: np.random.Generator) -> None:
    """Replace a range by zeros, as if a block of a disk was lost."""
    begin, length = _range(content, random)
    content[begin : begin + length] = bytes(length)


def cut_short(content: bytearray, random: np.random.Generator) -> None:
    """Cut off the end."""
    del content[int(random.integers(len(content))) :]


def append(content: bytearray, random: np.random.Generator) -> None:
    """Append up to 4 KiB, half of the time zeros."""
    length = int(random.integers(1, 4_097))
    content += random.bytes(length) if random.random() < 0.5 else bytes(length)


def take_out(content: bytearray, random: np.random.Generator) -> None:
    """Remove a range, which moves everything after it."""
    begin, length = _range(content, random)
    del content[begin : begin + length]


def at_the_end(content: bytearray, random: np.random.Generator) -> None:
    """Change one bit of the metadata, which is at the end."""
    index = len(content) - 1 - int(random.integers(2_000))
    content[index] ^= 1 << int(random.integers(8))


DAMAGES: tuple[Damage, ...] = (
    flip_bits,
    overwrite,
    blank,
    cut_short,
    append,
    take_out,
    at_the_end,
)


def _range(content: bytearray, random: np.random.Generator) -> tuple[int, int]:
    begin = int(random.integers(len(content)))
    length = int(2 ** random.uniform(0, 16))
    return begin, min(length, len(content) - begin)


def count(files: int, seed: int) -> dict[str, Counter[str]]:
    """Return for each kind of damage how many files were ``refused`` and how many ``untouched``.

    Damage may leave a file untouched by chance; then it is opened.
    """
    random = np.random.default_rng(seed)
    contents = [path.read_bytes() for path in shipped().values()]
    counts: dict[str, Counter[str]] = {damage.__name__: Counter() for damage in DAMAGES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        for number in range(files):
            damage = DAMAGES[number % len(DAMAGES)]
            whole = contents[number % len(contents)]
            content = bytearray(whole)
            damage(content, random)
            path.write_bytes(content)
            refused = _refusal(path)
            assert bool(refused) == (content != whole), f"damage {number} of seed {seed}"
            assert not refused or str(path) in refused
            counts[damage.__name__]["refused" if refused else "untouched"] += 1
    return counts


def _refusal(path: Path) -> str:
    """Return why a file is refused; empty if it is opened."""
    try:
        exprinfer.load(path, "cpu").close()
    except ModelFileError as error:
        return str(error)
    return ""


def main(files: int = 1_000, seed: int = 1) -> None:
    """Print the counts."""
    counts = count(files, seed)
    for name, by_outcome in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        refused, untouched = by_outcome["refused"], by_outcome["untouched"]
        print(f"{name:10} {refused:6,} refused {untouched:6,} untouched, opened")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
