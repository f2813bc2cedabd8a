"""The part of a text around a place, in one line that is safe to show."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_CUT = "..."


class Excerpt(NamedTuple):
    """A part of a text, around a character."""

    before: str
    """What stands before the character."""
    at: str
    """The character; empty if the place is the end of the text."""
    after: str
    """What stands behind it."""


def excerpt(text: str, position: int = 0, width: int = 60, encoding: str = "utf-8") -> Excerpt:
    """Return the part of a text around a position that fits into one line.

    Characters that do not print, or not in this encoding, are shown as Python escapes them, and so
    is a combining character at the position. What is cut off is shown as ``...``.

    Args:
        text: The text.
        position: Index of a character, or the length of the text.
        width: Columns of the line, as terminals count them, at least 20.
        encoding: The encoding of the stream that shows it.

    Example:
        >>> excerpt("1+2+3+4+5+6+7+8+9+x+1+2+3+4", 18, width=20)
        Excerpt(before='...7+8+9+', at='x', after='+1+2+3+4')
    """
    at = _shown(text[position : position + 1], encoding)
    if at and not columns(at):
        at = ascii(at)[1:-1]
    before = [_shown(c, encoding) for c in reversed(text[max(0, position - width) : position])]
    after = [_shown(c, encoding) for c in text[position + 1 : position + 1 + width]]
    # A further piece stands for what was not looked at: it never fits.
    before += [" " * width] * (position > width)
    after += [" " * width] * (len(text) > position + 1 + width)
    room = width - columns(at)
    needed = _total(after)
    left = _fitting(before, max(room // 2, room - needed))
    right = _fitting(after, room - _total(left))
    return Excerpt("".join(reversed(left)), at, "".join(right))


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Example:
        >>> columns("5+3"), columns("\\uff15+3"), columns("e\\u0301")
        (3, 4, 1)
    """
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _shown(character: str, encoding: str) -> str:
    printing = character if character.isprintable() else ascii(character)[1:-1]
    return printing.encode(encoding, "backslashreplace").decode(encoding)


def _total(pieces: Iterable[str]) -> int:
    return sum(map(columns, pieces))


def _fitting(pieces: list[str], room: int) -> list[str]:
    """Return the pieces from the first on that fit, and the mark of a cut if these are not all."""
    if _total(pieces) <= room:
        return pieces
    fitting: list[str] = []
    room -= len(_CUT)
    for piece in pieces:
        room -= columns(piece)
        if room < 0:
            break
        fitting.append(piece)
    return [*fitting, _CUT]
