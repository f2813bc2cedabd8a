"""What became of each expression of the seed domain, by operands."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands

OPERATORS = "+-*/"
#: What is noted of the forms of ``a op b``, as bits.
CERTIFIED, UNCERTIFIED, RIGHT, WRONG, ERROR = (1 << bit for bit in range(5))
#: Bits of the forms: ``a op b``, ``(a op b)`` and ``-(a op b)``.
_FORMS = {None: 32, "(": 64, "-(": 128}
#: Most operands in each direction: the map of more would be larger than a page can show.
MAX_OPERANDS = 256

_EXPRESSION = re.compile(
    r"(-?\()?(0|-?[1-9][0-9]{0,8})([-+*/])(-?[1-9][0-9]{0,8})(?(1)\))", re.ASCII
)


class SeedMap:
    """Notes of the expressions of the seed domain, a byte for each ``a op b``.

    Attributes:
        operands: The operand ranges.
        notes: The bits of each, uint8 ``[operators, a, b]``; empty if the ranges are too wide.
    """

    def __init__(self, operands: Operands = DEFAULT_OPERANDS) -> None:
        self.operands = operands
        widths = [high - low + 1 for low, high in (operands.a, operands.b)]
        shape = (len(OPERATORS), *widths) if max(widths) <= MAX_OPERANDS else (0, 0, 0)
        self.notes: NDArray[np.uint8] = np.zeros(shape, np.uint8)

    def plus(self, texts: Sequence[str], bits: NDArray[np.uint8]) -> SeedMap:
        """Return a new map that also notes some expressions.

        Args:
            texts: The expressions; those outside the seed domain are left out.
            bits: What is noted of each, uint8 ``[texts]``.
        """
        matches = map(_EXPRESSION.fullmatch, texts)
        rows = [(row, *found.groups()) for row, found in enumerate(matches) if found]
        if not self.notes.size or not rows:
            return self
        index, forms, a, operators, b = zip(*rows, strict=True)
        places = [
            np.fromiter(map(OPERATORS.index, operators), np.int64),
            np.array(a, np.int64) - self.operands.a[0],
            np.array(b, np.int64) - self.operands.b[0],
        ]
        inside = np.logical_and.reduce(
            [(at >= 0) & (at < size) for at, size in zip(places, self.notes.shape, strict=True)]
        )
        values = bits[list(index)] | np.fromiter(map(_FORMS.__getitem__, forms), np.uint8)
        noted = SeedMap(self.operands)
        noted.notes = self.notes.copy()
        np.bitwise_or.at(noted.notes, tuple(at[inside] for at in places), values[inside])
        return noted

    @property
    def covered(self) -> int:
        """The number of different expressions that were seen."""
        return sum(int(np.count_nonzero(self.notes & form)) for form in _FORMS.values())

    @property
    def size(self) -> int:
        """The number of expressions of the domain."""
        _, a, b = self.notes.shape
        low, high = self.operands.b
        without_zero = b - int(low <= 0 <= high)
        return len(OPERATORS) * len(_FORMS) * int(a) * int(without_zero)

    def to_json(self) -> dict[str, Any]:
        """Return the map as JSON values."""
        packed = base64.b64encode(zlib.compress(self.notes.tobytes(), 1)).decode()
        return {"a": self.operands.a, "b": self.operands.b, "notes": packed}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> SeedMap:
        """Return the map that ``to_json`` was made of."""
        found = cls(Operands(tuple(saved["a"]), tuple(saved["b"])))
        content = zlib.decompress(base64.b64decode(saved["notes"]))
        found.notes = np.frombuffer(content, np.uint8).reshape(found.notes.shape)
        return found
