from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import exprinfer
import training.longhand.naming
from exprinfer.runtime.state_info import StateInfo
from training.longhand.machine import BLANK, LEFT, RIGHT
from training.longhand.naming import describe
from training.longhand.proof.decisions import decide
from training.longhand.proof.parts import initializers
from training.longhand.proof.table import Transitions, TransitionTable, kept
from training.longhand.teacher import TEACHER
from training.longhand.teacher.program import HALT, Action, ImpossibleError, Program, State, value

#: The phases of the teacher in which an operation begins or goes on; used only to check what was
#: found without them.
OPERATIONS = {
    "add": "add",
    "subtract": "subtract",
    "times": "multiply",
    "over": "divide",
    "fetch": "add_zero",
    "drop": "multiply_zero",
    "result": "result",
}


@pytest.fixture(scope="module")
def table() -> TransitionTable:
    return TransitionTable(TEACHER)


@pytest.fixture(scope="module")
def described(table: TransitionTable) -> list[StateInfo]:
    return describe(table.reads, table.transitions)


def test_every_state_has_a_short_name_of_its_own_without_a_number(
    described: list[StateInfo],
) -> None:
    names = [state.name for state in described]
    assert len(set(names)) == len(names) == 172
    assert max(map(len, names)) <= 40
    assert not any("#" in name for name in names)


def _renumbered(
    reads: NDArray[np.bool_], transitions: Transitions, order: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], Transitions]:
    """Return the table in which state ``order[n]`` is n, its transitions in another order."""
    number = np.argsort(order)
    state, then = number[transitions.state], number[transitions.next_state]
    renumbered = replace(transitions, state=state, next_state=then)
    return reads[order], renumbered[np.random.default_rng(1).permutation(len(state))]


def test_the_numbers_of_the_states_and_the_order_of_the_transitions_do_not_matter(
    table: TransitionTable, described: list[StateInfo]
) -> None:
    order = np.random.default_rng(0).permutation(len(table.states))
    found = describe(*_renumbered(table.reads, table.transitions, order))
    assert found == [described[state] for state in order]


def test_to_write_the_symbol_that_is_there_is_to_keep_it(
    table: TransitionTable, described: list[StateInfo]
) -> None:
    t = table.transitions
    unchanged = replace(t, write=kept(t.write, t.seen))
    assert (unchanged.write != t.write).any()
    assert describe(table.reads, unchanged) == described


def test_the_naming_imports_nothing_of_the_teacher() -> None:
    for file in Path(training.longhand.naming.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert "teacher" not in str(node.module), file


def test_the_operations_found_are_those_that_the_teacher_was_written_for(
    table: TransitionTable, described: list[StateInfo]
) -> None:
    for state, found in zip(table.states, described, strict=True):
        operation = OPERATIONS.get(state.phase, "")
        sign = str(state.holds[0]) if operation and state.holds else ""
        assert (found.operation, found.sign) == (operation, sign), state


@pytest.mark.parametrize(
    ("phase", "holds", "name"),
    [
        ("first_digits", ("-",), "copy input to first, -"),
        ("second_zeros", ("+",), "skip zeros, to second, +"),
        ("lift_first", ("-",), "move first to answer, -"),
        ("wipe", ("0",), "erase second, 0"),
        ("add", ("-", 1), "add, carry 1, -"),
        ("subtract", ("+", 1), "subtract, borrow 1, +"),
        ("complement", ("-", 0), "complement, carry 0, -"),
        ("multiply", (7,), "multiply, carry 7"),
        ("product", (0,), "add 0 to answer"),
        ("product", (40,), "add 40 to answer"),
        ("product", (87,), "add 87 to answer"),
        ("take_away", (1,), "subtract in place, borrow 1"),
        ("compare", (), "compare first and second"),
        ("result", ("0", "clean"), "halt or go on, 0"),
    ],
)
def test_a_name_says_what_the_state_does(
    table: TransitionTable,
    described: list[StateInfo],
    phase: str,
    holds: tuple[int | str, ...],
    name: str,
) -> None:
    assert described[table.states.index(State(phase, holds))].name == name


def test_the_shipped_names_are_those_of_the_shipped_decisions(repository: Path) -> None:
    file = repository / "models/longhand/model.onnx"
    model = onnx.load(file)
    made = decide(model)
    columns = (made.state, made.seen, made.next_state, made.write, made.move)
    reads = initializers(model)["LOOKS"][:, :, 0].astype(bool)
    states = exprinfer.load(str(file), "cpu").models[0].states
    assert states == tuple(describe(reads, Transitions(*columns)))


def _counter() -> Program:
    """Return a machine made by hand: it adds 1 to a number, and may write a minus in the end."""
    program = Program()

    @program.phase("input")
    def start(sign: str, symbol: str) -> Action:
        if symbol == "-":
            return Action(q("-"), move={"input": RIGHT})
        return _copied(symbol, State("q", (sign,)))

    @program.phase("input")
    def q(sign: str, symbol: str) -> Action:
        if symbol == BLANK:
            return Action(State("r", (sign, 1)), move={"first": LEFT})
        return _copied(symbol, State("q", (sign,)))

    @program.phase("first")
    def r(sign: str, carry: int, symbol: str) -> Action:
        if symbol == BLANK:
            return Action(HALT, {"answer": "-"} if sign == "-" else {})
        carry, digit = divmod(value(symbol) + carry, 10)
        return Action(State("r", (sign, carry)), {"first": str(digit)}, {"first": LEFT})

    return program


def _copied(symbol: str, then: State) -> Action:
    if not symbol.isdigit():
        return Action(HALT)
    return Action(then, {"first": symbol}, {"input": RIGHT, "first": RIGHT})


def _names(program: Program) -> dict[State, str]:
    table = TransitionTable(program)
    states = describe(table.reads, table.transitions)
    return {state: info.name for state, info in zip(table.states, states, strict=True)}


def test_a_machine_made_by_hand_gets_the_names_that_one_expects() -> None:
    assert _names(_counter()) == {
        State("start", ("+",)): "begin to copy input to first",
        State("q", ("+",)): "copy input to first, +",
        State("q", ("-",)): "copy input to first, -",
        # Without a carry nothing is changed.
        State("r", ("+", 0)): "go left on first, +",
        State("r", ("+", 1)): "add 1 to first, +",
        State("r", ("-", 0)): "go left on first, -",
        State("r", ("-", 1)): "add 1 to first, -",
        HALT: "halt",
    }


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        (lambda x, y: x + y, "add, carry 0"),
        (lambda x, y: x + y + 7, "add, carry 7"),
        (lambda x, y: x - y - 1, "subtract, borrow 1"),
        (lambda x, y: x * y + 3, "multiply, carry 3"),
        # No formula that is tried.
        (lambda x, y: x * x + y, "look at first and second"),
    ],
)
def test_formulas_of_two_digits_are_recognized(
    formula: Callable[[int, int], int], name: str
) -> None:
    program = Program()

    @program.phase("first", "second")
    def start(sign: str, x: str, y: str) -> Action:
        if not (x.isdigit() and y.isdigit()):
            raise ImpossibleError
        written = str(formula(int(x), int(y)) % 10)
        return Action(State("then"), {"answer": written}, {"first": LEFT, "second": LEFT})

    @program.phase("first")
    def then(symbol: str) -> Action:
        return Action(HALT)

    assert _names(program)[State("start", ("+",))] == name


def test_states_that_nothing_tells_apart_are_numbered() -> None:
    program = Program()

    @program.phase("input")
    def start(sign: str, symbol: str) -> Action:
        other = "-" if sign == "+" else "+"
        then = State("start", (sign if symbol.isdigit() else other,))
        return Action(then, move={"input": RIGHT})

    names = _names(program)
    assert set(names.values()) == {"go right on input #1", "go right on input #2", "halt"}


def test_a_digit_in_place_of_an_operator_is_no_formula() -> None:
    program = Program()

    @program.phase("first")
    def start(sign: str, symbol: str) -> Action:
        written = str((value(symbol) + 1) % 10) if symbol.isdigit() else "7"
        return Action(HALT, {"first": written})

    assert _names(program)[State("start", ("+",))] == "halt or go on"
