"""The tape machine: its tapes, what its controller sees and decides, and its limits.

The machine has the tapes ``TAPES`` with a head on each. ``input`` holds the expression. When the
machine halts, ``answer`` holds the answer, or ``DIVIDED_BY_ZERO``. The other tapes are blank at
first.
"""

from __future__ import annotations

from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.model_file import TAPES

BLANK = SYMBOLS[0]
LEFT, RIGHT = -1, 1
#: What stands on the answer's tape after a division by zero. ``exprinfer`` turns it into an error.
DIVIDED_BY_ZERO = "/"
#: What the controller sees of a tape that it does not look at, and its decision to write nothing.
#: Both come after the token ids of the symbols.
UNSEEN = KEEP = len(SYMBOLS)
#: Longest expression, in symbols: two numbers of 1,000 digits, signs, brackets, and some room.
LONGEST_INPUT = 2_048
#: Steps that are allowed if the caller of the graph sets no limit: only the graph's own counts.
UNLIMITED = 2**62

__all__ = [
    "BLANK",
    "DIVIDED_BY_ZERO",
    "KEEP",
    "LEFT",
    "LONGEST_INPUT",
    "RIGHT",
    "TAPES",
    "UNLIMITED",
    "UNSEEN",
]
