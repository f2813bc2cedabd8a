"""Expressions in other notations, and a judge of what ``--normalize`` made of a text.

It shares no code with exprinfer: the judge knows characters by their Unicode names, and accepts a
rewritten text only if every removed and every replaced character has a reason.
"""

from __future__ import annotations

import re
import unicodedata
from random import Random

MINUS = "−–‒—－"  # noqa: RUF001
TIMES = "×·⋅∗＊"  # noqa: RUF001
OVER = "÷∕／"  # noqa: RUF001
BLANKS = (" ", "  ", "\u00a0", "\u2009", "\u3000", "\t")
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
DIGIT_ZEROS = (0x660, 0x6F0, 0x966, 0xFF10)

_NAMES = {
    "-": r"(FULLWIDTH |SMALL )?HYPHEN(-MINUS)?$|NON-BREAKING HYPHEN|(EN|EM|FIGURE) DASH|MINUS SIGN",
    "*": r"MULTIPLICATION (SIGN|X)|MIDDLE DOT|DOT OPERATOR|BULLET OPERATOR|ASTERISK( OPERATOR)?$"
    r"|FULLWIDTH ASTERISK|HEAVY MULTIPLICATION X|CROSS PRODUCT",
    "/": r"DIVISION SIGN|(DIVISION|FRACTION) SLASH|FULLWIDTH SOLIDUS",
    "+": r"(FULLWIDTH|SMALL) PLUS SIGN",
    "(": r"(FULLWIDTH|SMALL) LEFT PARENTHESIS",
    ")": r"(FULLWIDTH|SMALL) RIGHT PARENTHESIS",
}


def written(random: Random, plain: str) -> str:
    """Write an expression in another notation with the same meaning."""
    parts = re.findall(r"[0-9]+|.", plain)
    if parts[0] != "-" and random.random() < 0.1:
        parts.insert(0, "+")
    shown = [_number(random, part) if part.isdigit() else _sign(random, part) for part in parts]
    share = random.choice([0, 0.3, 1])
    blanks = [random.choice(BLANKS) if random.random() < share else "" for _ in shown]
    return "".join(blank + part for blank, part in zip(blanks, shown, strict=True))


def _number(random: Random, digits: str) -> str:
    if len(digits) > 3 and digits[0] != "0":
        mark = random.choice(["", "'", "_", "\u202f", "," if len(digits) > 6 else ""])
        head = len(digits) % 3 or 3
        groups = [digits[:head], *(digits[i : i + 3] for i in range(head, len(digits), 3))]
        digits = mark.join(groups)
    if random.random() < 0.2:
        zero = random.choice(DIGIT_ZEROS)
        return "".join(chr(zero + int(c)) if c in "0123456789" else c for c in digits)
    return digits


def _sign(random: Random, symbol: str) -> str:
    others = {"-": MINUS, "*": TIMES, "/": OVER, "+": "＋", "(": "（", ")": "）"}  # noqa: RUF001
    return random.choice([symbol, random.choice(others[symbol])])


def explains(text: str, read_as: str) -> bool:
    """Return whether a text was rewritten only in ways that keep its meaning."""
    at = 0
    for symbol in read_as:
        while at < len(text) and not _same(text, at, symbol):
            if not _removable(text, at):
                return False
            at += 1
        if at == len(text):
            return False
        at += 1
    return all(_removable(text, rest) for rest in range(at, len(text)))


def _same(text: str, at: int, symbol: str) -> bool:
    character = text[at]
    if character == symbol:
        return True
    if symbol.isdigit():
        return character.isdecimal() and int(character) == int(symbol)
    if symbol in _NAMES and re.search(_NAMES[symbol], unicodedata.name(character, "")):
        return True
    before, after = _around(text, at)
    if symbol == "*" and unicodedata.normalize("NFKC", character) in ("x", "X"):
        spaced = _is_blank(text[at - 1 : at]) and _is_blank(text[at + 1 : at + 2])
        hexadecimal = text[at - 1 : at] == "0" and not text[at - 2 : at - 1].isdigit()
        number_after = after.isdecimal() or (spaced and _bracket(after) == "(")
        number_before = before.isdecimal() or (spaced and _bracket(before) == ")")
        return number_before and number_after and not (hexadecimal and not spaced)
    if symbol == "/" and unicodedata.normalize("NFKC", character) == ":":
        starts = after.isdecimal() or _bracket(after) == "(" or bool(_minus(after))
        return starts and (before.isdecimal() or _bracket(before) == ")")
    return False


def _bracket(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _minus(character: str) -> bool:
    return bool(character) and (
        character == "-" or bool(re.search(_NAMES["-"], unicodedata.name(character, "")))
    )


def _is_blank(character: str) -> bool:
    return character.isspace() or (
        bool(character) and character in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
    )


def _around(text: str, at: int) -> tuple[str, str]:
    """Return the nearest characters on both sides that are not blank."""
    left = next((c for c in reversed(text[:at]) if not _is_blank(c)), "")
    right = next((c for c in text[at + 1 :] if not _is_blank(c)), "")
    return left, right


def _removable(text: str, at: int) -> bool:
    """Return whether a character may be removed without a change of meaning."""
    character = text[at]
    before, after = _around(text, at)
    if _is_blank(character) and not (before.isdecimal() and after.isdecimal()):
        return True
    if unicodedata.normalize("NFKC", character) == "=":
        return not after and bool(before)
    if unicodedata.normalize("NFKC", character) == "+":
        starts = after.isdecimal() or _bracket(after) == "("
        return starts and (not before or _bracket(before) == "(")
    return _separates_groups(text, at)


def _separates_groups(text: str, at: int) -> bool:
    """Return whether the character stands between groups of three digits of one number."""
    mark = text[at]
    if mark not in "'’_,.\u00a0\u2009\u202f":  # noqa: RUF001
        return False
    start, end = at, at + 1
    while start and (text[start - 1].isdecimal() or text[start - 1] == mark):
        start -= 1
    while end < len(text) and (text[end].isdecimal() or text[end] == mark):
        end += 1
    first, *others = text[start:end].strip(mark if mark.isspace() else "").split(mark)
    grouped = 1 <= len(first) <= 3 and all(len(group) == 3 for group in others)
    return grouped and len(others) >= (2 if mark in ",." else 1)
