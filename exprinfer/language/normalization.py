"""Rewrite the notations that people use into plain symbols, on request.

``normalize`` changes how an expression is written, and never what it means. It leaves alone what it
does not understand, so that validation can point at it. Every change is reported: the result holds
the text that was read and where each of its characters was in the original.

What it rewrites:

- Blanks are removed, visible or not, unless they stand between two digits.
- Minus signs and dashes (``−`` ``–``), signs for times (``×`` ``·``) and for division (``÷``), and
  full-width symbols become ``-``, ``*``, ``/`` and so on. ``x`` between
  numbers, or between values and blanks, becomes ``*``, and ``:`` between values becomes ``/``.
- Decimal digits of other scripts become ASCII digits, but superscripts stay: ``3²`` is not 32.
- Separators between groups of three digits are removed if they cannot be a decimal point:
  ``1'000``, ``1_000``, ``1,000,000`` and ``1.000.000``, but not ``1,000`` and not ``1.000``.
- A plus sign before the first number of an expression or bracket, and an ``=`` at the end, are
  removed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

#: Characters that are written in place of a symbol.
SAME_AS = {
    **dict.fromkeys("−–‒—‐‑﹣－", "-"),
    **dict.fromkeys("×·⋅∙∗＊✕✖⨯", "*"),
    **dict.fromkeys("÷∕⁄／", "/"),
    **dict.fromkeys("＋﹢", "+"),
    **dict.fromkeys("（﹙", "("),
    **dict.fromkeys("）﹚", ")"),
    **{"＝": "=", "：": ":", "ｘ": "x", "Ｘ": "X"},
}
#: Blanks that never count at the ends of an expression.
BLANKS = " \t\r\n"
#: Digits of powers, which ``str.isdigit`` accepts.
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
#: Blanks that typographers put between groups of digits.
_THIN = "\u00a0\u2009\u202f"
#: Characters without a width, which Python does not count as blanks.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

#: A text with nothing to rewrite.
_PLAIN = re.compile(r"(?!\+)(?:[0-9*/)+-]|\((?!\+))*")
#: A number in groups of three digits; a comma or a dot needs two groups to be no decimal point.
_GROUPED = re.compile(
    rf"(?<![0-9.,'’_])(?<![0-9][{_THIN}])[0-9]{{1,3}}"
    rf"(?:(['’_{_THIN}])[0-9]{{3}}(?:\1[0-9]{{3}})*|([.,])[0-9]{{3}}(?:\2[0-9]{{3}})+)"
    rf"(?![0-9.,'’_])(?![{_THIN}][0-9])"
)
_HEXADECIMAL = re.compile(r"(?<![0-9])0[xX](?=[0-9a-fA-F])")
_BLANK = rf"\s{INVISIBLE}"
_BLANKS = re.compile(rf"(?<![0-9{_BLANK}])[{_BLANK}]+|[{_BLANK}]+(?![0-9{_BLANK}])")
_SPACED_TIMES = re.compile(rf"(?<=[0-9)])[\s{INVISIBLE}]+([xX])[\s{INVISIBLE}]+(?=[0-9(])")
_TIMES = re.compile(r"(?<=[0-9])[xX](?=[0-9])")
_OVER = re.compile(r"(?<=[0-9)]):(?=[0-9(-])")
_LEADING_PLUS = re.compile(r"(?:^|(?<=\())\+(?=[0-9(])")


@dataclass(frozen=True, slots=True)
class Normalized:
    """A text as it was read.

    Attributes:
        text: The text in plain symbols, as far as it was understood.
        positions: For each of its characters, and for its end, the index of the character in the
            original text.
    """

    text: str
    positions: tuple[int, ...]


def normalize(text: str) -> Normalized | None:
    """Rewrite a text in plain symbols.

    Args:
        text: The text as somebody wrote it.

    Returns:
        The rewritten text, or None if there is nothing to change.

    Example:
        >>> normalize("2 × (3 − 4) =").text
        '2*(3-4)'
        >>> normalize("2*(3-4)") is None
        True
        >>> normalize("1,000 + 2").text  # a single comma may be a decimal comma
        '1,000+2'
    """
    if _PLAIN.fullmatch(text):
        return None
    written = "".join(map(_plain_character, text))
    rewriting = _Rewriting(written, list(range(len(written))))
    # 0x10 is a hexadecimal number for many people, never zero times ten.
    hexadecimal = {match.end() - 1 for match in _HEXADECIMAL.finditer(written)}
    for match in _GROUPED.finditer(written):
        separators = [at for at in range(*match.span()) if not written[at].isdigit()]
        rewriting.remove(separators)
    rewriting.apply(_SPACED_TIMES, "*")
    rewriting.apply(_BLANKS, "")
    rewriting.apply(_TIMES, "*", keep=hexadecimal)
    rewriting.apply(_OVER, "/")
    rewriting.apply(_LEADING_PLUS, "")
    if rewriting.text.endswith("="):
        rewriting.remove([rewriting.positions[-1]])
    if rewriting.text == text:
        return None
    return Normalized(rewriting.text, (*rewriting.positions, len(text)))


def strip(text: str) -> Normalized | None:
    """Remove the blanks around a text; return None if there are none.

    Example:
        >>> strip(" 5+3 ").text
        '5+3'
    """
    stripped = text.strip(BLANKS)
    if len(stripped) == len(text):
        return None
    start = len(text) - len(text.lstrip(BLANKS)) if stripped else len(text)
    return Normalized(stripped, (*range(start, start + len(stripped)), start + len(stripped)))


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    return SAME_AS.get(character, character) if digit is None else str(digit)


class _Rewriting:
    """A text while it is rewritten, with the original index of each character."""

    def __init__(self, text: str, positions: list[int]) -> None:
        self.text, self.positions = text, positions

    def remove(self, originals: list[int]) -> None:
        """Remove the characters with these original indices."""
        gone = set(originals)
        kept = [index for index, at in enumerate(self.positions) if at not in gone]
        self.text = "".join([self.text[index] for index in kept])
        self.positions = [self.positions[index] for index in kept]

    def apply(
        self, pattern: re.Pattern[str], symbol: str, keep: Collection[int] = frozenset()
    ) -> None:
        """Put a symbol, or nothing, in place of the last group of every match.

        Matches that begin at an original index in ``keep`` stay.
        """
        text, positions, done = [], [], 0
        for match in pattern.finditer(self.text):
            start, end = match.span(match.lastindex or 0)
            if self.positions[start] in keep:
                continue
            text += [self.text[done:start], symbol]
            positions += self.positions[done:start] + self.positions[start : start + len(symbol)]
            done = end
        text.append(self.text[done:])
        positions += self.positions[done:]
        self.text, self.positions = "".join(text), positions
