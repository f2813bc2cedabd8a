"""What a state does, in words: arithmetic, copying, erasing, comparing, going, or choosing.

The words come from the cases in which a state sees digits. A state that does the same with each
digit and comes back to itself is named after this loop. Different states may get the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.longhand.machine import BLANK
from training.longhand.naming.cases import DIRECTIONS, Behaviour, Case
from training.longhand.naming.formulas import Formula

HALT = "halt"
#: How operations on whole numbers are written before what the state itself does.
BEGINS = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "divide": "divide",
    "add_zero": "add 0",
    "multiply_zero": "multiply by 0",
}
#: Each digit before the next one.
ONE_MORE = {f"{digit}{digit + 1}" for digit in range(9)}

Action = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, int], ...]]


def activities(
    states: Sequence[Behaviour], formulas: Mapping[int, Formula], operations: Sequence[str]
) -> list[str]:
    """Return what each state does.

    Args:
        states: All states.
        formulas: The formulas of those that do arithmetic on digits, by number.
        operations: The operation on whole numbers that begins in each state, or empty.
    """
    own = [
        str(formulas[state.number]) if state.number in formulas else _own(state) for state in states
    ]
    words = []
    for state, operation in zip(states, operations, strict=True):
        word, begun = own[state.number], _begun(state, states, own)
        if operation in BEGINS and state.number not in formulas:
            word = f"{BEGINS[operation]}: {word or begun or _written(state)}"
        elif begun and not word:
            word = f"begin to {begun}"
        words.append(word or _choice(state, states, own) or _written(state) or _looks(state))
    return words


def _own(state: Behaviour) -> str:
    """Return what a state does by itself; empty if there are no words for it."""
    return (_comparison(state) or _loop(state)) if state.cases else HALT


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
    loop = [case for case in state.digit_cases if case.then == state.number]
    common = _common(loop)
    if not common:
        return ""
    writes, moves = common[0]
    zeros = {case.seen[state.number_tapes[0]] for case in loop} == {"0"}
    erased = [tape for tape, written in writes if written == BLANK]
    for tape, written in writes:
        if written in state.looks:
            return f"{'move' if written in erased else 'copy'} {written} to {tape}"
        if written.isdigit():
            return f"write {written} on {tape}"
    if erased:
        return f"erase {'zeros' if zeros else erased[0]}"
    return _go(state, loop, dict(moves), zeros)


def _go(state: Behaviour, loop: Sequence[Case], moves: Mapping[str, int], zeros: bool) -> str:
    """Return words for a loop that only moves heads, with the tapes that decide when it ends."""
    tapes = []
    for tape in state.number_tapes:
        inside = {case.seen[tape] for case in loop}
        if tape in moves and any(case.seen[tape] not in inside for case in state.cases):
            tapes.append(tape)
    directions = {moves[tape] for tape in tapes}
    if len(directions) != 1:
        return ""
    if zeros:
        return "skip zeros"
    words = f"go {DIRECTIONS[directions.pop()]} on {' and '.join(tapes)}"
    return f"{words}, then add 1" if _ends_with_one_more(state) else words


def _ends_with_one_more(state: Behaviour) -> bool:
    """Return whether a state always ends its loop by adding 1 to a digit."""
    ends = [case for case in state.cases if case.then != state.number]
    return all(
        any(
            case.seen.get(tape, BLANK) + written in ONE_MORE for tape, written in case.write.items()
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
    words = {own[number] for number in others if not _may_halt(states[number], own)}
    return f"halt or {words.pop()}" if len(words) == 1 and "" not in words else "halt or go on"


def _may_halt(state: Behaviour, own: Sequence[str]) -> bool:
    return any(own[case.then] == HALT for case in state.cases)


def _written(state: Behaviour) -> str:
    """Return words for a state that always writes on one tape; empty if it does not."""
    cases = state.digit_cases or state.cases
    tapes = {tuple(case.write) for case in cases}
    symbols = {symbol for case in cases for symbol in case.write.values()}
    if len(tapes) != 1 or len(*tapes) != 1:
        return ""
    what = symbols.pop() if len(symbols) == 1 else "operator" if symbols <= set("+-*/") else ""
    return what and f"write {what} on {tapes.pop()[0]}"


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
