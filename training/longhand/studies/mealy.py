"""The teacher as a Mealy machine for AALpy (Muskardin et al. 2022), a library that learns automata.

An input is the number of a sight: the symbols under the heads that are looked at. The output is the
number of all that is visible of the step: what is written, the moves, the tapes looked at next, and
whether the machine halts; see ``memory.tree.labels``. If a sight is impossible, the output is
``SINK``, now and ever after; so it is after the machine has halted. No state is visible.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from signal import ITIMER_PROF, SIGPROF, setitimer, signal

import numpy as np
from aalpy import SUL, MealyMachine, MealyState, Oracle
from aalpy.learning_algs import run_EDSM, run_KV, run_Lsharp, run_Lstar, run_RPNI
from numpy.typing import NDArray

from training.longhand.memory.automaton import Automaton
from training.longhand.memory.traces import HALTED, LOOKS, Traces, Watcher
from training.longhand.memory.tree import labels
from training.longhand.proof.table import TransitionTable

#: The output after an impossible sight.
SINK = -1
#: Learners that ask questions, and learners that only get workings.
ACTIVE = {"L*": run_Lstar, "KV": run_KV, "L#": run_Lsharp}
PASSIVE = {"RPNI": run_RPNI, "EDSM": run_EDSM}


class TimeUpError(Exception):
    """A learner did not end within its time."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUpError after some seconds of processor time. Works only in the main thread."""

    def stop(*_: object) -> None:
        raise TimeUpError

    before = signal(SIGPROF, stop)
    setitimer(ITIMER_PROF, seconds)
    try:
        yield
    finally:
        setitimer(ITIMER_PROF, 0)
        signal(SIGPROF, before)


class Teacher(SUL):  # type: ignore[misc]
    """The system that is learned. A question is a word of sights; the answer is all its outputs.

    Attributes:
        rows: For each state of the teacher, the output and the next state by sight.
        sights: All inputs.
    """

    def __init__(self, table: TransitionTable, watcher: Watcher) -> None:
        super().__init__()
        self.rows: list[dict[int, tuple[int, int]]] = [{} for _ in table.states]
        t = table.transitions
        for number, (state, then) in enumerate(zip(t.state, t.next_state, strict=True)):
            sight, label = watcher.shown(number)
            self.rows[int(state)][sight] = label, int(then)
        self.sights = list(range(len(watcher.alphabet.sights)))
        #: Nothing is possible in the halting state, so it serves as the sink too.
        self.sink = SINK, table.halt
        self._state = 0

    def pre(self) -> None:
        """Begin a question."""
        self._state = 0

    def post(self) -> None:
        """End a question."""

    def step(self, letter: int) -> int:
        """Take one step."""
        output, self._state = self.rows[self._state].get(letter, self.sink)
        return output

    def query(self, word: tuple[int, ...]) -> list[int]:
        """Answer a question."""
        rows, sink, state, outputs = self.rows, self.sink, 0, []
        for sight in word:
            output, state = rows[state].get(sight, sink)
            outputs.append(output)
        self.num_queries += 1
        self.num_steps += len(word)
        return outputs


class Comparison(Oracle):  # type: ignore[misc]
    """Finds a shortest counterexample by comparison with the teacher's own states.

    Attributes:
        hypothesis: The last automaton that was compared.
    """

    def __init__(self, teacher: Teacher) -> None:
        super().__init__(teacher.sights, teacher)
        self._teacher = teacher
        self.hypothesis: MealyMachine | None = None

    def find_cex(self, hypothesis: MealyMachine) -> tuple[int, ...] | None:
        """Return a word that the automaton answers wrongly; None if there is none."""
        self.hypothesis = hypothesis
        self.num_queries += 1
        start = hypothesis.initial_state, 0
        words: dict[tuple[MealyState, int], tuple[int, ...]] = {start: ()}
        to_try = deque([start])
        while to_try:
            mine, state = pair = to_try.popleft()
            row = self._teacher.rows[state]
            for sight in self._teacher.sights:
                output, then = row.get(sight, self._teacher.sink)
                if mine.output_fun[sight] != output:
                    return (*words[pair], sight)
                new = mine.transitions[sight], then
                if new not in words:
                    words[new] = (*words[pair], sight)
                    to_try.append(new)
        return None


class Workings(Oracle):  # type: ignore[misc]
    """Finds a counterexample among the visible workings of expressions, and knows nothing else.

    Attributes:
        hypothesis: The last automaton that was compared.
    """

    def __init__(self, teacher: Teacher, traces: Traces) -> None:
        super().__init__(teacher.sights, teacher)
        self._words = _words(traces)
        self._next = 0
        self.hypothesis: MealyMachine | None = None

    def find_cex(self, hypothesis: MealyMachine) -> tuple[int, ...] | None:
        """Return the beginning of a working up to the first step that is wrong."""
        self.hypothesis = hypothesis
        self.num_queries += 1
        for number in range(len(self._words)):
            place = (self._next + number) % len(self._words)
            state, word = hypothesis.initial_state, self._words[place]
            for step, (sight, output) in enumerate(word):
                if state.output_fun[sight] != output:
                    self._next = place
                    return tuple(sight for sight, _ in word[: step + 1])
                state = state.transitions[sight]
        return None


def _words(traces: Traces) -> list[list[tuple[int, int]]]:
    """Return the inputs and outputs of each working."""
    pairs = list(zip(traces.sight.tolist(), labels(traces).tolist(), strict=True))
    bounds = traces.starts.tolist()
    return [pairs[first:end] for first, end in pairwise(bounds)]


def ask(learner: str, teacher: Teacher, oracle: Comparison | Workings) -> MealyMachine:
    """Let a learner of ``ACTIVE`` ask the teacher. The teacher counts the questions.

    KV asks many questions again; AALpy remembers their answers. The other learners ask few again,
    and to remember 50 million answers of L* would fill the memory.
    """
    cache = learner == "KV"
    return ACTIVE[learner](
        teacher.sights, teacher, oracle, "mealy", cache_and_non_det_check=cache, print_level=0
    )


def merge(learner: str, traces: Traces) -> MealyMachine:
    """Let a learner of ``PASSIVE`` merge the beginnings of workings."""
    data: dict[tuple[int, ...], int] = {}
    for word in _words(traces):
        sights = tuple(sight for sight, _ in word)
        data.update((sights[: step + 1], output) for step, (_, output) in enumerate(word))
    rows = sorted(data.items(), key=lambda row: len(row[0]))
    return PASSIVE[learner](rows, "mealy", print_info=False)


def automaton(machine: MealyMachine, looks: int) -> Automaton:
    """Return a machine of AALpy in the form that ``memory.search`` compares with the teacher.

    Args:
        machine: The machine. Its steps to the sink are left out.
        looks: The tapes that the first state looks at.
    """
    states = [machine.initial_state]
    states += [state for state in machine.states if state is not machine.initial_state]
    number = {id(state): index for index, state in enumerate(states)}
    rows = [
        (number[id(state)], sight, output, number[id(state.transitions[sight])])
        for state in states
        for sight, output in state.output_fun.items()
        if output != SINK
    ]
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Automaton(_looks(columns, len(states), looks), *columns)


def _looks(columns: NDArray[np.int64], states: int, looks: int) -> NDArray[np.int64]:
    """Return the tapes that each state looks at, as the steps to it show; HALTED if none does."""
    found = np.full(states, HALTED)
    found[columns[3]] = columns[2] % LOOKS
    found[0] = looks
    return found
