"""Check that a model file of the tape machine makes exactly the transitions of ``transitions.v``.

    python checker.py ../model.onnx                 check, and print a summary
    python checker.py ../model.onnx --print         also print the transitions, one a line
    python checker.py ../model.onnx --coq FILE      write transitions.v anew from the model file

Needs numpy, and imports nothing of ONNX, ONNX Runtime or exprinfer.

The machine has 172 states and four tapes (input, first, second, answer) with a head on each. In a
step it reads the symbols under the heads of the tapes that its state looks at. One LSTM step turns
state and symbols into scores. The highest scores choose the next state and, for each tape, the
symbol to write (or KEEP) and the move of the head. A step depends on nothing else, so the network
is a finite table of transitions. The checker works in four parts:

1. Read the weights from the file.
2. Compute the scores of every transition in float64.
3. Bound how far a float32 evaluation can be from the exact scores, with sums in any order.
4. Compare: each choice must be the table's, and lead all others by more than the errors of both.

``transitions.v`` lists the cases that can occur. The file lists the same ones: it decides each of
them once, then looks its decisions up. By the theorem in ``Main.v``, a run needs no other case.
"""

import argparse
import hashlib
import re
import struct
import sys
from pathlib import Path

import numpy as np

TABLE = Path(__file__).with_name("transitions.v")
TAPES, UNSEEN, KEEP = 4, 17, 17  # 17 is "does not look" as input, "writes nothing" as choice.
CHOICES = [172] + TAPES * [KEEP + 1] + TAPES * [3]  # Next state; writes; left, stay or right.
NAMES = ["next state"] + [f"{what} on tape {t}" for what in ("write", "move") for t in range(TAPES)]
# The constants of the graph around the cases. (transitions.v has the hash of its operators.)
CONSTANTS = """START 0; HALT 171; STATES 172; PER_SQUARE 14; PER_SYMBOL 20; AT_LEAST 20; ZERO 0;
ONE 1; TWO 2; MINUS_ONE -1; ZERO_SCALAR 0; ONE_SCALAR 1; TAPES 4; LAST 3; YES 1; BLANK 0; KEEP 17;
FEW 32; PART 1; WHOLE 2; MARGIN 16; OUTSIDE -1099511627776; LAST_SYMBOL 16; NO_COUNT 0; ONE_STEP 1;
TAPE_WEIGHTS 19 17 18 1; TAPE_ROWS 0 18 36 54; TAPE_NUMBERS 0 1 2 3; CASE_SPLIT 1 4;
COLUMN_SHAPE -1 1; WRITE_SHAPE -1 4 18; MOVE_SHAPE -1 4 3; OUTPUT_SPLIT 172 72 12; ROW_PADS 0 0 1 0;
COUNT_PADS 0 0 0 1; limit 4611686018427387904"""
HEAD = """(* Written by checker.py from model.onnx. L: state, seen on 4 tapes (17: does not look),
   next state, written on 4 tapes (17: nothing), moves of 4 heads (0 left, 1 stay, 2 right). *)
From Coq Require Import String. From Longhand Require Import Base. Open Scope list_scope.
Definition operators_sha256 := "{graph}"%string.
Definition table_sha256 := "{digest}"%string.
Definition table : list line :=
"""
# Float32: the unit roundoff, and the smallest normal number (in case small numbers become 0).
UNIT, TINY = 2.0**-24, 2.0**-126
FUNCTION_ERROR = 1e-4  # Assumption: no float32 sigmoid or tanh is further from the exact one.


class RefusedError(Exception):
    """The file is not the machine of the table. The message says why."""


def varint(data, at):  # Part 1, read the weights: an ONNX file is a protobuf message.
    """Return the variable-length integer at a position, and the position after it."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """Yield the fields of a protobuf message as pairs of number and value (int or bytes)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def tensor(data):
    """Return the name and the array of a TensorProto whose data is stored as raw bytes."""
    parts = list(fields(data))
    shape, last = [value for number, value in parts if number == 1], dict(parts)
    types = {1: "<f4", 2: "u1", 6: "<i4", 7: "<i8", 9: "?", 11: "<f8"}
    return last[8].decode(), np.frombuffer(last.get(9, b""), types[last[2]]).reshape(shape)


def read(path):
    """Return the main graph's weights and constants by name, and the hash of its operators."""
    graphs = [value for number, value in fields(path.read_bytes()) if number == 7]
    parts = list(fields(graphs[0]))
    operators = b"".join(struct.pack("<q", len(v)) + v for number, v in parts if number == 1)
    tensors = [tensor(value) for number, value in parts if number == 5]
    if len(graphs) != 1 or len(dict(tensors)) != len(tensors):
        raise RefusedError("two graphs, or two initializers of one name")
    return dict(tensors), hashlib.sha256(operators).hexdigest()


def dot(a, a_error, b, extra):  # Parts 2 and 3: the scores, and beside them the rounding errors.
    """Return a @ b + extra and a bound on its error, if a is off by at most a_error.

    A float32 sum of n products in any order is off by at most n u / (1 - n u) times the sum of the
    absolute values (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
    """
    n = len(b) + 2
    absolute = (abs(a) + a_error) @ abs(b) + abs(extra)
    error = a_error @ abs(b) + n * UNIT / (1 - n * UNIT) * absolute + 2 * n * TINY
    return a @ b + extra, error


def times(a, a_error, b, b_error):
    """Return a * b and a bound on its error, rounding included."""
    error = abs(a) * b_error + a_error * abs(b) + a_error * b_error
    return a * b, error + UNIT * (abs(a * b) + error) + TINY


def scores(weights, state, seen):
    """Return the scores ``[rows, choices]`` of transitions, and bounds on their errors."""
    w = {name: value.astype(float) for name, value in weights.items()}
    rows = w["SYMBOL_VECTORS"][seen + np.arange(TAPES) * (UNSEEN + 1)]  # [rows, tapes, 32]
    vector, vector_error = dot(rows.swapaxes(1, 2), 0 * rows.swapaxes(1, 2), np.ones(TAPES), 0)
    gates, e = dot(vector, vector_error, w["INPUT_GATES"], w["HIDDEN_GATES"][state])
    i, f, o, candidate = np.split(gates, 4, axis=1)
    # The slope of the sigmoid is at most 1/4, that of tanh at most 1.
    ei, ef, eo, ec = np.split(e, 4, axis=1) * np.array([0.25, 0.25, 0.25, 1])[:, None, None]
    i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
    ei, ef, eo, ec = (error + FUNCTION_ERROR for error in (ei, ef, eo, ec))
    kept, e_kept = times(f, ef, w["CELLS"][state], 0)
    let_in, e_in = times(i, ei, np.tanh(candidate), ec)
    cell = kept + let_in
    e_cell = e_kept + e_in + UNIT * (abs(kept) + e_kept + abs(let_in) + e_in)
    hidden, e_hidden = times(o, eo, np.tanh(cell), e_cell + FUNCTION_ERROR)
    result, error = dot(hidden, e_hidden, w["OUTPUT"], w["OUTPUT_BIAS"])
    return result, 1.001 * error  # The float64 errors here are 2^29 times smaller: 0.1% is plenty.


def decide(weights, state, seen):
    """Return choices and their leads beyond the errors, ``[rows, 9]``, and the largest error."""
    both = scores(weights, state, seen)
    chosen, leads = [], []
    for value, error in zip(*(np.split(x, np.cumsum(CHOICES)[:-1], 1) for x in both), strict=True):
        best = value.argmax(1)[:, None]
        lead = np.take_along_axis(value - error, best, 1) - (value + error)
        np.put_along_axis(lead, best, np.inf, 1)
        chosen.append(best[:, 0])
        leads.append(lead.min(1))
    return np.stack(chosen, 1), np.stack(leads, 1), float(both[1].max())


def check(path, table=TABLE):
    """Return the transitions, as lines of text, and a summary. Raises RefusedError."""
    weights, graph = read(path)
    for name, *expected in (line.split() for line in CONSTANTS.split(";")):
        if weights[name].ravel().tolist() != [int(number) for number in expected]:
            raise RefusedError(f"{name} must be {expected}, got {weights[name].ravel().tolist()}")
    if f'"{graph}"' not in table.read_text():
        raise RefusedError(f"the operators of the graph have changed, their hash is {graph}")
    lines = re.findall(r"^L ([\d ]+\d) ::$", table.read_text(), re.M)
    rows = np.array([[int(number) for number in line.split()] for line in lines])
    state, seen = rows[:, 0], rows[:, 1:5]
    if not np.array_equal(weights["CASES"], rows[:, :5]):
        raise RefusedError("the file does not list the cases of the table")
    for row in np.flatnonzero(((seen != UNSEEN) != weights["LOOKS"][state, :, 0]).any(1)):
        raise RefusedError(f"state {state[row]} looks at other tapes than in {lines[row]}")
    chosen, leads, error = decide(weights, state, seen)
    for row, what in np.argwhere(~(leads > 0)):  # "not greater" also refuses what is not a number
        raise RefusedError(f"rounding can change the {NAMES[what]} in {lines[row]}")
    found = [" ".join(map(str, line)) for line in np.hstack([rows[:, :5], chosen]).tolist()]
    summary = f"{len(found)} transitions. No float32 score is off by more than {error:.2g}; each "
    return found, lines, graph, summary + f"choice leads by {leads.min():.2f} more than the errors."


def main():
    """Check a file from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--coq", type=Path, metavar="FILE")
    options = parser.parse_args()
    try:
        found, expected, graph, summary = check(options.model)
        digest = hashlib.sha256("".join(line + "\n" for line in found).encode()).hexdigest()
        if options.coq:
            rows = "".join(f"L {line} ::\n" for line in found)
            options.coq.write_text(HEAD.format(graph=graph, digest=digest) + rows + "nil.\n")
        for line, other in zip(found, expected, strict=True):
            if options.print:
                print(line)
            if line != other and not options.coq:
                raise RefusedError(f"the file makes the transition {line}, the table has {other}")
    except (RefusedError, KeyError, IndexError, ValueError) as error:
        sys.exit(f"refused: {error}")
    print(f"{summary}\nSHA-256 of the table: {digest}\nSHA-256 of the operators: {graph}")


if __name__ == "__main__":
    main()
