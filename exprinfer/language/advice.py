"""Say what a person can do about an error: one short advice for each usual cause."""

from __future__ import annotations

import unicodedata

from exprinfer.language.normalization import INVISIBLE, SAME_AS, SUPERSCRIPTS, normalize

_NORMALIZE = "or use normalize=True (--normalize)"
#: Notations that are not supported, by the symbol at which the expression goes wrong.
_UNSUPPORTED = {
    "^": "powers are not supported",
    "%": "remainders and percentages are not supported",
    "!": "factorials are not supported",
    "=": "equations and comparisons are not supported; give one expression",
    "<": "equations and comparisons are not supported; give one expression",
    ">": "equations and comparisons are not supported; give one expression",
    "[": "use round brackets",
    "]": "use round brackets",
    "{": "use round brackets",
    "}": "use round brackets",
    "$": "write the numbers alone, without currency signs",
}


def advise(text: str, position: int) -> str:
    """Return what to do about the symbol at which an expression goes wrong.

    Args:
        text: The expression.
        position: Index of the character that is not expected, or the length of the text if its end
            is not expected.

    Returns:
        The advice, or "" if there is none.

    Example:
        >>> advise("5−3", 1)
        "it is U+2212 MINUS SIGN: write '-', or use normalize=True (--normalize)"
        >>> advise("2(3+4)", 1)
        'a product needs its *'
        >>> advise("1.5*2", 1)
        'decimals are not supported'
    """
    if position >= len(text):
        return _at_the_end(text)
    symbol, before, after = text[position], text[:position], text[position + 1 :]
    if symbol.isspace() or symbol in INVISIBLE:
        return _blank(before, after)
    if not symbol.isascii():
        return _beyond_ascii(symbol)
    if symbol in ".,":
        return _separator(text, symbol, before, after)
    if symbol in "_'" and normalize(text):
        return f"remove the separator, {_NORMALIZE}"
    if symbol.isalpha():
        return _letter(symbol, before, after)
    if symbol in _UNSUPPORTED:
        return _UNSUPPORTED[symbol]
    return _misplaced(symbol, before)


def _at_the_end(text: str) -> str:
    pending = text.count("(") - text.count(")")
    if text[-1:].isdigit() or text.endswith(")"):
        return f"{pending} bracket{'s are' if pending > 1 else ' is'} not closed"
    return "a number is missing"


def _blank(before: str, after: str) -> str:
    between_digits = before[-1:].isdigit() and after.lstrip()[:1].isdigit()
    if between_digits:
        return "a blank between two digits may mean two things: remove it, or write an operator"
    return f"blanks are not allowed here: remove them, {_NORMALIZE}"


def _beyond_ascii(symbol: str) -> str:
    if symbol in SUPERSCRIPTS:
        return "powers are not supported"
    name = f"it is U+{ord(symbol):04X} {unicodedata.name(symbol, '')}".rstrip()
    digit = unicodedata.decimal(symbol, None)
    same = SAME_AS.get(symbol) if digit is None else str(digit)
    return f"{name}: write {same!r}, {_NORMALIZE}" if same else name


def _separator(text: str, symbol: str, before: str, after: str) -> str:
    if normalize(text) and not set(".,") & set(normalize(text).text):  # type: ignore[union-attr]
        return f"remove the thousands separators, {_NORMALIZE}"
    if symbol == "," and before[-1:].isdigit() and after[:3].isdigit() and len(after[:3]) == 3:
        return "decimals are not supported; if it separates thousands, remove it"
    return "decimals are not supported"


def _letter(symbol: str, before: str, after: str) -> str:
    if symbol in "xX" and before == "0":
        return "hexadecimal numbers are not supported"
    if symbol in "xX" and before[-1:].isdigit() and after[:1].isdigit():
        return f"write * for a product, {_NORMALIZE}"
    if symbol in "eE" and before[-1:].isdigit() and after[:1].isdigit():
        return "numbers such as 1e5 are not supported: write the digits"
    return "names, words and functions are not supported"


def _misplaced(symbol: str, before: str) -> str:
    """Return advice about one of the expression's own symbols in the wrong place."""
    last = before[-1:]
    if symbol == "(" or (symbol.isdigit() and last == ")"):
        return "a product needs its *"
    if symbol == ")" and (last.isdigit() or last == ")"):
        return "no bracket is open"
    if symbol == "*" and last == "*":
        return "powers are not supported"
    if symbol == "/" and last == "/":
        return "write one / for a division; it truncates toward zero"
    if symbol == "+" and (not before or last == "("):
        return f"remove the plus sign, {_NORMALIZE}"
    return "a number is missing"
