"""The checker accepts the shipped file and refuses changed ones; the table computes arithmetic."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.proof import agreement
from tests.proof.agreement import FOLDER

MODEL = FOLDER.parent / "model.onnx"


checker = agreement.load("checker")


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


def test_table_shipped_file_and_integers_agree() -> None:
    drawn = agreement.random_expressions(seed=2)
    found = agreement.compare([next(drawn) for _ in range(1000)])
    assert found.by_zero > 50


def test_they_agree_on_the_structured_kinds() -> None:
    draws = [draws for _, draws in agreement.kinds().values()]
    found = agreement.compare([next(drawn) for drawn in draws for _ in range(4)])
    assert found.symbols > 500
