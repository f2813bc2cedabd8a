"""What tells states apart that do the same: the nearest difference that one can see.

Such states differ in what they lead to, for example in the sign that is written at the end. All of
them are followed along the same symbols until they do something different. What each of them does
there is its mark. A difference in signs is preferred to a nearer one of another kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from training.longhand.naming.cases import Behaviour, Case

#: Steps for which states are followed.
FARTHEST = 8

Marks = tuple[str, ...]


def marks(states: Sequence[Behaviour], group: Sequence[int]) -> dict[int, Marks]:
    """Return the marks of states that do the same.

    Args:
        states: All states.
        group: Numbers of the states that do the same.

    Returns:
        By number, none or some marks; those of two states are equal if no difference was found.
    """
    chosen = _choose(states, tuple(group)) if len(group) > 1 else None
    if chosen is None:
        return dict.fromkeys(group, ())
    parts: defaultdict[str, list[int]] = defaultdict(list)
    for number, mark in zip(group, chosen, strict=True):
        parts[mark].append(number)
    return {
        number: ((mark, *more) if mark else more)
        for mark, part in parts.items()
        for number, more in marks(states, part).items()
    }


def _choose(states: Sequence[Behaviour], group: tuple[int, ...]) -> Marks | None:
    """Return a mark for each state of a group: signs if possible, as they say most to a reader."""
    for mark in (_signs, _targets, _moves, _symbols):
        found = _most(map(mark, _followed(states, group)), len(group))
        if len(set(found)) > 1:
            return _without_commonest(states, group, found) if mark is _moves else found
    return None


def _most(found: Iterable[Marks], enough: int) -> Marks:
    """Return the first marks of which most are different."""
    best: Marks = ()
    for one in found:
        if len(set(one)) > len(set(best)):
            best = one
        if len(set(best)) == enough:
            break
    return best


def _followed(states: Sequence[Behaviour], group: tuple[int, ...]) -> Iterator[tuple[Case, ...]]:
    """Yield what the states do on seeing the same, the shortest ways to it first.

    They are followed as long as all of them look at the same tapes.
    """
    reached, ends = {group}, [group]
    for _ in range(FARTHEST):
        following = []
        for end in ends:
            for cases in _same_sights([states[number] for number in end]):
                yield cases
                then = tuple(case.then for case in cases)
                if then not in reached:
                    reached.add(then)
                    following.append(then)
        ends = following


def _same_sights(states: Sequence[Behaviour]) -> Iterator[tuple[Case, ...]]:
    """Yield the cases of some states in which they see the same."""
    first, *others = states
    for case in first.cases:
        if all(case.sight in other.by_sight for other in others):
            yield (case, *(other.by_sight[case.sight] for other in others))


def _signs(cases: Sequence[Case]) -> Marks:
    """Return the signs that are written on one tape; no sign counts as a plus."""
    for tape in sorted({tape for case in cases for tape in case.write}):
        signs = [case.write.get(tape, "+") for case in cases]
        if "-" in signs and set(signs) <= {"+", "-", "0"}:
            return tuple(signs)
    return ()


def _targets(cases: Sequence[Case]) -> Marks:
    """Return the tapes on which digits are written."""
    written = [sorted(t for t, s in case.write.items() if s.isdigit()) for case in cases]
    return tuple(f"to {' and '.join(tapes)}" if tapes else "" for tapes in written)


def _moves(cases: Sequence[Case]) -> Marks:
    """Return the tapes on which the head moves only in some of the cases."""
    common = set(cases[0].move).intersection(*(case.move for case in cases))
    moved = [[tape for tape in case.move if tape not in common] for case in cases]
    return tuple(f"then {' and '.join(tapes)}" if tapes else "" for tapes in moved)


def _symbols(cases: Sequence[Case]) -> Marks:
    """Return the symbols that are written."""
    written = ["".join(case.write.values()).strip() for case in cases]
    return tuple(f"then writes {symbols}" if symbols else "" for symbols in written)


def _without_commonest(states: Sequence[Behaviour], group: tuple[int, ...], found: Marks) -> Marks:
    """Leave out the mark of those states that most transitions lead to."""
    if "" in found:
        return found
    into = Counter(case.then for state in states for case in state.cases)
    counts: Counter[str] = Counter()
    for number, mark in zip(group, found, strict=True):
        counts[mark] += into[number]
    commonest = max(counts, key=lambda mark: (counts[mark], mark))
    return tuple("" if mark == commonest else mark for mark in found)
