"""The tape machine: its tapes, what its controller sees and decides, and its limits.

The machine has the tapes ``TAPES`` with a head on each. ``input`` holds the expression, the other
tapes are blank at first. When the machine halts, ``answer`` holds the answer, or
``DIVIDED_BY_ZERO``, which ``exprinfer`` turns into an error. ``UNLIMITED`` steps are allowed if the
caller of the graph sets no limit; then only the limit inside the graph counts.
"""

from __future__ import annotations

from exprinfer.language.tokenizer import SYMBOLS
from exprinfer.runtime.state_info import TAPES
from exprinfer.runtime.tapes import DIVIDED_BY_ZERO, UNLIMITED

BLANK = SYMBOLS[0]
LEFT, RIGHT = -1, 1
#: What the controller sees of a tape that it does not look at, and its decision to write nothing.
#: Both come after the token ids of the symbols.
UNSEEN = KEEP = len(SYMBOLS)
#: Longest expression, in symbols: two numbers of 1,000 digits, signs, brackets, and some room.
LONGEST_INPUT = 2_048

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
