"""Traces and reports in a real browser; runs only if EXPRINFER_CHROMIUM names a Chromium.

``pip install playwright``, then ``EXPRINFER_CHROMIUM=/usr/bin/chromium pytest`` with this file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import exprinfer
from exprinfer.cli import main

CHROMIUM = os.environ.get("EXPRINFER_CHROMIUM")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="EXPRINFER_CHROMIUM is not set")
#: Changes the title of the page, if a browser runs it.
HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page()
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    page.close()
    assert not errors


def show(page: Any, *parts: str) -> None:
    page.set_content(f"<!DOCTYPE html><title>good</title>{''.join(parts)}")


def test_two_traces_on_a_page_are_stepped_through_by_keyboard(page: Any) -> None:
    evaluator = exprinfer.load(device="cpu")
    traces = [evaluator.trace(text) for text in ("25*-34", "-(12+3*4)/5")]
    show(page, *(trace._repr_html_() for trace in traces))
    for root, trace in zip(page.locator(".exprinfer-trace").all(), traces, strict=True):
        root.locator("input").focus()
        for number, step in enumerate(trace.steps):
            told = root.locator("output").inner_text()
            assert told == f"step {number} of {len(trace.steps) - 1}: {step.state}"
            tapes = [tape.inner_text() for tape in root.locator(".tape").all()]
            assert tapes == [tape.replace(" ", "\u00a0") for tape in step.tapes]
            looks = root.locator(".tape .looks").count()
            assert looks == sum(step.looks)
            page.keyboard.press("ArrowRight")
    first, second = page.locator("output").all()
    assert first.inner_text().startswith("step 23 of 23")
    page.keyboard.press("Home")
    assert second.inner_text().startswith("step 0 of")
    assert first.inner_text().startswith("step 23 of 23")


def test_play_reaches_the_end_and_an_operation_can_be_chosen(page: Any) -> None:
    trace = exprinfer.load(device="cpu").trace("2*3+4")
    show(page, trace._repr_html_())
    page.locator("[data-do=play]").click()
    last = len(trace.steps) - 1
    page.wait_for_function(f"document.querySelector('input').value == {last}", timeout=60_000)
    page.wait_for_function("document.querySelector('[data-do=play]').textContent == 'Play'")
    page.locator(".operations button").first.click()
    assert page.locator("output").inner_text().startswith(f"step {trace.operations[0].step} of")
    assert page.locator("tr[aria-current]").count() == 1


def test_hostile_results_and_reports_run_nothing(page: Any, tmp_path: Path) -> None:
    evaluator = exprinfer.load(device="cpu")
    show(
        page,
        evaluator.evaluate_many([HOSTILE])[0]._repr_html_(),
        evaluator.evaluate_batch([HOSTILE, f"1+{HOSTILE}"])._repr_html_(),
        evaluator.trace("1+1")._repr_html_(),
    )
    page.wait_for_timeout(200)
    assert page.title() == "good"
    assert HOSTILE in page.locator("body").inner_text().replace("\n", "")

    name = "<img src=x onerror=document.title='run'>.csv"
    cell = HOSTILE.replace('"', '""')
    (tmp_path / name).write_text(f'"{cell}",b\n1+1,2\n"{cell}",3\n')
    written = tmp_path / "report.html"
    arguments = ["score", str(tmp_path / name), "--report", str(written), "--column", HOSTILE]
    assert CliRunner().invoke(main, arguments).exit_code == 1
    page.goto(written.as_uri())
    page.wait_for_timeout(200)
    assert page.title() == "exprinfer report"
    shown = page.locator("body").inner_text()
    assert name in shown
    assert HOSTILE in shown
    # The policy holds even if markup did get in.
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", HOSTILE)
    page.wait_for_timeout(200)
    assert page.title() == "exprinfer report"
