"""What a state does, in words: arithmetic, moving and erasing numbers, and choosing.

The words come from the cases in which a state sees digits. If it does the same with every digit and
comes back to itself, this loop names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from training.longhand.machine import BLANK
from training.longhand.naming.cases import DIRECTIONS, Behaviour, Case
from training.longhand.naming.formulas import Formula

HALT = "halt"
#: How an operation on whole numbers is called, before what a state does first.
BEGINS = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "divide": "divide",
    "add_zero": "add 0",
    "multiply_zero": "multiply by 0",
}

Action = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, int], ...]]


def activities(
    states: Sequence[Behaviour], formulas: Mapping[int, Formula], operations: Sequence[str]
) -> list[str]:
    """Return what each state does; different states may do the same.

    Args:
        states: All states.
        formulas: The formulas of those that do arithmetic, by number.
        operations: The operation that begins in each state, or empty.
    """
    own = [
        str(formulas[state.number]) if state.number in formulas else _own(state)
        for state in states
    ]
    words = []
    for state, activity in zip(states, own, strict=True):
        operation = operations[state.number]
        begun = "" if activity else _begun(state, states, own)
        if operation in BEGINS and state.number not in formulas:
            words.append(f"{BEGINS[operation]}: {activity or begun or _constant(state)}")
        else:
            begun = begun and f"begin to {begun}"
            words.append(activity or begun or _choice(state, states, own) or _constant(state))
    return [word or _looks(state) for state, word in zip(states, words, strict=True)]


def _own(state: Behaviour) -> str:
    """Return what a state does in its loop; empty if it has none."""
    if not state.cases:
        return HALT
    return _comparison(state) or _loop(state)


def _comparison(state: Behaviour) -> str:
    """Return words for a state that writes nothing and goes on by the order of two digits.

    The second digit may also be a 0 that the state knows without looking.
    """
    tapes, cases = state.number_tapes, state.digit_cases
    if not cases or any(case.write for case in cases):
        return ""
    seen = [[int(case.seen[tape]) for tape in tapes] for case in cases]
    thens = [case.then for case in cases]
    if len(tapes) == 2 and _tells(thens, [(x > y) - (x < y) for x, y in seen], 3):
        return f"compare {tapes[0]} and {tapes[1]}"
    return f"compare {tapes[0]} with 0" if _tells(thens, [x > 0 for x, *_ in seen], 2) else ""


def _tells(thens: Sequence[int], orders: Sequence[int], number: int) -> bool:
    """Return whether each of some orders of two digits leads to one next state, all different."""
    ways = set(zip(orders, thens, strict=True))
    return len(ways) == len(set(orders)) == len(set(thens)) == number


def _loop(state: Behaviour) -> str:
    """Return words for what a state does with digits again and again."""
    cases = [case for case in state.digit_cases if case.then == state.number]
    common = _common(cases)
    if not common:
        return ""
    writes, moves = common[0]
    copies = [(written, tape) for tape, written in writes if written in state.looks]
    erased = [tape for tape, written in writes if written == BLANK]
    constants = [(written, tape) for tape, written in writes if written.isdigit()]
    zeros = "zeros" if {_digit(case, state) for case in cases} == {"0"} else ""
    if copies:
        ((source, target),) = copies
        return f"{'move' if source in erased else 'copy'} {source} to {target}"
    if erased:
        return f"erase {zeros or erased[0]}"
    if constants:
        written, target = constants[0]
        return f"write {written} on {target}"
    return _go(state, cases, dict(moves), zeros)


def _go(state: Behaviour, cases: Sequence[Case], moves: Mapping[str, int], zeros: str) -> str:
    """Return words for a loop that only moves heads; name the tapes that decide how far it goes."""
    tapes = [tape for tape in state.number_tapes if tape in moves and _decides(state, cases, tape)]
    if not tapes or len({moves[tape] for tape in tapes}) != 1:
        return ""
    if zeros:
        return "skip zeros"
    words = f"go {DIRECTIONS[moves[tapes[0]]]} on {' and '.join(tapes)}"
    return f"{words}, then add 1" if _counts(state) else words


def _decides(state: Behaviour, loop: Sequence[Case], tape: str) -> bool:
    """Return whether a symbol on this tape ends the loop, whatever is on other tapes."""
    return not {case.seen[tape] for case in state.cases} <= {case.seen[tape] for case in loop}


def _counts(state: Behaviour) -> bool:
    """Return whether a state ends its loop by adding 1 to a digit."""
    ends = [case for case in state.cases if case.then != state.number]
    return bool(ends) and all(
        any(
            written.isdigit() and case.seen.get(tape, "").isdigit()
            and int(written) == int(case.seen[tape]) + 1
            for tape, written in case.write.items()
        )
        for case in ends
    )


def _begun(state: Behaviour, states: Sequence[Behaviour], own: Sequence[str]) -> str:
    """Return what the next state goes on with, if this one does one step of the same."""
    begun = []
    for number in {case.then for case in state.digit_cases}:
        cases = [case for case in state.digit_cases if case.then == number]
        loop = [case for case in states[number].digit_cases if case.then == number]
        if own[number] and set(_common(cases)) & set(_common(loop)):
            begun.append((len(cases), own[number]))
    return max(begun)[1] if begun else ""


def _choice(state: Behaviour, states: Sequence[Behaviour], own: Sequence[str]) -> str:
    """Return words for a state in which the machine may halt."""
    if not _may_halt(state, own):
        return ""
    others = {case.then for case in state.cases if own[case.then] != HALT}
    others = {number for number in others if not _may_halt(states[number], own)}
    words = {own[number] for number in others}
    return f"halt or {words.pop()}" if len(words) == 1 and "" not in words else "halt or go on"


def _may_halt(state: Behaviour, own: Sequence[str]) -> bool:
    return any(own[case.then] == HALT for case in state.cases)


def _constant(state: Behaviour) -> str:
    """Return words for a state that writes the same symbol, or an operator, on one tape."""
    cases = state.digit_cases or state.cases
    written = Counter(item for case in cases for item in case.write.items())
    tapes = {tape for tape, _ in written}
    if len(tapes) != 1 or sum(written.values()) < len(cases):
        return ""
    symbols = {symbol for _, symbol in written}
    what = symbols.pop() if len(symbols) == 1 else "operator" if symbols <= set("+-*/") else ""
    return what and f"write {what} on {tapes.pop()}"


def _looks(state: Behaviour) -> str:
    return f"look at {' and '.join(state.looks)}"


def _common(cases: Sequence[Case]) -> list[Action]:
    """Return the ways to say what all these cases do; none if they do different things.

    A written digit is named by itself or by the tape that it is copied from.
    """
    ways = [{_action(case, copied) for case in cases} for copied in (False, True)]
    return [way.pop() for way in ways if len(way) == 1]


def _action(case: Case, copied: bool) -> Action:
    sources = {symbol: tape for tape, symbol in reversed(case.sight) if symbol.isdigit()}
    writes = (
        (tape, sources.get(symbol, symbol) if copied else symbol)
        for tape, symbol in case.write.items()
    )
    return tuple(writes), tuple(case.move.items())


def _digit(case: Case, state: Behaviour) -> str:
    return case.seen[state.number_tapes[0]]
