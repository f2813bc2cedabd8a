"""Results, models and traces as HTML: what they show, and that no input becomes markup."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

import exprinfer
from exprinfer import Evaluator, Prediction, TraceStep
from exprinfer.html.markup import element, escape
from exprinfer.html.trace import trace_html
from exprinfer.results.html import MAX_ROWS
from tests.markup import Page

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</code></td></table></style></script><b onclick=alert(1)>",
    "<!-- <![CDATA[ <?x &lt;script&gt; &#60;b&#62;",
    "' style='display:none",
)


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu")


def page(shown: Any) -> Page:
    return Page(shown._repr_html_())


def harmless(text: str) -> str:
    """Return a text of the same length that is no markup."""
    return "x" * len(text)


def test_text_is_escaped_and_markup_is_not_escaped_twice() -> None:
    inner = element("b", "1<2")
    assert element("p", inner, "&", title='"') == '<p title="&quot;"><b>1&lt;2</b>&amp;</p>'


def test_what_does_not_print_is_shown_escaped() -> None:
    assert escape("\x1b[31m\u202e\ud800\x00") == "\\x1b[31m\\u202e\\ud800\\x00"


def test_a_prediction_shows_answer_mark_and_model(evaluator: Evaluator) -> None:
    shown = page(evaluator.evaluate("-(66+-19)")).shown
    for expected in ("-(66+-19) = -47", "\u2713 certified", "by exact", "probability 0.9999"):
        assert expected in shown


def test_a_prediction_that_is_not_certified_says_so(gist: Evaluator) -> None:
    shown = page(gist.evaluate("5+3")).shown
    assert " =? " in shown
    assert "? not certified" in shown


def test_the_place_of_an_error_is_marked(evaluator: Evaluator) -> None:
    (prediction,) = evaluator.evaluate_many(["12+x"])
    assert "12+<mark>x</mark>" in prediction._repr_html_()
    assert "\u2717 unknown_symbol" in page(prediction).shown
    (unfinished,) = evaluator.evaluate_many(["12+"])
    assert "12+<mark>&nbsp;</mark>" in unfinished._repr_html_()


def test_a_batch_shows_its_first_rows_and_counts_the_rest(evaluator: Evaluator) -> None:
    result = evaluator.evaluate_batch(["5+3", "1/0", "1/0"] * 100)
    shown = page(result)
    assert shown.structure.count(("tr",)) == MAX_ROWS + 1
    assert "and 280 more rows, not shown" in shown.shown
    assert "errors: division_by_zero 200" in shown.shown
    assert repr(result) in shown.shown


@pytest.mark.parametrize("rows", [0, 1, MAX_ROWS])
def test_a_short_batch_is_shown_whole(evaluator: Evaluator, rows: int) -> None:
    shown = page(evaluator.evaluate_batch(["5+3"] * rows))
    assert shown.structure.count(("tr",)) == rows + 1
    assert "more row" not in shown.shown


def test_a_batch_shows_what_was_read_for_its_own_rows() -> None:
    forgiving = exprinfer.load("exact", "cpu", normalize=True)
    result = forgiving.evaluate_batch(["1/0", "5 + 3"] * 20)
    assert page(result).shown.count("5 + 3") == MAX_ROWS // 2


def test_long_texts_are_cut(evaluator: Evaluator) -> None:
    result = evaluator.evaluate_batch(["9" * 2000, "1+" * 900 + "x" + "+1" * 100])
    assert len(page(result).shown) < 700
    assert "+<mark>x</mark>+" in result._repr_html_()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_expression_becomes_markup(evaluator: Evaluator, text: str) -> None:
    def shown(given: str) -> list[Page]:
        predictions = evaluator.evaluate_many([given, f"5+{given}"])
        return [*map(page, predictions), page(evaluator.evaluate_batch([given, f"5+{given}"]))]

    for hostile, plain in zip(shown(text), shown(harmless(text)), strict=True):
        assert hostile.structure == plain.structure
        assert text in hostile.shown
        assert not hostile.scripts


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_else_in_a_prediction_becomes_markup(text: str) -> None:
    def shown(given: str) -> Page:
        return page(Prediction("1+1", given, None, -0.5, False, given, None, given))

    assert shown(text).structure == shown(harmless(text)).structure
    assert shown(text).shown.count(text) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_model_file_becomes_markup(text: str) -> None:
    models = exprinfer.list_models()

    def shown(given: str) -> list[Page]:
        found = models[0].certificate
        assert found
        about = replace(found, devices=(given,), statement=given, method=given, processors=(given,))
        info = replace(models[0], name=given, version=given, certificate=about, tapes=(given,))
        return [page(info), page(type(models)([info]))]

    for hostile, plain in zip(shown(text), shown(harmless(text)), strict=True):
        assert hostile.structure == plain.structure
        assert text in hostile.shown


def test_models_are_shown_as_a_table() -> None:
    models = exprinfer.list_models()
    shown = page(models)
    assert shown.structure.count(("tr",)) == len(models) + 1
    assert "129,772 of 475,200 (27.31%)" in shown.shown
    assert models[0].file_sha256 in page(models[0]).shown


def test_a_trace_shows_its_end_and_its_operations_without_the_script(
    evaluator: Evaluator,
) -> None:
    trace = evaluator.trace("12+3*(4-567)")
    shown = page(trace)
    for operation in trace.operations:
        assert f"{operation.text} = {operation.result}{operation.remaining}" in shown.shown
    for tape in trace.steps[-1].tapes:
        assert tape.replace(" ", "\u00a0") in shown.shown
    controls = next(tag for tag in shown.structure if tag[0] == "div" and "hidden" in tag)
    assert controls == ("div", "class", "hidden")


def test_the_script_gets_every_step_of_the_tapes(evaluator: Evaluator) -> None:
    trace = evaluator.trace("-(25*-34)/7")
    data = json.loads(page(trace).attributes["data-trace"][0])
    tapes = [list(tape) for tape in data["start"]]
    for step, (state, heads, looks, *changes) in zip(trace.steps, data["steps"], strict=True):
        while changes:
            tape, cell, symbol, *changes = changes
            tapes[tape][cell] = symbol
        assert tuple("".join(tape) for tape in tapes) == step.tapes
        assert (data["states"][state], tuple(heads)) == (step.state, step.heads)
        assert tuple(bool(looks >> tape & 1) for tape in range(4)) == step.looks


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_trace_becomes_markup(text: str) -> None:
    def shown(given: str) -> Page:
        steps = [TraceStep(given, (given, " "), (0, 0), (True, False)) for _ in range(2)]
        operation = exprinfer.Operation(1, given, given, given)
        return Page(trace_html((given, "b"), steps, [operation]))

    assert shown(text).structure == shown(harmless(text)).structure
    assert shown(text).scripts == shown(harmless(text)).scripts
    assert len(shown(text).scripts) == 1
    assert text in shown(text).shown


def test_the_same_trace_gives_the_same_html(evaluator: Evaluator) -> None:
    first, second = (evaluator.trace("2*3")._repr_html_() for _ in range(2))
    assert first == second
    assert " id=" not in first  # several traces share a page


def test_html_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, exprinfer, exprinfer.cli; print([n for n in sys.modules if 'html' in n])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
