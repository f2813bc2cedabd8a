"""The checker accepts the shipped file and refuses changed ones; the table computes arithmetic.

Run as a script to compare more expressions: ``python tests/proof/test_proof.py SEED COUNT``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import random
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import exprinfer

FOLDER = Path(__file__).parents[2] / "models" / "longhand" / "proof"
MODEL = FOLDER.parent / "model.onnx"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"proof_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker = load("checker")
interpret = load("interpret")


def run_checker(model: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "checker.py"), str(model), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def with_weights(tmp_path: Path, name: str, change: Any) -> Path:
    """Write a copy of the model file in which the bytes of one tensor are changed."""
    weights, _ = checker.read(MODEL)
    content, before = MODEL.read_bytes(), weights[name].tobytes()
    assert content.count(before) == 1
    changed = weights[name].copy()
    change(changed)
    path = tmp_path / "model.onnx"
    path.write_bytes(content.replace(before, changed.tobytes()))
    return path


def transitions() -> Any:
    lines = re.findall(r"^L ([\d ]+) ::$", (FOLDER / "transitions.v").read_text(), re.M)
    return np.array([[int(number) for number in line.split()] for line in lines])


def test_the_checker_accepts_the_shipped_file() -> None:
    done = run_checker(MODEL, "--print")
    assert done.returncode == 0, done.stderr
    table = [line for line in done.stdout.splitlines() if line[0].isdigit()]
    assert len([line for line in table if len(line.split()) == 14]) == 4702


def test_checker_and_coq_file_share_one_hash(tmp_path: Path) -> None:
    again = tmp_path / "transitions.v"
    done = run_checker(MODEL, "--coq", str(again))
    assert again.read_text() == (FOLDER / "transitions.v").read_text()
    rows = "".join(" ".join(map(str, row)) + "\n" for row in transitions())
    digest = hashlib.sha256(rows.encode()).hexdigest()
    assert f"SHA-256 of the table: {digest}" in done.stdout
    assert f'table_sha256 := "{digest}"' in again.read_text()


def test_a_nudged_weight_that_changes_a_transition_is_refused(tmp_path: Path) -> None:
    def nudge(bias: Any) -> None:
        bias[172 + 3 * 18] += 200  # the score for writing a blank on the tape answer

    done = run_checker(with_weights(tmp_path, "OUTPUT_BIAS", nudge))
    assert done.returncode == 1
    assert re.search(r"refused: the file makes the transition .*, the table has", done.stderr)


def test_exchanged_decisions_are_refused(tmp_path: Path) -> None:
    def exchange(output: Any) -> None:
        first = 172 + 3 * 18
        output[:, [first + 1, first + 2]] = output[:, [first + 2, first + 1]]

    done = run_checker(with_weights(tmp_path, "OUTPUT", exchange))
    assert done.returncode == 1
    assert "refused" in done.stderr


def test_a_margin_below_the_rounding_errors_is_refused(tmp_path: Path) -> None:
    rows = transitions()
    weights, _ = checker.read(MODEL)
    scores, _ = checker.scores(weights, rows[:, 0], rows[:, 1:5])
    left, right = scores[:, 244], scores[:, 245]  # the input head: left, stay
    stays = np.flatnonzero(scores[:, 244:247].argmax(1) == 1)
    gap = (right - left)[stays].min()

    def narrow(bias: Any) -> None:
        bias[244] += gap - 0.01  # still the same choice, but only just

    done = run_checker(with_weights(tmp_path, "OUTPUT_BIAS", narrow))
    assert done.returncode == 1
    assert "refused: rounding can change the move on tape 0" in done.stderr


def test_a_state_that_looks_elsewhere_is_refused(tmp_path: Path) -> None:
    def look(looks: Any) -> None:
        looks[0, 3] = True

    done = run_checker(with_weights(tmp_path, "LOOKS", look))
    assert done.returncode == 1
    assert "refused: state 0 looks at other tapes" in done.stderr


def test_a_changed_step_limit_is_refused(tmp_path: Path) -> None:
    content = MODEL.read_bytes()
    # The initializer PER_SQUARE: its data (14 as int64) stands near its name.
    at = content.index(b"PER_SQUARE", content.index(b"AT_LEAST") - 200)
    data = content.index((14).to_bytes(8, "little"), at - 40)
    path = tmp_path / "model.onnx"
    path.write_bytes(content[:data] + (13).to_bytes(8, "little") + content[data + 8 :])
    done = run_checker(path)
    assert done.returncode == 1
    assert "refused: PER_SQUARE must be ['14'], got [13]" in done.stderr


def test_changed_operators_are_refused(tmp_path: Path) -> None:
    content = MODEL.read_bytes()
    path = tmp_path / "model.onnx"
    path.write_bytes(content.replace(b"ArgMax", b"ArgMin"))
    done = run_checker(path)
    assert done.returncode == 1
    assert "refused: the operators of the graph have changed" in done.stderr


def test_a_changed_line_of_the_table_is_refused(tmp_path: Path) -> None:
    text = (FOLDER / "transitions.v").read_text()
    changed = tmp_path / "transitions.v"
    changed.write_text(text.replace("L 0 2 17 17 17 2 ", "L 0 2 17 17 17 1 "))
    found, expected, *_ = checker.check(MODEL, changed)
    assert [line for line, other in zip(found, expected, strict=True) if line != other] == [
        "0 2 17 17 17 2 17 2 17 17 2 2 1 1"
    ]


class ZeroDivisorError(Exception):
    """A division by zero."""


def quotient(a: int, b: int) -> int:
    if b == 0:
        raise ZeroDivisorError
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def random_expression(generator: random.Random, depth: int) -> tuple[str, int, int]:
    """Return a text, its value and its level: 2 for a factor, 1 for a product, 0 for a sum."""
    kind = generator.choice("ndd" if depth == 0 else "n-(+*/+*/")
    if depth == 0 or kind == "n":
        text = "".join(generator.choices("0123456789", k=generator.choice([1, 1, 2, 3, 5])))
        return text, int(text), 2
    text, value, level = random_expression(generator, depth - 1)
    if kind in "-(":
        text = text if level == 2 and kind == "-" else f"({text})"
        return ("-" + text, -value, 2) if kind == "-" else (text, value, 2)
    other, second, under = random_expression(generator, depth - 1)
    if kind in "*/":
        text = text if level >= 1 else f"({text})"
        other = other if under == 2 else f"({other})"
        return text + kind + other, value * second if kind == "*" else quotient(value, second), 1
    sign = generator.choice("+-")
    other = other if under >= 1 else f"({other})"
    return text + sign + other, value + second if sign == "+" else value - second, 0


def random_expressions(seed: int, count: int) -> list[tuple[str, str]]:
    """Return texts with their answers. Half of those that divide by zero are kept, as ``/``."""
    generator = random.Random(seed)
    found: list[tuple[str, str]] = []
    while len(found) < count:
        try:
            text, value, _ = random_expression(generator, generator.randint(1, 4))
        except ZeroDivisorError:
            continue
        if len(text) <= 100:
            found.append((text, str(value)))
            if generator.random() < 0.1:
                found.append((f"{text}*2/(0*{text if text.isdigit() else 7})", "/"))
    return found[:count]


def compare(seed: int, count: int) -> None:
    """Compare the table run by the interpreter, the shipped file and Python's integers."""
    looks, table = interpret.read_table()
    drawn = random_expressions(seed, count)
    predictions = exprinfer.load("longhand", "cpu").evaluate_many([text for text, _ in drawn])
    for (text, expected), prediction in zip(drawn, predictions, strict=True):
        answer, steps, left, right = interpret.run(looks, table, text)
        n = len(text)
        assert answer == expected, text
        assert steps <= 14 * n * n + 20 * n + 20, text
        assert -(n + 2) <= left <= right <= n + 1, text
        if expected == "/":
            assert prediction.error is not None, text
            assert prediction.error.code == "division_by_zero", text
        else:
            assert prediction.answer == expected, text


def test_table_shipped_file_and_integers_agree() -> None:
    compare(seed=1, count=2000)


if __name__ == "__main__":
    compare(seed=int(sys.argv[1]), count=int(sys.argv[2]))
    print(f"{int(sys.argv[2]):,} expressions agree")
