"""A number of steps that ``longhand`` surely takes for an expression.

It follows from how schoolbook arithmetic goes over the digits of numbers, so it is known before any
computation. It is never above the number of steps that are taken, but it can be far below: it knows
nothing of the values in brackets, and of a quotient only its length.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from exprinfer.language.tokenizer import SYMBOLS

_PART = re.compile(r"([0-9]+)|[-+*/()]")
_CHARACTERS = bytes(range(256)).replace(bytes(range(len(SYMBOLS))), SYMBOLS.encode())


def surely_over(
    tokens: NDArray[np.uint8], lengths: NDArray[np.int64], max_steps: int
) -> NDArray[np.bool_]:
    """Return which expressions surely need more steps than a budget, ``[batch]``.

    Args:
        tokens: Token ids ``[batch, time]``.
        lengths: Lengths of the texts ``[batch]``.
        max_steps: The budget.
    """
    over = np.zeros(len(lengths), bool)
    # For n symbols, ``fewest_steps`` returns less than 4 n^2 + 8 n.
    for row in np.flatnonzero(4 * lengths * lengths + 8 * lengths > max_steps).tolist():
        text = tokens[row, : lengths[row]].tobytes().translate(_CHARACTERS).decode()
        over[row] = fewest_steps(text) > max_steps
    return over


def fewest_steps(text: str) -> int:
    """Return a number of steps that ``longhand`` surely takes for a valid expression.

    - A step reads one symbol at most, and every symbol is read, unless a division by zero ends the
      work before. So nothing counts from the first divisor on that may be zero.
    - A product of numbers of i and j digits takes 2 i + 1 steps for each of the j digits, to
      multiply and to write the carry, and i steps back between them. It has i + j - 1 digits or
      more.
    - A quotient of numbers of i and j digits takes j + 1 steps to put the divisor in place, and for
      each of i - j + 1 places one step to write a zero, three to find that the divisor does not
      fit there, and one on the way back. It has i - j digits or more.

    These steps do not read, except for the last one of each operation, which is not counted. Longer
    numbers never take fewer steps.

    Example:
        >>> fewest_steps("5+3"), fewest_steps("12345678*87654321")
        (3, 209)
    """
    beside_reading = 0
    digits = 0  # that the value on the left of the operator has at least; 0 if it may be zero
    operator, after_value = "", False
    for part in _PART.finditer(text):
        symbol = part[0]
        if part[1]:
            size = len(symbol.lstrip("0"))
            if operator == "/" and not size:
                return beside_reading + part.start()
            if operator == "*" and digits and size:
                beside_reading += 3 * digits * size + size - digits
                digits += size - 1
            elif operator == "/" and digits >= size:
                beside_reading += size + 3 + 5 * (digits - size + 1)
                digits -= size
            else:
                digits = 0 if operator else size
            operator, after_value = "", True
        elif symbol == "(":
            if operator == "/":
                return beside_reading + part.start()
            operator, after_value = "", False
        elif symbol == ")":
            digits, after_value = 0, True
        elif after_value:  # it is no sign
            operator = symbol if symbol in "*/" else ""
            after_value = False
    return beside_reading + len(text)
