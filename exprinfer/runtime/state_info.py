"""What the states of a model that works on tapes mean to a reader."""

from __future__ import annotations

import json
from dataclasses import dataclass

#: The tapes of a model that works on tapes, by their place in the graph.
TAPES = ("input", "first", "second", "answer")
#: What a step can do to the numbers, shown by ``--show-work``; empty if the step is not part of an
#: operation.
OPERATIONS = (
    "", "add", "subtract", "multiply", "divide", "add_zero", "multiply_zero", "result",
)  # fmt: skip


@dataclass(frozen=True)
class StateInfo:
    """What one state of a model that works on tapes means to a reader.

    Attributes:
        name: Its name, such as ``add, carry 0, +``.
        operation: What the step that begins in this state does to the numbers, one of
            ``OPERATIONS``. It is shown by ``--show-work``; empty if the step is not part of an
            operation.
        sign: The sign that belongs to the operation: ``+``, ``-``, ``0`` (a result that is zero)
            or empty.
    """

    name: str
    operation: str
    sign: str


def read_states(text: str) -> tuple[StateInfo, ...]:
    """Read the states from JSON.

    Raises:
        ValueError: If they are not what the contract asks for.
    """
    rows = json.loads(text)
    keys = set(StateInfo.__dataclass_fields__)
    if not (isinstance(rows, list) and all(isinstance(r, dict) and r.keys() == keys for r in rows)):
        raise ValueError(f"states must be a list of objects with the keys {sorted(keys)}")
    states = tuple(StateInfo(**row) for row in rows)
    for state in states:
        signed = state.operation in ("add", "subtract", "multiply", "divide", "add_zero")
        allowed = ("+", "-", "0") if state.operation == "result" else ("+", "-")
        if not (isinstance(state.name, str) and state.name):
            raise ValueError(f"a state's name must be text, got {state.name!r}")
        if state.operation not in OPERATIONS:
            raise ValueError(f"state {state.name!r} has an unknown operation {state.operation!r}")
        if state.sign not in (*allowed, "") or (signed and not state.sign):
            raise ValueError(f"state {state.name!r} has a wrong sign {state.sign!r}")
    return states
