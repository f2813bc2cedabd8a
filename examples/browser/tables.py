"""Write the tables that the page shares with the Python package, as JavaScript modules.

    python examples/browser/tables.py

The page reads expressions by the automaton of ``exprinfer.language.grammar`` and explains errors by
the sentences of ``exprinfer.errors``. This program writes both to ``src/language``, so neither is
stated twice. A test checks that the files are what this program writes today.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exprinfer.errors import (
    EXPRESSION_ERRORS,
    EmptyError,
    ExpressionError,
    NotHaltedError,
    NotTextError,
    explain,
)
from exprinfer.language import advice, normalization
from exprinfer.language.grammar import (
    DOMAIN_DESCRIPTIONS,
    Domain,
    GrammarState,
    SeedState,
    advance,
    advance_seed,
    is_complete,
)
from exprinfer.language.operands import DEFAULT_OPERANDS
from exprinfer.language.tokenizer import SYMBOLS, UNKNOWN
from exprinfer.results import FIELDS
from exprinfer.runtime.model_file import DEFAULT
from exprinfer.runtime.model_info import FORMAT_VERSION
from exprinfer.runtime.state_info import TAPES
from exprinfer.scoring.marking import MARKS

FOLDER = Path(__file__).parent / "src" / "language"
#: The errors whose sentences the page shows.
_EXPLAINED: tuple[type[ExpressionError], ...] = (*EXPRESSION_ERRORS[2:8], NotHaltedError)
_HEADER = "// Written by examples/browser/tables.py. Do not edit.\n"
#: Blocks of Unicode whose characters people type into expressions, often by accident.
_NAMED = (
    (0xA0, 0x250), (0x370, 0x500), (0x2000, 0x2300), (0x25A0, 0x2600), (0x2700, 0x27C0),
    (0x2A00, 0x2B00), (0x3000, 0x3040), (0xFE50, 0xFE70), (0xFF00, 0xFFF0),
)  # fmt: skip


def tables() -> dict[str, Any]:
    """Return everything but the names of characters."""
    return {
        "symbols": SYMBOLS,
        "unknown": UNKNOWN,
        "domains": [domain.name.lower() for domain in Domain],
        "domainDescriptions": {d.name.lower(): text for d, text in DOMAIN_DESCRIPTIONS.items()},
        "operands": {"a": DEFAULT_OPERANDS.a, "b": DEFAULT_OPERANDS.b},
        "errors": [kind.code for kind in EXPRESSION_ERRORS],
        "sentences": {kind.code: _sentence(kind) for kind in _EXPLAINED},
        "grammar": _grammar(),
        "seed": _seed(),
        "defaultModels": DEFAULT,
        "formatVersion": FORMAT_VERSION,
        "tapes": TAPES,
        "fields": FIELDS,
        "marks": MARKS,
        "sameAs": normalization.SAME_AS,
        "blanks": normalization.BLANKS,
        "invisible": normalization.INVISIBLE,
        "superscripts": normalization.SUPERSCRIPTS,
        "spaces": _characters(str.isspace),
        # Digits that do not write a decimal number, such as ² and ①.
        "otherDigits": _characters(lambda c: c.isdigit() and not c.isdecimal()),
        "unsupported": advice._UNSUPPORTED,
    }


def names() -> dict[str, str]:
    """Return the names of characters beyond ASCII that messages may have to name.

    Unicode 3.2 has all of them, so every version of Python writes the same file.
    """
    blocks = (chr(code) for begin, end in _NAMED for code in range(begin, end))
    digits = _characters(str.isdecimal)
    old = unicodedata.ucd_3_2_0
    chosen = sorted({*blocks, *digits, *normalization.SAME_AS, *normalization.INVISIBLE})
    return {c: old.name(c) for c in chosen if not c.isascii() and old.name(c, "")}


def _grammar() -> dict[str, Any]:
    """Return ``advance`` as a table. State 0 is the dead state; the last column is for the rest."""
    states = (None, *GrammarState)
    rows = [[0] * (len(SYMBOLS) + 1)]
    for state in GrammarState:
        rows.append([*(states.index(advance(state, symbol)) for symbol in SYMBOLS), 0])
    return {"states": [state.name if state else "DEAD" for state in states], "next": rows}


def _seed() -> dict[str, Any]:
    """Return ``advance_seed`` as a table. State 0 is the dead state, state 1 the start."""
    states: list[SeedState | None] = [None, SeedState()]
    rows = []
    for number, state in enumerate(states):  # the list grows while it is read
        row = [number, *[0] * len(SYMBOLS)]
        for token, symbol in enumerate(SYMBOLS[1:], start=1):
            reached = advance_seed(state, symbol) if state else None
            if reached not in states:
                states.append(reached)
            row[token] = states.index(reached)
        rows.append(row)
    complete = [number for number, state in enumerate(states) if state and is_complete(state)]
    return {"next": rows, "complete": complete}


def _sentence(kind: type[ExpressionError]) -> str:
    """Return the sentence of an error with names in braces in place of what varies."""
    if kind in (NotTextError, EmptyError):
        return explain(EXPRESSION_ERRORS.index(EmptyError), "", -1, "").message
    number, position = EXPRESSION_ERRORS.index(kind), 3
    message = explain(number, "000x", position, "{domain}", "{advice}").message
    named = message.replace("'x'", "{found}").replace(str(position), "{position}")
    return named.replace(": {advice}", "{advice}")


def _characters(wanted: Callable[[str], bool]) -> str:
    """Return the characters of a kind. Beyond U+1FFFF there are neither blanks nor digits."""
    return "".join(filter(wanted, map(chr, range(0x20000))))


def modules() -> dict[Path, str]:
    """Return the content of each file."""
    return {
        FOLDER / "tables.js": _module(tables()),
        FOLDER / "names.js": _module(names()),
    }


def _module(content: dict[str, Any]) -> str:
    lines = (f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in content.items())
    return f"{_HEADER}export default {{\n{''.join(lines)}}};\n"


if __name__ == "__main__":
    for path, text in modules().items():
        path.write_text(text)
        print(f"wrote {path}")
